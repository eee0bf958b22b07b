"""A recipe taken apart: each split of each source with all that shapes its rows."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from t4s_data import __version__
from t4s_data.codecs.codec import CODECS, NO_CODEC, codec_of
from t4s_data.codecs.spec import CodecSpec
from t4s_data.conversation.tasks import KEPT
from t4s_data.errors import MissingInputError, RecipeError
from t4s_data.files.location import Location
from t4s_data.manifest.names import BOX_TASKS
from t4s_data.manifest.presets import Preset, load_preset
from t4s_data.manifest.shipped import load_manifest, shipped_folder
from t4s_data.manifest.source import Manifest
from t4s_data.recipe.spec import PATHS, HoldoutSpec, LimitsSpec, Recipe, SourceSpec
from t4s_data.registry import Origin
from t4s_data.sources.source import SOURCES, Source

OFF = HoldoutSpec()
MAX_SHARE = 0.01
"""Share of a split's entries that may be unusable where neither recipe nor manifest says another."""


@dataclass(frozen=True, slots=True)
class Part:
    """One split of one source as a recipe uses it.

    ``table`` is the place of its ``[[source]]`` in the recipe; parts of one table share its ``limit``. More than
    ``max_share`` of its entries unusable ends the build. ``holdout`` is the recipe's mode, and ``held`` the digest of
    what is held out, once that is known. ``seal`` is the fingerprint that a build began with.
    """

    table: int
    source: str
    location: Location
    as_split: str
    codec: CodecSpec
    tasks: Mapping[str, float]
    limits: LimitsSpec
    repeat: int
    limit: int
    seed: int
    tokenizer: str
    vocabulary: tuple[str, ...]
    embed: bool
    paths_alone: bool
    max_share: float = MAX_SHARE
    holdout: HoldoutSpec = OFF
    held: str = ""
    follow_links: bool = False
    seal: str = ""

    @property
    def name(self) -> str:
        """How ids and work folders name the part: `source/split`, with `split_by` where there is one."""
        return f"{self.source}/{self.location.split_id}"

    @property
    def codec_name(self) -> str:
        """The codec in the part's rows; those that answer with a box alone have `-box` behind it."""
        return NO_CODEC if set(self.tasks) == {KEPT} else codec_of(self.codec).name

    def open(self) -> Source:
        """The reader of this part."""
        return SOURCES[self.source](self.location)

    def plugins(self) -> list[Origin]:
        """Where the plug-ins that make the part's rows come from."""
        return [
            origin for origin in (SOURCES.origin(self.source), CODECS.origin(self.codec.name)) if origin is not None
        ]

    def fingerprint(self) -> str:
        """Sixteen hex digits that change when the part's rows could: recipe, code, or input files.

        Files count by size and modification time, so it holds on one machine and is never published. Of a part
        that is sealed it stays as it was.

        Raises:
            MissingInputError: an input file is not there, or not any more.
        """
        return self.seal or self._fingerprint()

    def sealed(self) -> Part:
        """The part with its fingerprint as it is, whatever becomes of its files."""
        return replace(self, seal=self._fingerprint())

    def is_unchanged(self) -> bool:
        """Whether the input files of a sealed part still have the sizes and times that it was sealed with.

        Raises:
            MissingInputError: one is not there any more.
        """
        return self._fingerprint() == self.seal

    def _fingerprint(self) -> str:
        inputs = [(str(path), *_stamp(path)) for path in self.open().inputs()]
        settings = [
            self.codec.model_dump(),
            self.limits.model_dump(),
            sorted(self.tasks.items()),
            sorted(self.location.options.items()),
            self.location.root,
            self.location.images,
            sorted(self.location.files.items()),
            self.holdout.model_dump(include={"mode", "unchecked"}),
            self.held,
        ]
        scalars = [self.name, self.repeat, self.limit, self.seed, self.tokenizer, self.vocabulary, self.embed]
        scalars.append(self.follow_links)
        code = [__version__, code_digest(), *self.plugins()]
        text = msgspec.json.encode([code, inputs, settings, scalars], enc_hook=str)
        return hashlib.sha256(text).hexdigest()[:16]


def parts_of(recipe: Recipe, data_root: Path) -> list[Part]:
    """The parts of a recipe, in its order.

    Raises:
        RecipeError: a split, split_by or task that the source does not have, or a split that is named twice.
    """
    vocabulary = tuple(vocabulary_of(recipe))
    parts = [
        _part(recipe, table, split, data_root, vocabulary)
        for table, source in enumerate(recipe.source)
        for split in source.splits
    ]
    names = [part.name for part in parts]
    if twice := next((name for n, name in enumerate(names) if name in names[:n]), None):
        raise RecipeError(f"{twice} is named twice; use repeat")
    return parts


def vocabulary_of(recipe: Recipe) -> dict[str, str]:
    """The tokens that the codecs of a recipe add to a tokenizer, in the recipe's order, and what each means."""
    codecs = [
        codec_of(recipe.codec_of(source))
        for source in recipe.source
        if set(source.tasks or load_manifest(source.name).tasks) != {KEPT}
    ]
    meanings: dict[str, str] = {}
    for codec in codecs:
        for token in codec.vocabulary:
            meanings.setdefault(token, codec.meaning(token))
    return meanings


def _part(recipe: Recipe, table: int, split: str, data_root: Path, vocabulary: tuple[str, ...]) -> Part:
    source = recipe.source[table]
    manifest = load_manifest(source.name)
    split_by = source.split_by or manifest.default_split_by
    where = f"source[{table + 1}]"
    _check_split(manifest, split, split_by, where)
    if foreign := sorted((source.reader or {}).keys() - manifest.options.keys()):
        allowed = f"it has {', '.join(manifest.options)}" if manifest.options else "it takes none"
        raise RecipeError(f"{where}.reader: source {source.name!r} has no key {foreign[0]!r}; {allowed}")
    preset = load_preset(source.preset) if source.preset else None
    location = Location(
        data_root,
        source.root or (preset.root if preset else manifest.root),
        split,
        split_by,
        files=_files(manifest, source, preset),
        images=_below_root(source.images) if source.images else manifest.images,
        options={"seed": recipe.seed, **(preset.options if preset else {}), **_options(source)},
        given=frozenset(_given(source)),
    )
    return Part(
        table=table,
        source=source.name,
        location=location,
        as_split=source.as_split,
        codec=recipe.codec_of(source),
        tasks=_tasks(manifest, source, recipe.codec_of(source), where),
        limits=recipe.limits_of(source),
        repeat=source.repeat,
        limit=source.limit,
        seed=recipe.seed,
        tokenizer=recipe.tokenizer.name,
        vocabulary=vocabulary,
        embed=recipe.images.mode == "embed",
        paths_alone=recipe.images.mode == "path" and "mode" in recipe.images.model_fields_set,
        max_share=_max_share(recipe, manifest),
        holdout=recipe.holdout,
        follow_links=recipe.files.follow_links,
    )


def _max_share(recipe: Recipe, manifest: Manifest) -> float:
    given = (recipe.quarantine.max_share, manifest.expected_loss)
    return next((share for share in given if share is not None), MAX_SHARE)


def _files(manifest: Manifest, source: SourceSpec, preset: Preset | None) -> dict[str, tuple[str, ...]]:
    """The patterns of each role: the recipe's, or the preset's, or all of the layout."""
    files = {role: (file.path, *file.alternatives) for role, file in manifest.files.items()}
    files |= {role: (pattern,) for role, pattern in (preset.files if preset else {}).items()}
    return files | {role: (_below_root(path),) for role, path in _given(source).items()}


def _given(source: SourceSpec) -> dict[str, str]:
    """The recipe's own path patterns by the roles that they have in the layout."""
    roles = {"annotations": "instances"} if source.name == "coco-instances" else {}
    return {roles.get(key, key): path for key, path in source.paths.items()}


def _options(source: SourceSpec) -> dict[str, Any]:
    return {key: value for key, value in source.options.items() if key not in PATHS}


def _below_root(pattern: str) -> str:
    return f"{{root}}/{pattern}"


def _check_split(manifest: Manifest, split: str, split_by: str | None, where: str) -> None:
    known = {(known.by, known.name) for known in manifest.split}
    if (split_by, split) in known or (manifest.other_splits and split_by is None):
        return
    allowed = ", ".join(sorted(f"{by}: {name}" if by else name for by, name in known))
    asked = f"{split!r} by {split_by!r}" if split_by else repr(split)
    raise RecipeError(f"{where}.splits: source {manifest.name!r} has no split {asked}; it has {allowed}")


def _tasks(manifest: Manifest, source: SourceSpec, codec: CodecSpec, where: str) -> dict[str, float]:
    if unknown := sorted(set(source.tasks or ()) - set(manifest.tasks)):
        raise RecipeError(
            f"{where}.tasks: source {source.name!r} cannot make {unknown[0]!r}; "
            f"it makes {', '.join(sorted(manifest.tasks))}"
        )
    weights = source.tasks or manifest.tasks
    if not source.tasks and source.options.get("labels") == "captions":
        weights = {"referring-segmentation": 1.0}
    # Defaults that the codec cannot say are left out; a recipe that names one is refused by its schema.
    unsayable = BOX_TASKS if codec_of(codec).boxes() is None else frozenset()
    return {name: weight for name, weight in weights.items() if weight > 0 and name not in unsayable}


@cache
def code_digest() -> str:
    """A digest of the installed code and manifests, so that a build never resumes the work of other code."""
    digest = hashlib.sha256()
    for root in (Path(__file__).parents[1], shipped_folder()):
        for path in sorted(path for path in root.rglob("*") if path.suffix in {".py", ".toml"}):
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError as error:
        raise MissingInputError(f"{path}: {error.strerror}: an input file that is needed for the whole build") from None
    return status.st_size, status.st_mtime_ns
