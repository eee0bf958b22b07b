"""Anybody's own images and masks: a mask and its words a record, or index PNGs with a list of classes.

The layouts are in manifests/mask-folder.toml: ``images``, ``masks`` and a table ``records``; or ``images``,
``labels`` and ``classes``, as ADE20K, Cityscapes, Pascal VOC and Pascal Context have them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path, PurePosixPath

from t4s_data.annotations.mask_tables import MaskRecord, read_records
from t4s_data.errors import DataError, RecordError
from t4s_data.files.finder import Finder
from t4s_data.files.images import IMAGE_SUFFIXES, size_of
from t4s_data.files.location import Location
from t4s_data.files.texts import text_of
from t4s_data.masks.mask_file import MASK_SUFFIXES, read_mask_file
from t4s_data.sample import Entry, Image, Region, Reject, Sample
from t4s_data.sources.entries import of_one
from t4s_data.sources.index_folder import IndexFolder

LAYOUTS: Mapping[str, tuple[str, ...]] = {
    "records": ("images", "masks", "records"),
    "labels": ("images", "labels", "classes"),
}
"""The files of each layout by their roles, the layout named after the role that tells it from the other."""
ENDINGS = ("", "_mask", "-mask")
"""What may stand behind the stem of an image in the name of its mask."""

Row = tuple[int, MaskRecord | Reject]


@dataclass(frozen=True, slots=True)
class MaskFolder:
    """One split of a folder of images and masks.

    The key of a record is its ``id`` in the table, or the image's stem and its number among the records of
    that stem; with index PNGs it is the stem.
    """

    location: Location

    def inputs(self) -> list[Path]:
        """The folders and the table or list of classes of the layout that is there.

        Raises:
            DataError: both layouts are there, or the folder is not divided and the split is not `train`.
        """
        layout = self._layout()
        self.location.check_divided(self._role(layout), "images", "members")
        if layout == "labels":
            return self._indexes.inputs()
        return [self.location.file(role) for role in ("images", "masks", self._role("records"))]

    def entries(self) -> Iterator[Entry | Reject]:
        """One entry for the successive records of an image and mask, or one an image, in order of the names."""
        return self._indexes.entries() if self._layout() == "labels" else self._told()

    def samples(self, entry: Entry) -> Iterator[Sample | Reject]:
        """One sample a record of the table, or the image with one region a class, the largest first."""
        return self._indexes.samples(entry) if "classes" in entry.payload else self._described(entry)

    @property
    def _indexes(self) -> IndexFolder:
        return IndexFolder(self.location, self.location.file(self._role("labels")))

    def _role(self, layout: str) -> str:
        """The role that a layout is told by: the recipe's ``annotations`` are its table or its index PNGs."""
        return "annotations" if "annotations" in self.location.files else layout

    def _layout(self) -> str:
        if "preset" in self.location.options:
            return "labels"
        if "annotations" in self.location.files:
            return "labels" if self.location.file("annotations").is_dir() else "records"
        there = [layout for layout in LAYOUTS if self.location.file(layout).exists()]
        if len(there) > 1:
            found = " and ".join(str(self.location.file(layout)) for layout in there)
            raise DataError(
                f"{found}: a table of records or index PNGs, not both; annotations in the recipe says which"
            )
        return there[0] if there else "records"

    def _told(self) -> Iterator[Entry | Reject]:
        seen: Counter[str] = Counter()
        images = Finder(self.location.file("images"), IMAGE_SUFFIXES)
        masks = Finder(self.location.file("masks"), MASK_SUFFIXES)
        for same, rows in groupby(read_records(self.location.file(self._role("records"))), _picture):
            if same is None:
                yield from (row for _, row in rows if isinstance(row, Reject))
            else:
                records = [(line, row) for line, row in rows if isinstance(row, MaskRecord)]
                yield from of_one(records[0][1].image, self._entry(records, seen, images, masks))

    def _entry(
        self, rows: list[tuple[int, MaskRecord]], seen: Counter[str], images: Finder, masks: Finder
    ) -> Iterator[Entry | Reject]:
        told: list[tuple[str, str, tuple[str, str, str, str | None]]] = []
        for line, row in rows:
            key = _key(row, seen)
            try:
                told.append((key, self._line(line), _texts(row)))
            except RecordError as error:
                yield _at(Reject.of(key, error), self._line(line))
        if not told:
            return
        keys, lines, texts = zip(*told, strict=True)
        try:
            image, mask = _pair(rows[0][1], images, masks)
        except RecordError as error:
            yield from (_at(Reject.of(key, error), line) for key, line in zip(keys, lines, strict=True))
            return
        yield Entry(keys, {"image": image, "mask": mask, "texts": texts, "lines": lines}, self._path(image))

    def _line(self, line: int) -> str:
        """Where a record stands, as the end of a message."""
        return f"({self.location.file(self._role('records')).name} line {line})"

    def _described(self, entry: Entry) -> Iterator[Sample | Reject]:
        record = entry.payload
        try:
            mask = read_mask_file(self.location.file("masks") / record["mask"], self.location.options.get("threshold"))
            image = self._image(record["image"], (mask.height, mask.width))
        except RecordError as error:
            lines = zip(entry.keys, record["lines"], strict=False)
            yield from (_at(Reject.of(key, error), line) for key, line in lines)
            return
        for key, (label, query, answer, license_name) in zip(entry.keys, record["texts"], strict=False):
            words = (answer, "") if answer else ()
            yield Sample(key, image, (Region(label, mask),), query=query, answer=words, license=license_name)

    def _image(self, name: str, shape: tuple[int, ...]) -> Image:
        width, height = size_of(self.location.file("images") / name)
        if shape != (height, width):
            raise RecordError("size-mismatch", f"{name} is {width} x {height}, its mask is {shape[1]} x {shape[0]}")
        return Image(self._path(name), width, height)

    def _path(self, name: str) -> str:
        """An image's path relative to the data root."""
        return (self.location.file("images") / name).relative_to(self.location.data_root).as_posix()


def _picture(row: Row) -> tuple[str, str | None] | None:
    """The image and mask of a record: successive records of the same share an entry."""
    return None if isinstance(row[1], Reject) else (row[1].image, row[1].mask)


def _pair(row: MaskRecord, images: Finder, masks: Finder) -> tuple[str, str]:
    """The paths of a record's image and mask below their folders."""
    image = images.find(row.image, reason="image-missing", what="image")
    if row.mask:
        return image, masks.find(row.mask, reason="no-mask", what="mask")
    return image, masks.belonging(image, ENDINGS, reason="no-mask", what="mask")


def _key(row: MaskRecord, seen: Counter[str]) -> str:
    stem = PurePosixPath(row.image).with_suffix("").as_posix()
    seen[stem] += 1
    return f"{stem}-{seen[stem] - 1}" if row.id in (None, "") else str(row.id)


def _texts(row: MaskRecord) -> tuple[str, str, str, str | None]:
    """What the region is called, what is asked for, the answer or nothing, and the licence."""
    answer = text_of(row.answer, "answer") if row.answer else ""
    return *row.words(), answer, row.license


def _at(reject: Reject, line: str) -> Reject:
    return replace(reject, detail=f"{reject.detail} {line}")
