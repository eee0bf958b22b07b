"""A source in one file: a CSV table of boxes, ``image,width,height,left,top,right,bottom,name``."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from t4s_data.errors import RecordError
from t4s_data.files.location import Location
from t4s_data.masks.mask import Mask
from t4s_data.sample import Entry, Image, Region, Reject, Sample


@dataclass(frozen=True)
class BoxTable:
    location: Location

    manifest: ClassVar[dict[str, Any]] = {
        "name": "box-table",
        "title": "Table of boxes",
        "layout": "box-table",
        "root": "boxes",
        "images": "{root}/images",
        "files": {"table": {"path": "{root}/{split}.csv"}},
        "other_splits": True,
        "tasks": {"referring-segmentation": 1, "referring-comprehension": 0},
        "get": "ask a colleague",
        "license_annotations": {"text": "ours"},
        "options": {"prefix": "stands before every name"},
    }

    def inputs(self) -> list[Path]:
        return [self.location.file("table")]

    def entries(self) -> Iterator[Entry | Reject]:
        with self.inputs()[0].open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.DictReader(file)):
                yield Entry((str(number),), row, self.location.image_path(row["image"]))

    def samples(self, entry: Entry) -> Iterator[Sample | Reject]:
        row = entry.payload
        try:
            width, height, left, top, right, bottom = (
                int(row[key]) for key in ("width", "height", "left", "top", "right", "bottom")
            )
        except ValueError as error:
            raise RecordError("bad-type", str(error)) from None
        name = self.location.options.get("prefix", "") + row["name"]
        mask = Mask.from_window(np.ones((bottom - top, right - left), dtype=bool), (top, left), height, width)
        image = Image(self.location.image_path(row["image"]), width, height)
        yield Sample(entry.keys[0], image, regions=(Region(name, mask),), query=name)
