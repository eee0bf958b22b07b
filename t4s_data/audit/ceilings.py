"""What decoding the encoded truth reaches: no model can do better on a canvas of that size."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import msgspec
import numpy as np

from t4s_data.masks.canvas import box_pixels, by_side, cell_box, cell_edges, grid_of
from t4s_data.masks.mask import Bools, Ints, Mask, union

CANVASES = (16, 24, 32, 48, 64, 80)
"""The canvas sizes of the Text4Seg++ paper's Figure 7."""

SIZES = {"tiny": 0, "small": 5, "medium": 20, "large": 100}
"""Size classes of regions: the smallest share of the image's pixels of each, in thousandths."""

UNIT = 10**9
"""IoUs are summed as integers in units of 1 / UNIT, since sums of floats depend on their order."""


class Ceiling(msgspec.Struct):
    """Sums over regions, or over rows with their regions united.

    ``iou`` is in units of :data:`UNIT`, each rounded down; ``common`` and ``either`` are pixels; ``boxes``
    counts those whose decoded box has an IoU above 0.5 with the true one; ``rescued`` those that
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
        """The mean of the IoUs, exact to one in :data:`UNIT`."""
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
    common, either = _overlap(mask, cells.grid)
    box = box_pixels(cell_box(cells.grid), n, mask.height, mask.width)
    return Ceiling(1, UNIT * common // either, common, either, int(_boxes_agree(box, mask.box)), int(cells.rescued))


def row_ceiling(masks: Sequence[Mask], n: int) -> Ceiling:
    """The ceiling of a row whose regions are taken together, as gIoU takes them; boxes are left out."""
    if not masks:
        return NO_TARGET
    if len(masks) == 1:
        return region_ceiling(masks[0], n)
    grid = np.logical_or.reduce([grid_of(mask, n).grid for mask in masks])
    common, either = _overlap(union(masks), grid)
    return Ceiling(1, UNIT * common // either, common, either)


def _overlap(mask: Mask, grid: Bools) -> tuple[int, int]:
    """As :func:`t4s_data.masks.canvas.overlap`, several times faster where a mask is laid on several canvases.

    A stroke of the mask from ``start`` to ``end`` in one column of pixels shares with the grid the set pixels above
    ``end`` less those above ``start``; both are looked up. In 4 x 6 pixels with the one cell (0, 0) of 2 x 2 set,
    rows 1 to 3 of column 1 (2 set pixels above row 3, 1 above row 1) share one pixel with it.

    >>> _overlap(Mask.from_polygons([[1, 1, 4, 1, 4, 3, 1, 3]], 4, 6), np.array([[True, False], [False, False]]))
    (2, 10)
    """
    n = len(grid)
    columns, ends = _strokes(mask)
    axis = _axis(n, mask.height)
    # (n columns, n+1 rows) The set pixels above each cell of its column, and whether the cell is set itself. The row
    # past the last, which no cell has, is where a stroke to the bottom edge ends.
    above = np.zeros((n, n + 1), dtype=np.int64)
    is_set = np.zeros((n, n + 1), dtype=bool)
    is_set[:, :n] = grid.T
    np.cumsum(is_set[:, :n] * axis.heights, axis=1, out=above[:, 1:])
    # (2 * strokes,) The cell that each end and each start lies in, and the set pixels above that very pixel.
    cell = (columns * n // mask.width) * (n + 1) + axis.cell.take(ends)
    passed = above.take(cell) + is_set.take(cell) * axis.within.take(ends)
    half = len(passed) // 2
    common = int(passed[:half].sum() - passed[half:].sum())
    covered = int(above[:, -1] @ _axis(n, mask.width).heights)
    return common, mask.area + covered - common


@lru_cache(8)
def _strokes(mask: Mask) -> tuple[Ints, Ints]:
    """The mask as vertical strokes, none of which passes the end of a column: columns and bounds, int64 (2 * strokes,).

    The first half holds the strokes' ends (exclusive), the second their starts, as rows; the columns stand twice.

    >>> [part.tolist() for part in _strokes(Mask.from_polygons([[1, 1, 4, 1, 4, 3, 1, 3]], 4, 6))]
    [[1, 2, 3, 1, 2, 3], [3, 3, 3, 1, 1, 1]]
    """
    height = mask.height
    ends = mask.runs.cumsum()
    starts, ends = ends[:-1:2], ends[1::2]
    # (runs,) The first column of each run of set pixels, and how many columns it touches.
    first = starts // height
    strokes = (ends - 1) // height - first + 1
    # (strokes,) The run that each stroke is cut from, and its column: it counts up from the run's first.
    run = np.arange(len(starts)).repeat(strokes)
    column = np.arange(len(run)) + (first - strokes.cumsum() + strokes).take(run)
    zero = column * height
    bounds = (np.minimum(ends.take(run) - zero, height), np.maximum(starts.take(run) - zero, 0))
    return np.concatenate([column, column]), np.concatenate(bounds)


class _Axis(NamedTuple):
    """One side of an image in cells.

    ``heights`` are the pixels of each cell, int64 (n,); ``cell`` and ``within`` are each pixel's cell and its place
    there, int64 (length+1,), the last for the end of the side.
    """

    heights: Ints
    cell: Ints
    within: Ints


@by_side
def _axis(n: int, length: int) -> _Axis:
    edges = cell_edges(n, length)
    cell = np.arange(length + 1) * n // length
    return _Axis(np.diff(edges), cell, np.arange(length + 1) - edges[cell])


def _boxes_agree(one: Sequence[int], other: Sequence[int]) -> bool:
    """Whether two boxes (left, top, and exclusive right and bottom) have an IoU above one half."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    common = max(width, 0) * max(height, 0)
    either = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)) - common
    return 2 * common > either
