"""A COCO instances file of any size, its annotations grouped by image.

The file is mapped, not read: memory holds one reference for each of its items. Format:
https://cocodataset.org/#format-data (object detection).
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec

from t4s_data.annotations.classes import parents
from t4s_data.annotations.image_paths import name_of
from t4s_data.errors import DataError, RecordError
from t4s_data.files.texts import shown
from t4s_data.reading.bounds import MAX_SIDE
from t4s_data.reading.opening import open_file
from t4s_data.sample import Reject

Id = int | Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
"""The id of an image, annotation or category: tools other than COCO's own write texts too."""
T = TypeVar("T")


class ImageItem(msgspec.Struct, frozen=True):
    """One item of `images`; height and width in pixels.

    Only LVIS has the lists of category ids: what was looked for and is not there, and what is there without
    all of it having been annotated.
    """

    id: Id
    height: int
    width: int
    file_name: str | None = None
    coco_url: str | None = None
    license: Id | None = None
    neg_category_ids: list[Id] | None = None
    not_exhaustive_category_ids: list[Id] | None = None


class AnnotationItem(msgspec.Struct, frozen=True):
    """One item of `annotations`; the segmentation stays as JSON text until a worker needs it."""

    id: Id
    category_id: Id | None = None
    iscrowd: bool | int | None = None
    segmentation: msgspec.Raw = msgspec.Raw(b"null")
    caption: str | list[str] | None = None


class _Placed(msgspec.Struct):
    image_id: Id


class _Classed(msgspec.Struct):
    category_id: Id | None = None


class _Named(msgspec.Struct):
    id: Id
    name: str
    supercategory: Any = None


class _License(msgspec.Struct):
    id: Id | None = None
    name: str | None = None


class _File(msgspec.Struct):
    images: list[msgspec.Raw]
    annotations: list[msgspec.Raw]
    categories: list[_Named] | None = None
    licenses: list[_License] | None = None


@dataclass(frozen=True, slots=True)
class ImageGroups:
    """One file: names of its categories and licences by id, its other items as JSON text.

    ``parents`` are the categories that are the supercategory of others.
    """

    path: Path
    categories: Mapping[Id, str]
    parents: frozenset[Id]
    licenses: Mapping[Id, str]
    images: Sequence[msgspec.Raw]
    annotations: Sequence[msgspec.Raw]

    def groups(self) -> Iterator[tuple[ImageItem, list[msgspec.Raw]] | Reject]:
        """Every image with its annotations, in the order of `images`; rejects for what has no place there.

        Annotations that name no image come first. Those on images that the file does not list come last,
        as one reject for each such image.
        """
        placed: dict[Id, list[msgspec.Raw]] = {}
        for position, item in enumerate(self.annotations):
            try:
                placed.setdefault(_read(item, _Placed).image_id, []).append(item)
            except RecordError as error:
                yield Reject.of(f"annotations[{position}]", error)
        for position, item in enumerate(self.images):
            try:
                image = _read_image(item)
            except RecordError as error:
                yield Reject.of(f"images[{position}]", error)
            else:
                yield image, placed.pop(image.id, [])
        for image_id, items in placed.items():
            detail = f"{len(items)} annotations lie on image_id {shown(image_id)}, which is not in {self.path.name}"
            yield Reject(str(image_id), "unknown-image", detail)

    def used(self) -> dict[Id, str]:
        """The names of the categories that an annotation has and that stand above no others, in the file's order."""
        found: set[Id | None] = set()
        for item in self.annotations:
            with suppress(RecordError):
                found.add(_read(item, _Classed).category_id)
        return {key: name for key, name in self.categories.items() if key in found and key not in self.parents}

    def names(self) -> Iterator[str]:
        """The names of the images as far as they can be read, in the file's order."""
        for item in self.images:
            with suppress(RecordError):
                image = _read(item, ImageItem)
                yield name_of(image.file_name, image.coco_url)


def map_groups(path: Path) -> ImageGroups:
    """The file, mapped into memory for as long as any of its items is in use.

    Raises:
        DataError: the file is not JSON or has no lists of images and annotations.
    """
    try:
        with open_file(path) as file:
            text = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        found = msgspec.json.decode(text, type=_File)
    except (msgspec.DecodeError, ValueError, RecursionError, OSError) as error:
        raise DataError(f"{path}: not a COCO instances file: {error}") from None
    categories = {named.id: named.name for named in found.categories or ()}
    above = parents((named.name, named.supercategory) for named in found.categories or ())
    over = frozenset(key for key, name in categories.items() if name in above)
    licenses = {named.id: named.name for named in found.licenses or () if named.id is not None and named.name}
    return ImageGroups(path, categories, over, licenses, found.images, found.annotations)


def read_annotation(item: msgspec.Raw) -> AnnotationItem:
    """An annotation from its JSON text; raises :class:`RecordError` ``bad-type`` where a field has another type."""
    return _read(item, AnnotationItem)


def _read_image(item: msgspec.Raw) -> ImageItem:
    image = _read(item, ImageItem)
    if not (0 < image.height <= MAX_SIDE and 0 < image.width <= MAX_SIDE):
        raise RecordError("bad-type", f"image {shown(image.id)} is {image.width} x {image.height}")
    return image


def _read(item: msgspec.Raw, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(item, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RecordError("bad-type", f"{error}: {bytes(item)[:60].decode('utf-8', 'replace')}") from None
