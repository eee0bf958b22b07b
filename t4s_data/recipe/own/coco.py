"""Finding COCO files in a folder: which tool wrote them, which splits they hold, where their images lie."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from t4s_data.annotations.coco import Broken, read_annotation
from t4s_data.annotations.image_groups import ImageGroups, map_groups
from t4s_data.annotations.image_paths import ImagePaths
from t4s_data.errors import DataError, RecordError
from t4s_data.files.json.item import Item
from t4s_data.files.location import UNDIVIDED, Location
from t4s_data.recipe.own.finding import Finding, Split, common
from t4s_data.sample import Reject

MOST_FILES = 200
"""Of folders with more JSON files only those are opened whose names are known: a file an image is no COCO file."""
DEEPEST = 4
PATTERNS: tuple[tuple[str, str, str], ...] = (
    ("Roboflow's COCO export", r"(?P<split>[^/]+)/_annotations\.coco\.json", "_annotations.coco.json"),
    ("LVIS", r"lvis_v[0-9.]+_(?P<split>[^/]+)\.json", "lvis_v1_SPLIT.json"),
    ("Supervisely's COCO export", r"(?P<split>[^/]+)/annotations/instances\.json", "annotations/instances.json"),
    ("CVAT's COCO export", r"instances_(?P<split>[Dd]efault)\.json", "instances_default.json"),
    ("COCO's own layout", r"instances_(?P<split>[^/]+)\.json", "instances_SPLIT.json"),
    ("COCO files by split", r"(?P<split>train|training|val|valid|validation|test|testing)\.json", "SPLIT.json"),
    ("Roboflow's COCO export, not divided", r"_annotations\.coco\.json", "_annotations.coco.json"),
    ("Label Studio's COCO export", r"result\.json", "result.json"),
    ("labelme2coco", r"(dataset|annotations)\.json", "dataset.json"),
    ("a COCO file", r"[^/]+\.json", "images, annotations and categories in one file"),
)
"""What is found, how its path ends, and what that is called; the first that any file fits is taken."""
_PROBED = 1000
Candidate = tuple[str, str, Path]
"""What it is, its split, and the file."""


@dataclass(slots=True)
class _Counts:
    """What one file holds: images, those with nothing to segment, annotations with a mask, and crowds among them."""

    images: int = 0
    bare: int = 0
    masks: int = 0
    crowds: int = 0
    captions: int = 0
    unreadable: str = ""

    @classmethod
    def of(cls, file: ImageGroups) -> _Counts:
        counts = cls()
        for group in file.groups():
            if isinstance(group, Reject):
                counts.unreadable = counts.unreadable or group.detail
                continue
            image, items = group
            if isinstance(image, Broken):
                counts.unreadable = counts.unreadable or image.error.detail
                continue
            counts.images += 1
            found = [counts._take(item) for item in items]
            counts.bare += not any(found)
        return counts

    def _take(self, item: Item) -> bool:
        try:
            annotation = read_annotation(item)
        except RecordError:
            return False
        if bytes(annotation.segmentation) in {b"null", b"[]"}:
            return False
        self.masks += 1
        self.crowds += bool(annotation.iscrowd)
        self.captions += bool(annotation.caption)
        return True


@dataclass(frozen=True, slots=True)
class _Chosen:
    """A file that is used: its path below the folder, what it holds, and where its images are looked for."""

    split: str
    path: str
    file: ImageGroups
    counts: _Counts
    folder: str
    probed: int
    absent: tuple[str, ...]

    @classmethod
    def of(cls, root: Path, split: str, path: Path, file: ImageGroups) -> _Chosen:
        """The file, all of it counted."""
        paths = ImagePaths.of(Location(root, ".", split, images="{root}/{split}"), path, file.names())
        probed = list(islice(file.names(), _PROBED))
        absent = tuple(name for name in probed if not (root / paths.path(name)).is_file())
        below = path.relative_to(root).as_posix()
        return cls(split, below, file, _Counts.of(file), paths.folder or ".", len(probed), absent)

    @property
    def with_images(self) -> bool:
        """Whether any of the images that were looked for is there."""
        return len(self.absent) < self.probed

    @property
    def named(self) -> tuple[int, int]:
        """How many images are listed, and how many have a name that can be used."""
        return len(self.file.images), sum(1 for _ in self.file.names())


def find_coco(root: Path) -> Finding | None:
    """What the COCO files below a folder come to, or None where there is none.

    Raises:
        DataError: several files that name no split could be meant, or no annotation has a mask.
    """
    files = dict(_coco_files(root))
    candidates = _fitting(root, files)
    if not candidates:
        return None
    chosen = [_Chosen.of(root, split, path, files[path]) for _, split, path in _one_a_split(root, candidates)]
    if not any(one.counts.masks for one in chosen):
        listed = ", ".join(one.path for one in chosen)
        raise DataError(f"{root}: {listed}: no annotation has a mask; boxes alone cannot be built from")
    keys, comments = _keys(chosen)
    others = [path.relative_to(root).as_posix() for path in files]
    bare, images = sum(one.counts.bare for one in chosen), sum(one.counts.images for one in chosen)
    return Finding(
        candidates[0][0],
        tuple(_why(candidates[0][0], chosen)),
        "coco-instances",
        tuple(Split(one.split, one.with_images) for one in chosen),
        keys,
        comments,
        tuple(dict.fromkeys([*_warnings(chosen, others), *_absent(root, chosen)])),
        lost=bare / max(1, images),
    )


def _coco_files(root: Path) -> Iterator[tuple[Path, ImageGroups]]:
    found = [path for path in sorted(root.rglob("*.json")) if _is_near(path.relative_to(root))]
    known = [path for path in found if any(_fits(path.relative_to(root), ends) for _, ends, _ in PATTERNS[:-1])]
    for path in found if len(found) <= MOST_FILES else known:
        try:
            file = map_groups(path)
        except DataError:
            continue
        # COCO's captions and detections without masks are of the same form.
        if file.categories and file.images:
            yield path, file


def _is_near(path: Path) -> bool:
    return len(path.parts) <= DEEPEST and not any(part.startswith(".") for part in path.parts)


def _fits(path: Path, ends: str) -> re.Match[str] | None:
    return re.search(rf"(?:^|/){ends}$", path.as_posix())


def _fitting(root: Path, files: Iterable[Path]) -> list[Candidate]:
    """The files that fit the first pattern that any of them fits, with their splits."""
    for what, ends, _ in PATTERNS:
        matches = [(path, _fits(path.relative_to(root), ends)) for path in files]
        if found := [
            (what, match.groupdict().get("split") or UNDIVIDED, path) for path, match in matches if match is not None
        ]:
            return found
    return []


def _one_a_split(root: Path, candidates: Sequence[Candidate]) -> list[Candidate]:
    names = Counter(split for _, split, _ in candidates)
    if not (twice := [split for split, count in names.items() if count > 1]):
        return sorted(candidates, key=lambda one: (one[1] != "train" and not one[1].startswith("train"), one[1]))
    listed = ", ".join(path.relative_to(root).as_posix() for _, split, path in candidates if split == twice[0])
    raise DataError(
        f"{root}: several files of the split {twice[0]!r}: {listed}; point t4s init at the folder of one of them, or "
        'write a recipe whose key annotations is a pattern for all (`annotations = "*/result.json"`)'
    )


def _pattern(path: str, split: str) -> str:
    """A path with the split's name replaced by its place, once and from behind, where it is a part of its own."""
    found = list(re.finditer(rf"(?<![A-Za-z0-9]){re.escape(split)}(?![A-Za-z0-9])", path))
    return path[: found[-1].start()] + "{split}" + path[found[-1].end() :] if found else path


def _keys(chosen: Sequence[_Chosen]) -> tuple[dict[str, Any], dict[str, str]]:
    """The keys of every table, and why they stand there."""
    keys: dict[str, Any] = {}
    comments: dict[str, str] = {}
    keys["annotations"] = _shared([(one.path, one.split) for one in chosen])
    if all(one.with_images for one in chosen):
        keys["images"] = _shared([(one.folder, one.split) for one in chosen])
        comments["images"] = '"." is the folder itself' if keys["images"] == "." else "folder of the images"
    masks, crowds = sum(one.counts.masks for one in chosen), sum(one.counts.crowds for one in chosen)
    if 2 * crowds > masks:
        keys["crowd"] = "use"
        comments["crowd"] = f"{crowds:,} of {masks:,} masks say iscrowd, as CVAT writes every brush mask"
    elif crowds:
        comments["crowd"] = f'crowd = "use" would take the {crowds:,} of {masks:,} masks that say iscrowd'
    captions = sum(one.counts.captions for one in chosen)
    if captions and 2 * captions > masks:
        keys["labels"] = "captions"
        comments["labels"] = f"{captions:,} of {masks:,} masks have a caption: each is a record"
    return {key: value for key, value in keys.items() if value is not None}, comments


def _shared(paths: Sequence[tuple[str, str]]) -> str | None:
    """The path that all files share, or the pattern with the split in it; None where there is neither."""
    if same := common(path for path, _ in paths):
        return same
    return common(_pattern(path, split) for path, split in paths)


def _why(what: str, chosen: Sequence[_Chosen]) -> Iterator[str]:
    yield f"{next(name for kind, _, name in PATTERNS if kind == what)} is there"
    for one in chosen:
        where = f"images in {one.folder}" if one.with_images else "no image is there"
        where = "images in the folder itself" if one.with_images and one.folder == "." else where
        counts = one.counts
        yield (
            f"{one.split}: {one.path} has {counts.images:,} images, {counts.masks:,} masks and "
            f"{len(one.file.categories):,} categories; {where}"
        )


def _warnings(chosen: Sequence[_Chosen], files: Sequence[str]) -> Iterator[str]:
    used = {one.path for one in chosen}
    if others := [path for path in files if path not in used]:
        yield f"other COCO files are not used: {', '.join(others[:5])}{' ...' if len(others) > 5 else ''}"
    for one in chosen:
        counts = one.counts
        if not counts.masks:
            yield f"{one.path}: no annotation has a mask; boxes alone cannot be built from"
        elif counts.bare:
            bare = f"{counts.bare:,} of {counts.images:,} images"
            yield f"{one.split}: {bare} have nothing to segment and are quarantined"
        if counts.unreadable:
            yield f"{one.split}: some records cannot be read: {counts.unreadable}"
        listed, readable = one.named
        if readable < listed:
            unusable = f"{listed - readable:,} of {listed:,} names of images cannot be used"
            yield f"{one.split}: {unusable}; t4s check says how to mend them"


def _absent(root: Path, chosen: Sequence[_Chosen]) -> Iterator[str]:
    """Images that are not where the recipe says, with where the first of them lies, if it lies anywhere."""
    for one in chosen:
        if not one.absent:
            continue
        first = Path(one.absent[0].replace("\\", "/")).name
        lies = [path.parent.relative_to(root).as_posix() for path in sorted(root.rglob("*")) if path.name == first]
        where = f"; {first} lies in {', '.join(lies[:5])}{' ...' if len(lies) > 5 else ''}" if lies else ""
        if one.with_images or lies:
            looked = f"{one.folder}: " if one.with_images else ""
            yield f"{one.split}: {looked}{len(one.absent):,} of {one.probed:,} images looked for are not there{where}"
