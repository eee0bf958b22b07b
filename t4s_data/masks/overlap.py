"""A mask and the cells of a canvas on one image: how many pixels they share, from run lengths alone."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from t4s_data.masks.canvas import by_side, cell_edges
from t4s_data.masks.mask import Bools, Mask
from t4s_data.masks.rle import Ints

UNIT = 10**12
"""IoUs are added up as whole multiples of one in so many, so that sums do not depend on their order."""


def iou_units(common: int, either: int) -> int:
    """The IoU of two sets of pixels, in whole units of one in :data:`UNIT`, rounded down.

    >>> iou_units(1, 4) / UNIT
    0.25
    """
    return UNIT * common // either


def overlap(mask: Mask, grid: Bools) -> tuple[int, int]:
    """Pixels in both the mask and the grid, bool (n, n), spread over its image, and pixels in either.

    Their ratio for a mask's own grid is the best IoU that any text on this canvas can reach.

    A stroke of the mask from ``start`` to ``end`` in one column of pixels shares with the grid the set pixels above
    ``end`` less those above ``start``; both are looked up. In 4 x 6 pixels with the one cell (0, 0) of 2 x 2 set,
    rows 1 to 3 of column 1 (2 set pixels above row 3, 1 above row 1) share one pixel with it.

    >>> overlap(Mask.from_polygons([[1, 1, 4, 1, 4, 3, 1, 3]], 4, 6), np.array([[True, False], [False, False]]))
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
