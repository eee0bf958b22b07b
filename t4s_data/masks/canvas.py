"""The canvas: a mask sampled into a grid of N x N cells, and cells back to pixels."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import NamedTuple, TypeVar

import numpy as np

from t4s_data.errors import CodecError
from t4s_data.masks.boxes import Box
from t4s_data.masks.mask import Bools, Mask
from t4s_data.masks.rle import Ints

REMEMBERED = 256
"""Masks that are remembered: more than the regions of an image, so that another task or pass finds them."""
T = TypeVar("T")

_SHORT_SIDE = 2048


class Cells(NamedTuple):
    """A region on the canvas: ``grid`` (n, n) bool, and whether sampling missed it (then one cell is set)."""

    grid: Bools
    rescued: bool


def sample_positions(n: int, length: int) -> Ints:
    """The pixel that each of n cells samples along a side of so many pixels, int64 (n,).

    Nearest neighbor by the rule ``((2i+1)*length) // (2n)``, which is what the released Text4Seg
    scripts get from Pillow.

    >>> sample_positions(4, 10).tolist()
    [1, 3, 6, 8]
    """
    return (2 * np.arange(n) + 1) * length // (2 * n)


def cell_edges(n: int, length: int) -> Ints:
    """The first pixel of each cell and the end of the last, int64 (n+1,): pixel p belongs to cell ``p*n // length``.

    >>> cell_edges(4, 10).tolist()
    [0, 3, 5, 8, 10]
    """
    return -(-np.arange(n + 1) * length // n)


def grid_of(mask: Mask, n: int) -> Cells:
    """The cells of a mask: set where the sampled pixel is, found from run lengths alone.

    A mask with no sampled pixel gets the one cell that holds most of its pixels, the first in raster
    order on a tie.

    >>> grid_of(Mask.from_polygons([[0, 0, 5, 0, 5, 10, 0, 10]], 10, 10), 2).grid.tolist()
    [[True, False], [True, False]]
    """
    grid = _sampled(mask, n)
    if grid.any():
        return Cells(grid, False)
    grid.flat[pixels_per_cell(mask, n).argmax()] = True
    return Cells(grid, True)


@lru_cache(REMEMBERED)
def cells_of(mask: Mask, n: int) -> Cells:
    """What :func:`grid_of` gives, cached for the masks used last, so callers must not change it."""
    return grid_of(mask, n)


def pixels_per_cell(mask: Mask, n: int) -> Ints:
    """How many pixels of the mask lie in each cell, int64 (n, n), found from run lengths alone.

    >>> pixels_per_cell(Mask.from_polygons([[1, 1, 4, 1, 4, 3, 1, 3]], 4, 6), 2).tolist()
    [[2, 1], [2, 1]]
    """
    height, width = mask.height, mask.width
    ends = mask.runs.cumsum()
    # Runs cut where a column of pixels ends, (strokes,), then each stroke cut where a row of cells ends, (pieces,).
    _, column, top, bottom = _cut(ends[:-1:2], ends[1::2], np.arange(width + 1) * height)
    run, row, top, bottom = _cut(top - column * height, bottom - column * height, cell_edges(n, height))
    # Each piece lies in one cell: its length is added up there.
    cell = row * n + (column * n // width)[run]
    return np.bincount(cell, bottom - top, n * n).astype(np.int64).reshape(n, n)


def pixels(grid: Bools, height: int, width: int) -> Bools:
    """The grid spread over an image, bool (height, width): pixel (y, x) shows its cell (see :func:`cell_edges`)."""
    n = len(grid)
    return grid.repeat(np.diff(cell_edges(n, height)), axis=0).repeat(np.diff(cell_edges(n, width)), axis=1)


def box_pixels(box: Box, n: int, height: int, width: int) -> Box:
    """The pixels that a box of cells covers: left, top, and (exclusive) right and bottom.

    >>> box_pixels((1, 0, 1, 3), 4, 100, 10)
    (3, 0, 5, 100)
    """
    x1, y1, x2, y2 = box
    rows, columns = cell_edges(n, height), cell_edges(n, width)
    return int(columns[x1]), int(rows[y1]), int(columns[x2 + 1]), int(rows[y2 + 1])


def cell_box(grid: Bools) -> Box:
    """The tight box of the set cells: x1, y1, x2, y2, inclusive; raises :class:`CodecError` if none is set.

    >>> cell_box(np.array([[False, False], [False, True]]))
    (1, 1, 1, 1)
    """
    n = len(grid)
    # Searching bytes from both ends is several times faster than any() along both axes.
    by_row, by_column = grid.tobytes(), grid.T.tobytes()
    first = by_row.find(1)
    if first < 0:
        raise CodecError("an empty grid has no box")
    return by_column.find(1) // n, first // n, by_column.rfind(1) // n, by_row.rfind(1) // n


def by_side(make: Callable[[int, int], T]) -> Callable[[int, int], T]:
    """Cache a function of (n, length) with memory bounded by bytes: many results for short sides, few for long ones.

    It takes memory with the side's length, and images of ever other sizes would take all there is.
    """
    of_short, of_long = lru_cache(1 << 10)(make), lru_cache(1 << 4)(make)

    @wraps(make)
    def remembered(n: int, length: int) -> T:
        return of_short(n, length) if length <= _SHORT_SIDE else of_long(n, length)

    return remembered


class _Axis(NamedTuple):
    """Which pixels along one side of an image are sampled.

    ``picked`` is how many there are: n, or fewer where the side is shorter than the canvas and cells share a pixel.
    ``before`` counts the sampled pixels before each pixel, and ``here`` is 1 where a pixel is sampled itself, both
    int64 (length+1,). ``owners``, int64 (n,), is the rank of each cell's sampled pixel; None where each cell has
    a pixel of its own, which is nearly always.
    """

    picked: int
    before: Ints
    here: Ints
    owners: Ints | None


@by_side
def _axis(n: int, length: int) -> _Axis:
    picked, owners = np.unique(sample_positions(n, length), return_inverse=True)
    here = np.zeros(length + 1, dtype=np.int64)
    here[picked] = 1
    return _Axis(len(picked), here.cumsum() - here, here, owners if len(picked) < n else None)


def _sampled(mask: Mask, n: int) -> Bools:
    """The sampled pixels of a mask, bool (n, n), without making it dense.

    The sampled pixels alone are a small image, whose run lengths follow from those of the large one: a run there is
    as long as the number of sampled pixels that it covers. Take rows 1 and 2 of columns 1 to 3 in 4 x 6 pixels, on a
    canvas of 2 x 2 that samples rows 1, 3 and columns 1, 4:

        runs   5 unset, 2 set, 2 unset, 2 set, 2 unset, 2 set, 9 unset
        ends   5, 7, 9, 11, 13, 15, 24       column 1, 1, 2, 2, 3, 3, 6       row 1, 3, 1, 3, 1, 3, 0
        passed 0, 1, 2, 2, 2, 2, 4           sampled pixels before each end, column by column
        runs   0 unset, 1 set, 1 unset, 0 set, 0 unset, 0 set, 2 unset

    The grid is [[True, False], [False, False]]. The time is that of the runs, whatever the image's size.
    """
    rows, columns = _axis(n, mask.height), _axis(n, mask.width)
    ends = mask.runs.cumsum()
    # (runs,) Each end as a column and a row; the row by subtraction, which spares a second division.
    column = ends // mask.height
    ends -= column * mask.height
    # (runs,) Sampled pixels before each end: those above it if its own column is sampled, and all of earlier columns.
    passed = rows.before.take(ends)
    passed *= columns.here.take(column)
    passed += columns.before.take(column) * rows.picked
    lengths = passed.copy()
    lengths[1:] -= passed[:-1]
    # Column-major (picked columns, picked rows), turned into rows and columns.
    grid = _alternating(len(lengths)).repeat(lengths).reshape(columns.picked, rows.picked).T
    # On a side with fewer pixels than cells, cells that share a pixel copy it: (n, n) again.
    if rows.owners is not None:
        grid = grid[rows.owners]
    if columns.owners is not None:
        grid = grid[:, columns.owners]
    return np.ascontiguousarray(grid)


def _alternating(length: int) -> Bools:
    states = np.zeros(length, dtype=bool)
    states[1::2] = True
    return states


def _cut(starts: Ints, ends: Ints, edges: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Intervals cut at edges: for each piece its interval, the gap between edges it lies in, its start and its end.

    ``starts`` and ``ends`` (exclusive) are int64 (intervals,), ``edges`` rise; the four results are int64 (pieces,).

    >>> [part.tolist() for part in _cut(np.array([1, 6]), np.array([5, 8]), np.array([0, 4, 8]))]
    [[0, 0, 1], [0, 1, 1], [1, 4, 6], [4, 5, 8]]
    """
    # The gap that an interval begins in, and how many gaps it touches: [1, 5) begins in gap 0 and touches 2.
    first = edges.searchsorted(starts, "right") - 1
    pieces = edges.searchsorted(ends, "left") - first
    interval = np.arange(len(starts)).repeat(pieces)
    # Pieces are numbered through; less the number of its interval's first piece, each counts from that first gap.
    gap = np.arange(len(interval)) + (first - pieces.cumsum() + pieces)[interval]
    return interval, gap, np.maximum(starts[interval], edges[gap]), np.minimum(ends[interval], edges[gap + 1])
