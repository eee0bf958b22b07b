"""Looking at a folder of a user's own data: what it is, what is in the way, and the recipe that builds it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from t4s_data.errors import DataError, RecordError
from t4s_data.files.images import IMAGE_SUFFIXES
from t4s_data.files.json.streams import JsonArray
from t4s_data.recipe.own.coco import find_coco
from t4s_data.recipe.own.finding import Finding
from t4s_data.recipe.own.masks import find_masks

_SHOWN = 8


def recognize(root: Path) -> Finding:
    """What the folder holds.

    Raises:
        DataError: it is no folder, holds nothing that can be built from, or is of a kind that has to be converted
            first; says what was looked for.
    """
    if not root.is_dir():
        raise DataError(f"{root}: {'not a folder' if root.exists() else 'no such folder'}")
    for find in (find_coco, find_masks):
        if finding := find(root):
            return finding
    raise DataError(f"{root}: {_foreign(root) or _nothing(root)}")


def _foreign(root: Path) -> str | None:
    """What the folder is, if it is known and cannot be read, and how to convert it."""
    for fits, what in FOREIGN:
        if fits(root):
            return what
    return None


def _nothing(root: Path) -> str:
    names = sorted(path.name + ("/" if path.is_dir() else "") for path in root.iterdir() if path.name[0] != ".")
    there = ", ".join(names[:_SHOWN]) + (" ..." if len(names) > _SHOWN else "")
    images = sum(path.suffix.lower() in IMAGE_SUFFIXES for path in root.rglob("*"))
    return (
        f"nothing here that can be built from: neither a COCO file (JSON with images, annotations and categories) nor "
        f"folders images and masks with records.csv, nor images and labels with classes.txt. It holds {images:,} images"
        f" and {there or 'no file'}. docs: your own masks"
    )


def _has_supervisely(root: Path) -> bool:
    return (root / "meta.json").is_file() and any(root.glob("*/ann"))


def _has_datumaro(root: Path) -> bool:
    return any(b'"items"' in path.read_bytes() for path in sorted(root.glob("annotations/*.json"))[:3])


def _has_labelme(root: Path) -> bool:
    found = sorted(root.rglob("*.json"))[:20]
    return any(b'"shapes"' in path.read_bytes()[: 1 << 20] for path in found)


def _has_yolo(root: Path) -> bool:
    return (root / "data.yaml").is_file() or any(root.glob("labels/*.txt")) or any(root.glob("*/labels/*.txt"))


def _has_label_studio(root: Path) -> bool:
    return any(_is_list_of_tasks(path) for path in sorted(root.glob("*.json"))[:5])


def _is_list_of_tasks(path: Path) -> bool:
    try:
        item = next(iter(JsonArray(path)), None)
        first = item.value() if item else None
    except (DataError, RecordError):
        return False
    return isinstance(first, dict) and "annotations" in first and "data" in first


def _has_voc_boxes(root: Path) -> bool:
    return any(root.glob("Annotations/*.xml"))


FOREIGN: tuple[tuple[Callable[[Path], bool], str], ...] = (
    (_has_supervisely, "a project in Supervisely's own format; export it with the app Export to COCO"),
    (_has_datumaro, "a data set in Datumaro's own format; `datum convert -f coco_instances` turns it into COCO files"),
    (_has_label_studio, "tasks in Label Studio's own format; export the project as COCO"),
    (_has_labelme, "labelme's files, one an image; the package labelme2coco makes one COCO file of them"),
    (
        _has_yolo,
        "YOLO labels; `datum convert -if yolo -f coco_instances`, or export as COCO from the tool they are from",
    ),
    (_has_voc_boxes, "Pascal VOC boxes; they have no masks, which SegmentationClass would"),
)
"""Kinds of data that are known and cannot be read, and what each is said to be."""
