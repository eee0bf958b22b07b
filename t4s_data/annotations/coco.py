"""COCO annotation files of any size, read as a stream: the one reader of `images`, `annotations` and `categories`.

Format: https://cocodataset.org/#format-data.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import msgspec

from t4s_data.annotations.classes import parents
from t4s_data.annotations.image_paths import name_of
from t4s_data.errors import RecordError
from t4s_data.files.json.item import Item
from t4s_data.files.json.streams import items_of
from t4s_data.files.texts import shown
from t4s_data.reading.bounds import MAX_SIDE

Whole = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""A whole number of 64 bits."""
Id = Whole | Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
"""The id of an image, annotation or category: tools other than COCO's own write texts too."""


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

    @property
    def name(self) -> str:
        """The image's name below the folder of images."""
        return name_of(self.file_name, self.coco_url)


class AnnotationItem(msgspec.Struct, frozen=True):
    """One item of `annotations`; the segmentation stays as JSON text until a worker needs it.

    What says `ignore` is not scored by evaluators: nobody vouches that it is one whole object.
    """

    id: Id
    image_id: Id | None = None
    category_id: Id | None = None
    iscrowd: bool | int | None = None
    ignore: bool | int | None = None
    segmentation: msgspec.Raw = msgspec.Raw(b"null")
    caption: str | list[str] | None = None


class _Category(msgspec.Struct):
    id: Id
    name: str
    supercategory: Any = None


class _License(msgspec.Struct):
    id: Id | None = None
    name: str | None = None


_image = msgspec.json.Decoder(ImageItem).decode
_annotation = msgspec.json.Decoder(AnnotationItem).decode
_category = msgspec.json.Decoder(_Category).decode
_license = msgspec.json.Decoder(_License).decode


@dataclass(frozen=True, slots=True)
class Broken:
    """An image that no record of can be used: why, its id where that can be read, and what it is called else."""

    error: RecordError
    id: Id | None
    name: str

    @property
    def key(self) -> str:
        """The name under which the quarantine lists the record."""
        return self.name if self.id is None else str(self.id)


@dataclass(frozen=True, slots=True)
class CocoFile:
    """What a file says beside its annotations, in the file's order: names of categories and licences are by id."""

    path: Path
    images: list[ImageItem | Broken] = field(default_factory=list)
    categories: dict[Id, str] = field(default_factory=dict)
    licenses: dict[Id, str] = field(default_factory=dict)
    supercategories: dict[Id, Any] = field(default_factory=dict)

    @property
    def parents(self) -> frozenset[Id]:
        """The categories that are the supercategory of others."""
        above = parents((name, self.supercategories[key]) for key, name in self.categories.items())
        return frozenset(key for key, name in self.categories.items() if name in above)


def read_coco(path: Path, take: Callable[[Item], Any] | None = None) -> CocoFile:
    """Read a file, handing every item of `annotations` over as it comes by; without ``take`` they are passed over.

    Raises:
        DataError: the file is not JSON or has no list of images or, where they are wanted, annotations.
    """
    file = CocoFile(path)
    readers: dict[str, Callable[[Item], Any]] = {
        "images": lambda item: file.images.append(read_image(item)),
        "categories": lambda item: _add_category(file, item),
        "licenses": lambda item: _add_license(file, item),
    }
    if take:
        readers["annotations"] = take
    for item in items_of(path, "images", *(["annotations"] if take else []), optional=("categories", "licenses")):
        readers[item.member](item)
    return file


def read_image(item: Item) -> ImageItem | Broken:
    """An item of `images`."""
    try:
        image = item.of_type(_image)
        if not (0 < image.height <= MAX_SIDE and 0 < image.width <= MAX_SIDE):
            raise RecordError("bad-type", f"image {shown(image.id)} is {image.width} x {image.height}")
        name_of(image.file_name, image.coco_url)
    except RecordError as error:
        return Broken(error, id_in(item, "id"), item.name)
    return image


def read_annotation(item: Item) -> AnnotationItem:
    """An item of `annotations`; raises :class:`RecordError` ``bad-json`` or ``bad-type`` where it cannot be read."""
    return item.of_type(_annotation)


def id_in(item: Item, name: str) -> Id | None:
    """The id that an item which cannot be read has under a name, or None."""
    value = item.lenient(name)[name]
    return value if type(value) is int or (isinstance(value, str) and value) else None


def _add_category(file: CocoFile, item: Item) -> None:
    # Whoever refers to one that cannot be read finds its id unknown.
    with suppress(RecordError):
        category = item.of_type(_category)
        file.categories[category.id] = category.name
        file.supercategories[category.id] = category.supercategory


def _add_license(file: CocoFile, item: Item) -> None:
    with suppress(RecordError):
        found = item.of_type(_license)
        if found.id is not None and found.name:
            file.licenses[found.id] = found.name
