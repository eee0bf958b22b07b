"""Panoptic segments of a scene: what of it is seen, pixel by pixel."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from t4s_data.choice import draw
from t4s_data.synthetic.scenes.catalog import Category
from t4s_data.synthetic.scenes.outlines import Ring, points_of
from t4s_data.synthetic.scenes.painter import back_to_front
from t4s_data.synthetic.scenes.scene import Scene, Thing

COLORS = 2**24 - 1


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment: its id in the PNG, and its tight box (left, top, width, height) and area in pixels."""

    id: int
    category: Category
    thing: Thing | None
    box: tuple[int, int, int, int]
    area: int

    def row(self) -> dict[str, Any]:
        """An item of `segments_info`."""
        crowd = int(self.thing is not None and self.thing.crowd)
        return {
            "id": self.id,
            "category_id": self.category.id,
            "iscrowd": crowd,
            "bbox": list(self.box),
            "area": self.area,
        }


@dataclass(frozen=True, slots=True)
class Panoptic:
    """The visible segments of a scene and its id image as a PNG file."""

    segments: tuple[Segment, ...]
    png: bytes


def panoptic(scene: Scene) -> Panoptic:
    """The segments of a scene; a seam along outlines and one blind spot belong to none (id 0)."""
    layers = _layers(scene)
    labels = _painted(scene, layers)
    ids = _ids(scene, len(layers))
    areas = np.bincount(labels.ravel(), minlength=len(layers) + 1)
    segments = tuple(
        Segment(int(ids[label]), layer.category, layer.thing, _box(labels == label), int(areas[label]))
        for label, layer in enumerate(layers, 1)
        if areas[label]
    )
    return Panoptic(segments, _png(labels, ids))


def class_map(scene: Scene, numbers: Mapping[str, int]) -> NDArray[np.uint8]:
    """The number of the class seen at each pixel, uint8 (H, W), by the classes' names; 0 where there is none."""
    layers = _layers(scene)
    lookup = np.array([0, *(numbers[layer.category.name] for layer in layers)], dtype=np.uint8)
    return lookup[_painted(scene, layers)]


@dataclass(frozen=True, slots=True)
class _Layer:
    category: Category
    thing: Thing | None
    rings: tuple[Ring, ...]


def _layers(scene: Scene) -> list[_Layer]:
    """What is painted over each other: stuff, crowds, things."""
    things = (*scene.crowds, *back_to_front(scene))
    return [_Layer(stuff.category, None, (stuff.ring,)) for stuff in scene.stuff] + [
        _Layer(thing.category, thing, thing.rings) for thing in things
    ]


def _painted(scene: Scene, layers: list[_Layer]) -> NDArray[np.uint8]:
    """The number of the uppermost layer at each pixel, uint8 (H, W), from 1; 0 is void."""
    width, height = scene.frame.width, scene.frame.height
    image = Image.new("L", (width, height))
    pen = ImageDraw.Draw(image)
    for label, layer in enumerate(layers, 1):
        for ring in layer.rings:
            pen.polygon(points_of(ring), fill=label)
            if label > len(scene.stuff):
                pen.line([*points_of(ring), *points_of(ring[:1])], fill=0, width=3)
        if label == len(scene.stuff):
            # A blind spot over the background: what annotators could not name.
            x, y = (draw(0, "void", scene.frame.pool, str(scene.frame.number), axis) / 2**64 for axis in "xy")
            pen.ellipse((x * width * 0.7, y * height * 0.7, (x * 0.7 + 0.3) * width, (y * 0.7 + 0.3) * height), fill=0)
    return np.asarray(image)


def _ids(scene: Scene, layers: int) -> NDArray[np.int64]:
    """A distinct color number for each layer, 0 for void."""
    start = draw(0, "segment", scene.frame.pool, str(scene.frame.number)) % COLORS
    return np.array([0, *(1 + (start + 2_654_435 * layer) % COLORS for layer in range(layers))])


def _box(mask: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    left, top = int(columns[0]), int(rows[0])
    return left, top, int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top


def _png(labels: NDArray[np.uint8], ids: NDArray[np.int64]) -> bytes:
    colors = np.stack([ids % 256, ids // 256 % 256, ids // 65536], axis=-1).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(colors[labels]).save(file, "PNG", compress_level=1)
    return file.getvalue()
