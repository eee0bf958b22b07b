"""Anybody's own images and PNG masks: a mask and its words a record, or index PNGs with a list of classes.

The layouts are in manifests/mask-folder.toml: ``images``, ``masks`` and a table ``records``; or ``images``,
``labels`` and ``classes``, as ADE20K, Pascal VOC and Pascal Context have them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path, PurePosixPath

import numpy as np

from t4s_data.annotations.classes import read_classes
from t4s_data.annotations.mask_tables import MaskRecord, read_records
from t4s_data.errors import DataError, RecordError
from t4s_data.files.folders import files_by_stem, key_of_stem, only
from t4s_data.files.images import size_of
from t4s_data.files.location import Location
from t4s_data.files.texts import decoded, text_of
from t4s_data.masks.mask import masks_of_labels
from t4s_data.masks.png import read_class_ids, read_mask
from t4s_data.reading.opening import read_file
from t4s_data.sample import Entry, Image, Region, Reject, Sample
from t4s_data.sources.entries import of_one

LAYOUTS: Mapping[str, tuple[str, ...]] = {
    "records": ("images", "masks", "records"),
    "labels": ("images", "labels", "classes"),
}
"""The files of each layout by their roles, the layout named after the role that tells it from the other."""
IMAGE_SUFFIXES: frozenset[str] = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})
"""Suffixes of image files, in lower case."""
UNDIVIDED = "train"
"""The split that a folder without splits is."""
NO_CLASS = (0, 255)
"""Values of index PNGs that are no class, unless the list of classes names them or the recipe says otherwise."""


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
        self._check_split(layout)
        roles = (*LAYOUTS[layout], *(["members"] if self.location.file("members").exists() else []))
        return [self.location.file(role) for role in roles]

    def entries(self) -> Iterator[Entry | Reject]:
        """One entry for the successive records of an image and mask, or one an image, in order of the names."""
        return self._mapped() if self._layout() == "labels" else self._told()

    def samples(self, entry: Entry) -> Iterator[Sample | Reject]:
        """One sample a record of the table, or the image with one region a class, the largest first."""
        return self._classified(entry) if "classes" in entry.payload else self._described(entry)

    def _layout(self) -> str:
        there = [layout for layout in LAYOUTS if self.location.file(layout).exists()]
        if len(there) > 1:
            found = " and ".join(str(self.location.file(layout)) for layout in there)
            raise DataError(f"{found}: a table of records or index PNGs, not both")
        return there[0] if there else "records"

    def _check_split(self, layout: str) -> None:
        """Keep two splits from being the same files."""
        path = self.location.file(layout)
        roles = ("images", layout, "members")
        if self.location.split == UNDIVIDED or not path.exists() or any(map(self._is_divided, roles)):
            return
        raise DataError(
            f"{path}: not divided into splits, so that its only split is {UNDIVIDED!r}; "
            f"the recipe asks for {self.location.split!r}"
        )

    def _is_divided(self, role: str) -> bool:
        path = self.location.file(role)
        patterns = zip(self.location.files[role], self.location.candidates(role), strict=True)
        return path.exists() and any("{split}" in pattern for pattern, candidate in patterns if candidate == path)

    def _told(self) -> Iterator[Entry | Reject]:
        seen: Counter[str] = Counter()
        for same, rows in groupby(read_records(self.location.file("records")), _picture):
            if same is None:
                yield from (row for row in rows if isinstance(row, Reject))
            else:
                records = [row for row in rows if isinstance(row, MaskRecord)]
                yield from of_one(records[0].image, self._entry(records, seen))

    def _entry(self, rows: list[MaskRecord], seen: Counter[str]) -> Iterator[Entry | Reject]:
        told: list[tuple[str, tuple[str, str, str, str | None]]] = []
        for row in rows:
            key = _key(row, seen)
            try:
                told.append((key, _texts(row)))
            except RecordError as error:
                yield Reject.of(key, error)
        if told:
            image = rows[0].image
            mask = rows[0].mask or PurePosixPath(image).with_suffix(".png").as_posix()
            payload = {"image": image, "mask": mask, "texts": [texts for _, texts in told]}
            yield Entry(tuple(key for key, _ in told), payload, self._path(image))

    def _described(self, entry: Entry) -> Iterator[Sample | Reject]:
        record = entry.payload
        mask = read_mask(self.location.file("masks") / record["mask"])
        image = self._image(record["image"], (mask.height, mask.width))
        for key, (label, query, answer, license_name) in zip(entry.keys, record["texts"], strict=False):
            words = (answer, "") if answer else ()
            yield Sample(key, image, (Region(label, mask),), query=query, answer=words, license=license_name)

    def _mapped(self) -> Iterator[Entry | Reject]:
        classes = read_classes(self.location.file("classes"))
        ignored = self.location.options.get("ignore_ids", [value for value in NO_CLASS if value not in classes])
        named = [(value, name) for value, name in sorted(classes.items()) if value not in ignored]
        images = files_by_stem([self.location.file("images")], IMAGE_SUFFIXES)
        labels = files_by_stem([self.location.file("labels")], {".png"})
        for stem in self._members(images.keys() | labels.keys()):
            try:
                image = only(images.get(stem, []), "image-missing", "image").name
                index = only(labels.get(stem, []), "no-mask", "index PNG").name
            except RecordError as error:
                yield Reject.of(key_of_stem(stem), error)
                continue
            payload = {"image": image, "labels": index, "classes": named, "ignored": list(ignored)}
            yield Entry((stem,), payload, self._path(image))

    def _members(self, stems: Iterable[str]) -> list[str]:
        """The stems of the split: those of its list in the list's order, or all in alphabetical order."""
        path = self.location.file("members")
        if not path.exists():
            return sorted(stems)
        return [line.strip() for line in decoded(read_file(path)).splitlines() if line.strip()]

    def _classified(self, entry: Entry) -> Iterator[Sample | Reject]:
        record = entry.payload
        ids = read_class_ids(self.location.file("labels") / record["labels"])
        image = self._image(record["image"], ids.shape)
        # Value 0 can be a class, and masks_of_labels leaves 0 out.
        masks = {value - 1: mask for value, mask in masks_of_labels(ids + 1).items()}
        names = dict(record["classes"])
        if unknown := sorted(masks.keys() - names.keys() - set(record["ignored"])):
            raise RecordError(
                "unknown-category", f"{record['labels']}: value {unknown[0]} is neither a class nor ignored"
            )
        regions = [Region(names[value], mask) for value, mask in masks.items() if value in names]
        if not regions:
            raise RecordError("no-target", f"{record['labels']} holds no class, only {sorted(masks)}")
        regions.sort(key=lambda region: -region.mask.area)
        covered = sum(region.mask.area for region in regions)
        yield Sample(
            entry.keys[0],
            image,
            tuple(regions),
            categories=tuple(dict.fromkeys(names.values())),
            notes={"void-pixels": int(np.prod(ids.shape)) - covered},
        )

    def _image(self, name: str, shape: tuple[int, ...]) -> Image:
        width, height = size_of(self.location.file("images") / name)
        if shape != (height, width):
            raise RecordError("size-mismatch", f"{name} is {width} x {height}, its mask is {shape[1]} x {shape[0]}")
        return Image(self._path(name), width, height)

    def _path(self, name: str) -> str:
        """An image's path relative to the data root."""
        return (self.location.file("images") / name).relative_to(self.location.data_root).as_posix()


def _picture(row: MaskRecord | Reject) -> tuple[str, str | None] | None:
    """The image and mask of a record: successive records of the same share an entry."""
    return None if isinstance(row, Reject) else (row.image, row.mask)


def _key(row: MaskRecord, seen: Counter[str]) -> str:
    stem = PurePosixPath(row.image).with_suffix("").as_posix()
    seen[stem] += 1
    return f"{stem}-{seen[stem] - 1}" if row.id in (None, "") else str(row.id)


def _texts(row: MaskRecord) -> tuple[str, str, str, str | None]:
    """What the region is called, what is asked for, the answer or nothing, and the licence."""
    answer = text_of(row.answer, "answer") if row.answer else ""
    return *row.words(), answer, row.license
