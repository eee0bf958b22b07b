"""Is the data there, and is it the data: files and counts of a split against its manifest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from t4s_data.errors import T4SError
from t4s_data.manifest.shipped import expected_split, load_manifest
from t4s_data.manifest.source import Manifest, ManifestFile, ManifestSplit
from t4s_data.reading.opening import digest_of, within
from t4s_data.recipe.opened import opened_as_built
from t4s_data.recipe.parts import Part, parts_of
from t4s_data.recipe.plan import COUNTING
from t4s_data.recipe.reach import reach_of
from t4s_data.recipe.spec import Recipe, SourceSpec
from t4s_data.sample import REASONS, Entry, Reject
from t4s_data.sources.entries import without_repeats
from t4s_data.sources.source import SOURCES

OWN = frozenset({"coco-instances", "mask-folder"})
"""The sources of a user's own data, which no manifest knows: what is in it, only opening it shows."""
FETCH = "get it as below"
AGAIN = "not whole, or of another version: get it again as below"


@dataclass(frozen=True, slots=True)
class Depth:
    """How deep a check goes: ``sha256`` reads every file of known digest, ``images`` looks for every image file.

    ``records`` of a user's own data are opened in each split as a build would open them, spread evenly; 0 = all.
    """

    sha256: bool = False
    images: bool = True
    records: int = 1000


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a split, and how to mend it."""

    what: str
    mend: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a split holds: records, distinct images that its records name, those absent, and broken records by reason.

    ``images_absent`` is None where nobody looked.
    """

    records: int
    images: int
    images_absent: int | None
    rejects: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Inspection:
    """One split: its problems, and what was found in it, which is None where its files cannot be read."""

    part: Part
    found: Found | None = None
    problems: Sequence[Problem] = ()
    is_there: bool = True
    unusable: Sequence[Reject] = ()

    @property
    def verdict(self) -> str:
        """`right`, `wrong`, or `not there` for a split that nothing asks for."""
        return "not there" if not self.is_there else "wrong" if self.problems else "right"


def all_parts(data_root: Path) -> list[Part]:
    """Every split of every source, as the manifests list them."""
    by_divider = [
        SourceSpec(name=manifest.name, split_by=by, splits=[split.name for split in manifest.split if split.by == by])
        for manifest in map(load_manifest, SOURCES)
        for by in dict.fromkeys(split.by for split in manifest.split)
    ]
    return parts_of(Recipe(name="all", source=by_divider), data_root)


def inspect(part: Part, depth: Depth, *, needed: bool) -> Inspection:
    """Check one split: its files first, and if they are all there its records and images.

    A split that is not ``needed`` and has no file of its own is not there, which is nothing wrong.
    """
    manifest = load_manifest(part.source)
    if not needed and not _has_own_file(part, manifest):
        return Inspection(part, is_there=False)
    try:
        problems = [*_absent_files(part, manifest), *_altered_files(part, manifest, depth)]
        if problems:
            return Inspection(part, problems=problems)
        with within(reach_of(part)):
            found = _count(part, depth)
            unusable = opened_as_built(part, found.records, depth.records) if part.source in OWN else []
    except T4SError as error:
        return Inspection(part, problems=[Problem(str(error), AGAIN)])
    return Inspection(part, found, [*_miscounts(part, found), *_told(unusable)], unusable=unusable)


def expected_of(part: Part) -> ManifestSplit | None:
    """What the manifest expects of a part, None where it does not say or the recipe picks among the records."""
    if COUNTING & part.location.options.keys():
        return None
    return expected_split(load_manifest(part.source), part.location.split, part.location.split_by)


def _has_own_file(part: Part, manifest: Manifest) -> bool:
    """Whether one of the files that are this split's alone is there; where all are shared, whether one of those is."""
    roles = [role for role, file in manifest.files.items() if "{split" in file.path] or list(manifest.files)
    return any(part.location.file(role).exists() for role in roles)


def _absent_files(part: Part, manifest: Manifest) -> Iterator[Problem]:
    place = part.location
    listed = [path for role, file in manifest.files.items() if not file.optional for path in place.globbed(role)]
    for path in dict.fromkeys([*listed, *part.open().inputs()]):
        if not path.exists():
            yield Problem(f"{_name(path, part)} is not there", FETCH)


def _altered_files(part: Part, manifest: Manifest, depth: Depth) -> Iterator[Problem]:
    for role, file in manifest.files.items():
        if (path := part.location.file(role)).is_file():
            yield from _alterations(path, file, part, depth)


def _alterations(path: Path, file: ManifestFile, part: Part, depth: Depth) -> Iterator[Problem]:
    size = path.stat().st_size
    if file.bytes and size != file.bytes:
        yield Problem(f"{_name(path, part)} has {size:,} bytes instead of {file.bytes:,}", AGAIN)
    elif depth.sha256 and file.sha256 and (digest := digest_of(path).sha256) != file.sha256:
        yield Problem(f"{_name(path, part)} has the SHA-256 {digest} instead of {file.sha256}", AGAIN)


def _count(part: Part, depth: Depth) -> Found:
    records, rejects = 0, Counter[str]()
    images: set[str] = set()
    for item in without_repeats(part.open().entries()):
        if isinstance(item, Entry):
            records += len(item.keys)
            images.update([item.image] if item.image else [])
        else:
            records += 1
            rejects[item.reason] += 1
    absent = sum(not (part.location.data_root / image).is_file() for image in images) if depth.images else None
    return Found(records, len(images), absent, dict(sorted(rejects.items())))


def _miscounts(part: Part, found: Found) -> Iterator[Problem]:
    """Counts that the manifest's cannot be: broken records may be among those that were counted there, or not."""
    broken = sum(found.rejects.values())
    if expected := expected_of(part):
        whole = {
            "records": (found.records - broken, found.records, expected.records),
            "images": (found.images, found.images + broken, expected.images),
        }
        # Of what anybody may bring, a part is as right as the whole; how much it is stands beside what there is.
        partial = load_manifest(part.source).other_splits
        for what, (least, most, wanted) in whole.items():
            if wanted and not (least <= wanted and (partial or wanted <= most)):
                yield Problem(f"{getattr(found, what):,} {what} instead of {wanted:,}", AGAIN)
    # A recipe for own data that says path in so many words is built without the images.
    without = part.paths_alone and load_manifest(part.source).other_splits and found.images_absent == found.images
    if found.images_absent and not without:
        folder = part.location.image_path("") or "the data root"
        yield Problem(
            f"{found.images_absent:,} of {found.images:,} images are not there",
            f"unpack them below {folder}; see below",
        )


def _told(unusable: Sequence[Reject]) -> Iterator[Problem]:
    """One problem for each reason, with the first record that has it."""
    counts = Counter(reject.reason for reject in unusable)
    for reason, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        first = next(reject for reject in unusable if reject.reason == reason)
        records = "1 record" if count == 1 else f"{count:,} records, the first:"
        yield Problem(f"{reason}: {records} {first.key}: {first.detail}", REASONS[reason])


def _name(path: Path, part: Part) -> str:
    root = part.location.data_root
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
