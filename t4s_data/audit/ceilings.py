"""What decoding the encoded truth reaches: no model can do better on a canvas of that size."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import msgspec
import numpy as np

from t4s_data.masks.boxes import passes_half
from t4s_data.masks.canvas import box_pixels, cell_box, grid_of
from t4s_data.masks.mask import Mask, union
from t4s_data.masks.overlap import UNIT, iou_units, overlap

CANVASES = (16, 24, 32, 48, 64, 80)
"""The canvas sizes of the Text4Seg++ paper's Figure 7."""

SIZES = {"tiny": 0, "small": 5, "medium": 20, "large": 100}
"""Size classes of regions: the smallest share of the image's pixels of each, in thousandths."""


class Ceiling(msgspec.Struct):
    """Sums over regions, or over rows with their regions united.

    ``iou`` is in units of :data:`t4s_data.masks.overlap.UNIT`, each rounded down; ``common`` and ``either`` are
    pixels; ``boxes`` counts those whose decoded box has an IoU above 0.5 with the true one; ``rescued`` those that
    sampling missed.
    """

    count: int = 0
    iou: int = 0
    common: int = 0
    either: int = 0
    boxes: int = 0
    rescued: int = 0

    def add(self, other: Ceiling) -> None:
        """Add the sums of another."""
        self.count += other.count
        self.iou += other.iou
        self.common += other.common
        self.either += other.either
        self.boxes += other.boxes
        self.rescued += other.rescued

    @property
    def mean_iou(self) -> float:
        """The mean of the IoUs, exact to one in :data:`t4s_data.masks.overlap.UNIT`."""
        return self.iou / (self.count * UNIT)

    @property
    def cumulative_iou(self) -> float:
        """All common pixels over all pixels in either; 1 where there is no pixel."""
        return self.common / self.either if self.either else 1.0


NO_TARGET = Ceiling(count=1, iou=UNIT)
"""The ceiling of a row without regions: an answer that names none is decoded exactly."""


def size_class(mask: Mask) -> str:
    """The class of a mask's share of its image, from :data:`SIZES`."""
    share = 1000 * mask.area // (mask.height * mask.width)
    return next(name for name, least in reversed(SIZES.items()) if share >= least)


@lru_cache(1024)
def region_ceiling(mask: Mask, n: int) -> Ceiling:
    """The ceiling of one region on an n x n canvas; cached, so callers must not change it."""
    cells = grid_of(mask, n)
    common, either = overlap(mask, cells.grid)
    box = box_pixels(cell_box(cells.grid), n, mask.height, mask.width)
    return Ceiling(1, iou_units(common, either), common, either, int(passes_half(box, mask.box)), int(cells.rescued))


def row_ceiling(masks: Sequence[Mask], n: int) -> Ceiling:
    """The ceiling of a row whose regions are taken together, as gIoU takes them; boxes are left out."""
    if not masks:
        return NO_TARGET
    if len(masks) == 1:
        return region_ceiling(masks[0], n)
    grid = np.logical_or.reduce([grid_of(mask, n).grid for mask in masks])
    common, either = overlap(union(masks), grid)
    return Ceiling(1, iou_units(common, either), common, either)
