"""The images of the splits that models are evaluated on, read from the splits' own annotation files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from t4s_data.errors import DataError, RecipeError, RecordError
from t4s_data.files.json.item import item_in
from t4s_data.leaks.held import HeldOut
from t4s_data.leaks.holdout import Holdout
from t4s_data.leaks.identity import VISUAL_GENOME, Identity, identity
from t4s_data.manifest.shipped import NAMES, load_manifest
from t4s_data.manifest.source import Manifest
from t4s_data.reading.bounds import MAX_IDS_BYTES
from t4s_data.reading.opening import read_file
from t4s_data.recipe.parts import Part, parts_of
from t4s_data.recipe.spec import Recipe, SourceSpec
from t4s_data.sample import Entry

EVALUATION = ("val", "test")
"""How the names of splits begin that models are evaluated on: val, validation, val2017, test, testA, test_less, ..."""


def protected_parts(recipe: Recipe, data_root: Path) -> list[Part]:
    """The splits that a recipe's holdout protects.

    Those that it names, or else every val and test split of every source whose files lie below the data root, divided
    as the source's manifest says by default, beside those of the recipe itself. A source's ``root`` is the recipe's.

    Raises:
        RecipeError: a split is named that no source has.
        DataError: a split is named whose files are not there.
    """
    roots: dict[str, str | None] = {source.name: source.root for source in recipe.source}
    if recipe.holdout.protect is not None:
        parts = [_named(name, roots, data_root) for name in recipe.holdout.protect]
        for part in parts:
            if absent := [path for path in part.open().inputs() if not path.exists()]:
                raise DataError(f"holdout.protect: {part.name}: not found: {absent[0]}")
        return parts
    parts = [part for part in parts_of(recipe, data_root) if is_evaluation(part.location.split)]
    known = {part.name for part in parts}
    for name in NAMES:
        manifest = load_manifest(name)
        for split in manifest.split:
            if split.by == manifest.default_split_by and is_evaluation(split.name):
                part = _part(name, split.name, split.by, roots, data_root)
                if part.name not in known and all(path.exists() for path in part.open().inputs()):
                    parts.append(part)
    return parts


def is_evaluation(split: str) -> bool:
    """Whether a split is one that models are evaluated on, by its name.

    >>> is_evaluation("testA"), is_evaluation("val2017"), is_evaluation("train2017")
    (True, True, False)
    """
    return split.lower().startswith(EVALUATION)


def images_of(part: Part, visual_genome: Mapping[int, int] | None = None) -> tuple[set[Identity], set[int]]:
    """The images of a split's usable records, and the COCO annotations that they mean."""
    images: set[Identity] = set()
    objects: set[int] = set()
    for item in part.open().entries():
        if isinstance(item, Entry) and item.image is not None:
            image = identity(item.image, visual_genome)
            images.add(image)
            objects.update(item.targets if image < VISUAL_GENOME else ())
    return images, objects


def hold_out(parts: Sequence[Part], files: Iterable[Path], visual_genome: Mapping[int, int] | None) -> Holdout:
    """The images of these splits and files, and the objects of these splits.

    Raises:
        DataError: a file is no list of images, or a split has none.
    """
    images: dict[str, set[Identity]] = {}
    objects: dict[str, set[int]] = {}
    for part in parts:
        images[part.name], objects[part.name] = images_of(part, visual_genome)
        if not images[part.name]:
            raise DataError(f"holdout: {part.name} has no usable record, so nothing can be held out for it")
    for path in files:
        for name, found in read_ids(path):
            images.setdefault(name, set()).update(found)
    return Holdout(HeldOut.of(images), HeldOut.of(objects), visual_genome)


def read_ids(path: Path) -> Iterator[tuple[str, set[Identity]]]:
    """The lists of images in a file, by name.

    A JSON object of lists has its keys' names, a JSON list or a text file with an image a line has the file's. An
    image is a COCO id or a path. Text after ``#`` is a comment.

    Raises:
        DataError: the file is none of these.
    """
    try:
        text = read_file(path, MAX_IDS_BYTES).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError, RecordError) as error:
        raise DataError(f"{path}: cannot be read as a list of images: {error}") from None
    if text.lstrip().startswith(("{", "[")):
        yield from _json_ids(path, text)
        return
    lines = ((number, line.partition("#")[0].strip()) for number, line in enumerate(text.splitlines(), start=1))
    yield path.stem, {_image(line, f"{path}, line {number}") for number, line in lines if line}


def _json_ids(path: Path, text: str) -> Iterator[tuple[str, set[Identity]]]:
    try:
        content = item_in(path, text.encode()).value()
    except RecordError as error:
        raise DataError(f"{path}: not JSON: {error.detail}") from None
    lists = content if isinstance(content, dict) else {"": content}
    for key, images in lists.items():
        if not isinstance(images, list):
            raise DataError(f"{path}: {key}: expected a list of images, found {type(images).__name__}")
        name = f"{path.stem}/{key}" if key else path.stem
        yield name, {_image(image, f"{path}: {key or 'list'}[{place}]") for place, image in enumerate(images)}


def _image(value: object, where: str) -> Identity:
    if type(value) is int or (isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12):
        number = int(value)
        if 0 <= number < 1 << 62:
            return number
    elif isinstance(value, str) and value.strip():
        return identity(value)
    raise DataError(f"{where}: expected a COCO image id or a path, found {value!r:.60}")


def _named(name: str, roots: Mapping[str, str | None], data_root: Path) -> Part:
    source, _, split_id = name.partition("/")
    if source not in NAMES:
        raise RecipeError(f"holdout.protect: {name!r}: no source is named {source!r}; there are {', '.join(NAMES)}")
    manifest = load_manifest(source)
    by, split = _divided(manifest, split_id)
    try:
        return _part(source, split, by, roots, data_root)
    except (RecipeError, ValueError) as error:
        raise RecipeError(f"holdout.protect: {name!r}: {error}") from None


def _divided(manifest: Manifest, split_id: str) -> tuple[str | None, str]:
    by, _, split = split_id.partition("-")
    return (by, split) if by in {known.by for known in manifest.split} else (manifest.default_split_by, split_id)


def _part(source: str, split: str, by: str | None, roots: Mapping[str, str | None], data_root: Path) -> Part:
    spec = SourceSpec.model_validate({"name": source, "splits": [split], "split_by": by, "root": roots.get(source)})
    return parts_of(Recipe(name="holdout", source=[spec]), data_root)[0]
