"""A COCO instances file of any size, its annotations grouped by image.

The file is read twice: memory holds the images and where each annotation stands. What stands there at the second
reading has to be what stood there at the first, whose digest the build keeps.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec

from t4s_data.annotations.coco import Broken, Id, ImageItem, id_in, read_coco
from t4s_data.errors import DataError, RecordError
from t4s_data.files.json.item import Item
from t4s_data.files.texts import shown
from t4s_data.reading.opening import open_file
from t4s_data.sample import Reject


class _Placed(msgspec.Struct):
    image_id: Id
    category_id: Any = None


_place = msgspec.json.Decoder(_Placed).decode


@dataclass(frozen=True, slots=True)
class ImageGroups:
    """One file: names of its categories and licences by id, its images, and where the annotations of each stand.

    ``parents`` are the categories that are the supercategory of others.
    """

    path: Path
    categories: Mapping[Id, str]
    parents: frozenset[Id]
    licenses: Mapping[Id, str]
    images: Sequence[ImageItem | Broken]
    _table: _Table

    def groups(self) -> Iterator[tuple[ImageItem | Broken, list[Item]] | Reject]:
        """Every image with its annotations, in the order of `images`; rejects for annotations that name none.

        Those come first. Annotations on images that the file does not list come last, each image as one that
        is broken.

        Raises:
            DataError: the file has changed since :func:`map_groups` read it.
        """
        yield from self._table.homeless
        placed = dict(self._table.of_image)
        with open_file(self.path) as file:
            handle = file.fileno()
            for image in self.images:
                rows = () if image.id is None else placed.pop(image.id, ())
                yield image, [self._table.item(row, handle) for row in rows]
            for image_id, rows in placed.items():
                detail = f"{len(rows)} annotations lie on image_id {shown(image_id)}, which is not in {self.path.name}"
                broken = Broken(RecordError("unknown-image", detail), image_id, "")
                yield broken, [self._table.item(row, handle) for row in rows]

    def used(self) -> dict[Id, str]:
        """The names of the categories that an annotation has and that stand above no others, in the file's order."""
        found = self._table.categories
        return {key: name for key, name in self.categories.items() if key in found and key not in self.parents}

    def names(self) -> Iterator[str]:
        """The names of the images as far as they can be read, in the file's order."""
        return (image.name for image in self.images if isinstance(image, ImageItem))


@dataclass(slots=True)
class _Table:
    """Where the annotations of a file stand, as columns; ``of_image`` has their rows by image,
    ``categories`` which they have."""

    path: Path
    starts: array[int] = field(default_factory=lambda: array("q"))
    ends: array[int] = field(default_factory=lambda: array("q"))
    members: array[int] = field(default_factory=lambda: array("i"))
    depths: array[int] = field(default_factory=lambda: array("i"))
    sums: array[int] = field(default_factory=lambda: array("I"))
    of_image: dict[Id, list[int]] = field(default_factory=dict)
    categories: set[Id] = field(default_factory=set)
    homeless: list[Reject] = field(default_factory=list)

    def add(self, item: Item) -> None:
        """Note where an annotation stands; one that cannot be read too, as long as it names its image."""
        image_id: Id | None
        try:
            placed = _place(item.text)
            image_id = placed.image_id
            if isinstance(placed.category_id, int | str):
                self.categories.add(placed.category_id)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            image_id = id_in(item, "image_id")
            if image_id is None:
                self._reject(item)
        if image_id is not None:
            self.of_image.setdefault(image_id, []).append(len(self.starts))
        self.starts.append(item.start)
        self.ends.append(item.start + len(item.text))
        self.members.append(item.members)
        self.depths.append(item.depth)
        self.sums.append(crc32(item.text))

    def _reject(self, item: Item) -> None:
        try:
            item.of_type(_place)
        except RecordError as error:
            self.homeless.append(Reject.of(item.name, error))

    def item(self, row: int, handle: int) -> Item:
        """The annotation in a row, read from the open file."""
        start, end = self.starts[row], self.ends[row]
        os.lseek(handle, start, os.SEEK_SET)
        text = os.read(handle, end - start)
        if crc32(text) != self.sums[row]:
            raise DataError(f"{self.path}: annotations[{row}] changed while it was read; run the command again")
        return Item(self.path, "annotations", row, start, text, self.members[row], self.depths[row])


def map_groups(path: Path) -> ImageGroups:
    """Read where everything stands in the file.

    Raises:
        DataError: the file is not JSON or has no lists of images and annotations.
    """
    table = _Table(path)
    file = read_coco(path, table.add)
    return ImageGroups(path, file.categories, file.parents, file.licenses, file.images, table)
