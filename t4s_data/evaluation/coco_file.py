"""Decoded masks as one JSON file in COCO's instances format, which pycocotools loads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from pycocotools import mask as coco

from t4s_data.evaluation.answers import Answer, Found


class CocoFile:
    """Collects answers and writes them.

    An answer is an image, its id in ``record`` and the kinds of its repairs in ``repairs``; a region is an
    annotation with compressed RLE, its area in pixels and its box [x, y, width, height] as it was written;
    a label is a category, numbered from 1 in the order they come.
    """

    def __init__(self) -> None:
        self._images: list[dict[str, Any]] = []
        self._annotations: list[dict[str, Any]] = []
        self._categories: dict[str, int] = {}

    def add(self, name: str, answer: Answer, size: tuple[int, int], path: str | None) -> None:
        """Take over one answer about an image of that height and width, at that path if it is known."""
        image: dict[str, Any] = {"id": len(self._images) + 1, "file_name": path or name}
        kinds = list(dict.fromkeys(repair.kind for repair in answer.repairs))
        self._images.append({**image, "height": size[0], "width": size[1], "record": name, "repairs": kinds})
        self._annotations += self._regions(image["id"], answer.regions)

    def write(self, path: Path) -> None:
        """Write the file."""
        categories = [{"id": number, "name": label} for label, number in self._categories.items()]
        whole = {"images": self._images, "annotations": self._annotations, "categories": categories}
        path.write_bytes(msgspec.json.encode(whole) + b"\n")

    def _regions(self, image: int, regions: Sequence[Found]) -> list[dict[str, Any]]:
        first = len(self._annotations) + 1
        return [self._region(region, first + number, image) for number, region in enumerate(regions)]

    def _region(self, region: Found, number: int, image: int) -> dict[str, Any]:
        rle = coco.encode(np.asfortranarray(region.cover.dense(), dtype=np.uint8))
        left, top, right, bottom = region.box
        return {
            "id": number,
            "image_id": image,
            "category_id": self._categories.setdefault(region.label, len(self._categories) + 1),
            "segmentation": {"size": rle["size"], "counts": rle["counts"].decode("ascii")},
            "area": region.cover.area,
            "bbox": [left, top, right - left, bottom - top],
            "iscrowd": 0,
        }
