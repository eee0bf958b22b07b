"""Finding images with masks or index PNGs in a folder: the layout of the source `mask-folder`, or a preset's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from t4s_data.annotations.mask_tables import MaskRecord, read_records
from t4s_data.errors import DataError
from t4s_data.files.folders import files_below
from t4s_data.files.images import IMAGE_SUFFIXES
from t4s_data.files.location import UNDIVIDED, Location
from t4s_data.manifest.presets import PRESETS, Preset, load_preset
from t4s_data.manifest.shipped import load_manifest
from t4s_data.recipe.own.finding import CORPUS_SPLITS, Finding, Split

JPEGS = frozenset({".jpg", ".jpeg"})
PROBED = 1000
"""How many rows of a table, or files of a folder, are looked at."""


def find_masks(root: Path) -> Finding | None:
    """What images with masks below a folder come to, or None where there are none.

    Raises:
        DataError: there are masks and nothing says what they show.
    """
    for find in (_records, _preset, _labels):
        if finding := find(root):
            return finding
    if (root / "masks").is_dir() or any(root.glob("*/masks")):
        raise DataError(
            f"{root}: there are masks, and nothing says what each of them shows; write records.csv beside the folders "
            "images and masks: a row a mask, with the columns image and label (or expression, or question and answer)"
        )
    return None


def _records(root: Path) -> Finding | None:
    splits = [split for split in _splits(root) if _place(root, split).file("records").is_file()]
    if not splits and not _place(root, UNDIVIDED).file("records").is_file():
        return None
    splits = splits or [UNDIVIDED]
    tables = {split: _place(root, split).file("records") for split in splits}
    rows = {split: _sampled(table) for split, table in tables.items()}
    questions = sum(bool(row.question) for found in rows.values() for row in found)
    keys: dict[str, Any] = {}
    comments: dict[str, str] = {}
    warnings: list[str] = []
    if questions:
        keys["tasks"] = {"reasoning-segmentation": 1}
        comments["tasks"] = f"{questions:,} rows ask a question"
        if others := sum(len(found) for found in rows.values()) - questions:
            warnings.append(f"{others:,} rows ask no question; a folder of their own gives them their own task")
    if jpegs := sum(_jpeg_masks(_place(root, split).file("masks")) for split in splits):
        keys["threshold"] = 128
        comments["threshold"] = f"{jpegs:,} masks are JPEG, which blurs edges: gray from here upward is the region"
    why = [f"{_below(table, root)} says what the masks show" for table in tables.values()]
    counted = [f"{split}: {len(found):,} rows looked at" for split, found in rows.items()]
    return Finding(
        "A folder of images and masks with a table", (*why, *counted), "mask-folder", _with_images(root, splits), keys,
        comments, tuple(warnings),
    )  # fmt: skip


def _sampled(table: Path) -> list[MaskRecord]:
    return [row for _, row in islice(read_records(table), PROBED) if isinstance(row, MaskRecord)]


def _jpeg_masks(folder: Path) -> int:
    return sum(path.suffix.lower() in JPEGS for path in islice(folder.rglob("*"), PROBED)) if folder.is_dir() else 0


def _preset(root: Path) -> Finding | None:
    """A layout that is known by name, unless the folder says itself what its values mean."""
    for name in PRESETS:
        preset = load_preset(name)
        splits = [split for split in preset.splits if _has_preset(root, preset, split)]
        if not splits:
            continue
        own = root / "classes.txt"
        ends = f" that end with {preset.label_suffix}" if preset.label_suffix else ""
        why = f"{_filled(preset.files['labels'], root, splits[0]).relative_to(root).as_posix()} holds PNGs{ends}"
        tasks = {"tasks": {"semantic-segmentation": 1}}
        found = tuple(Split(split, True) for split in splits)
        if not own.is_file():
            return Finding(preset.title, (why, preset.where), "mask-folder", found, {"preset": name} | tasks)
        keys = _keys_of(preset) | tasks
        said = f"its own classes.txt says what the values mean (the preset {name!r} has the official ones)"
        return Finding(f"The layout of {preset.title}", (why, said), "mask-folder", found, keys)
    return None


def _has_preset(root: Path, preset: Preset, split: str) -> bool:
    images, labels = (_filled(preset.files[role], root, split) for role in ("images", "labels"))
    if "members" in preset.files and not _filled(preset.files["members"], root, split).is_file():
        return False
    if "classes" in preset.files and not _filled(preset.files["classes"], root, split).is_file():
        return False
    if not (images.is_dir() and labels.is_dir()):
        return False
    names = files_below(labels, [preset.label_suffix or ".png"], without=preset.other_suffixes)
    return bool(names) and bool(files_below(images, [preset.image_suffix] if preset.image_suffix else IMAGE_SUFFIXES))


def _keys_of(preset: Preset) -> dict[str, Any]:
    """A preset's layout in the keys of a recipe."""
    files = {role: path.removeprefix("{root}/") for role, path in preset.files.items()}
    keys = {"images": files["images"], "annotations": files["labels"], "classes": "classes.txt"}
    suffixes = {"image_suffix": preset.image_suffix, "label_suffix": preset.label_suffix}
    return keys | {key: value for key, value in suffixes.items() if value}


def _filled(pattern: str, root: Path, split: str) -> Path:
    return root / pattern.replace("{root}/", "").replace("{split}", split)


def _labels(root: Path) -> Finding | None:
    """Index PNGs in a layout of no name, with a list of classes."""
    splits = [split for split in _splits(root) if _place(root, split).file("labels").is_dir()] or [UNDIVIDED]
    place = _place(root, splits[0])
    if not files_below(place.file("labels"), [".png"]):
        return None
    classes = place.file("classes")
    if not classes.is_file():
        raise DataError(
            f"{root}: {_below(place.file('labels'), root)} holds index PNGs, and nothing says what their values mean; "
            f"write classes.txt ({root / 'classes.txt'}) with a line `7 sky` for each class"
        )
    why = (f"{_below(place.file('labels'), root)} holds PNGs and {classes.name} says what their values mean",)
    keys = {"tasks": {"semantic-segmentation": 1}}
    return Finding("Images and index PNGs", why, "mask-folder", _with_images(root, splits), keys)


def _place(root: Path, split: str) -> Location:
    manifest = load_manifest("mask-folder")
    files = {role: (file.path, *file.alternatives) for role, file in manifest.files.items()}
    return Location(root, ".", split, files=files, images=manifest.images)


def _splits(root: Path) -> list[str]:
    """The folders and lists that may be splits, training first."""
    names = [path.stem for path in sorted(root.rglob("*")) if len(path.relative_to(root).parts) <= 3 and _may(path)]
    return [
        name for name, _ in sorted(Counter(names).items(), key=lambda item: (not item[0].startswith("train"), item[0]))
    ]


def _may(path: Path) -> bool:
    return path.stem.lower().rstrip("0123456789") in CORPUS_SPLITS and (
        path.is_dir() or path.suffix in {".csv", ".jsonl", ".txt"}
    )


def _with_images(root: Path, splits: list[str]) -> tuple[Split, ...]:
    return tuple(Split(split, bool(_first_images(_place(root, split).file("images")))) for split in splits)


def _first_images(folder: Path) -> Mapping[str, list[Path]]:
    return files_below(folder, IMAGE_SUFFIXES)


def _below(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()
