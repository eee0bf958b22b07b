"""Polygons on whole pixels: inside and outline, as OpenCV's ``fillPoly`` draws them.

A worked example, the triangle (0, 0), (4, 0), (0, 2) on 3 x 6 pixels::

    edges     (0, 0)-(4, 0)       (4, 0)-(0, 2)       (0, 2)-(0, 0)
    outline   row 0, columns 0-4  (4,0) (3,1) (2,1)   column 0, rows 0-2
                                  (1,2) (0,2)
    inside    in each row, from the first edge to the second, the third to the fourth, ...:
              row 0: 0 to 4       row 1: 0 to 2       (row 2: an edge does not hold its lower end)
    together  #####.
              ####..
              ##....

The rule is that of OpenCV 4.11 to 5.0, and for polygons inside the image that of 4.5 to 4.7 as well; 4.8 to
4.10 place an edge half a pixel to the right. Source: modules/imgproc/src/drawing.cpp of github.com/opencv/opencv.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from t4s_data.errors import RecordError
from t4s_data.masks.mask import Bools
from t4s_data.masks.rle import Ints

MOST_STEPS = 1 << 23
"""Most pixels on the outline of a polygon, and most crossings of its edges with rows."""
_FRACTION = 16
"""Bits behind the point of a column at which an edge crosses a row."""
_OUTSIDE = np.array([1, 2, 4, 8])
"""Left of the image, right of it, above and below, as they add up in a point's code."""


def drawn_polygon(points: Sequence[Sequence[float]], height: int, width: int) -> Bools:
    """The pixels of a polygon, shape (height, width), from its points (x, y) in pixels, cut off to whole ones.

    One point draws a pixel and two draw a line. What lies outside the image is not drawn.

    Raises:
        RecordError: `bad-mask` without a point, with one farther outside than the image is long, or with
            more edges than can be drawn.

    >>> for row in drawn_polygon([[0, 0], [4, 0], [0, 2]], 3, 6):
    ...     print("".join(".#"[int(pixel)] for pixel in row))
    #####.
    ####..
    ##....
    """
    ends = _whole(points, max(height, width))
    starts = np.roll(ends, 1, axis=0)
    starts_inside, ends_inside, seen = _clipped(starts, ends, height, width)
    pixels = np.zeros((height, width), dtype=bool)
    columns, rows = _outline(starts_inside[seen], ends_inside[seen])
    pixels[rows, columns] = True
    _fill(pixels, starts, ends, starts_inside, ends_inside)
    return pixels


def _whole(points: Sequence[Sequence[float]], reach: int) -> Ints:
    array = np.array(points, dtype=np.float64).reshape(-1, 2)
    # Written so that a NaN, which passes no comparison, fails too.
    if not len(array) or not (-reach <= array.min() and array.max() <= 2 * reach):
        raise RecordError("bad-mask", f"a polygon of {len(array)} points is empty or lies far outside the image")
    return array.astype(np.int64)


def _quotient(numerator: Ints, denominator: Ints) -> Ints:
    """Division that cuts off, as C has it; anything where the denominator is 0."""
    safe = np.where(denominator == 0, 1, denominator)
    return np.sign(numerator) * np.sign(safe) * (np.abs(numerator) // np.abs(safe))


def _codes(points: Ints, height: int, width: int) -> Ints:
    columns, rows = points.T
    sides = np.stack([columns < 0, columns >= width, rows < 0, rows >= height], axis=1)
    return sides @ _OUTSIDE


def _clipped(starts: Ints, ends: Ints, height: int, width: int) -> tuple[Ints, Ints, Bools]:
    """Both ends of each edge moved to the image's border, and whether any of the edge is in the image.

    Rows first, then columns; an edge that is seen to miss the image is left as far as it was moved, which is
    what its crossings with rows are computed from.
    """
    moved = [starts.copy(), ends.copy()]
    sides = [_codes(points, height, width) for points in moved]
    for axis, far, mask in ((1, height - 1, 12), (0, width - 1, 3)):
        active = (sides[0] & sides[1] == 0) & (sides[0] | sides[1] != 0)
        for which in (0, 1):
            here = active & (sides[which] & mask != 0)
            code = sides[which] & mask
            border = np.where(code == _OUTSIDE[2 * axis], 0, far)
            run = moved[1] - moved[0]
            shift = _quotient((border - moved[which][:, axis]) * run[:, 1 - axis], run[:, axis])
            moved[which][here, 1 - axis] += shift[here]
            moved[which][here, axis] = border[here]
            sides[which][here] = _codes(moved[which][here], height, width) & (3 if axis else 0)
    return moved[0], moved[1], (sides[0] | sides[1]) == 0


def _outline(starts: Ints, ends: Ints) -> tuple[Ints, Ints]:
    """Columns and rows of the pixels on lines between points of the image, one step a pixel, from left to right."""
    left = np.where((ends[:, 0] < starts[:, 0])[:, None], ends, starts)
    run = np.where((ends[:, 0] < starts[:, 0])[:, None], starts, ends) - left
    length = np.abs(run)
    steep = length[:, 1] > length[:, 0]
    major, minor = length.max(axis=1), length.min(axis=1)
    # (0, 2)-(4, 0): 4 columns and 2 rows long, so 5 pixels, steps 0 to 4 along the columns.
    line, step = _counted(major + 1)
    # (pixels,) How far across: step * minor / major, halves rounded down; here 0 0 1 1 2.
    slow = -((major[line] - 2 * minor[line] * step) // np.maximum(2 * major[line], 1))
    across = np.where(steep[line], slow, step)
    down = np.where(steep[line], step, slow) * np.where(run[line, 1] < 0, -1, 1)
    return left[line, 0] + across, left[line, 1] + down


def _fill(pixels: Bools, starts: Ints, ends: Ints, starts_inside: Ints, ends_inside: Ints) -> None:
    """Set what lies between the first and second, third and fourth, ... edge in every row."""
    height, width = pixels.shape
    level = starts_inside[:, 1] == ends_inside[:, 1]
    from_row = np.where(level, starts[:, 1], starts_inside[:, 1])
    to_row = np.where(level, ends[:, 1], ends_inside[:, 1])
    # (edges,) Columns to a row, in 1/65536 of a pixel, as a whole number: (4, 0)-(0, 2) falls back 2 columns a row.
    slope = _quotient((ends_inside[:, 0] - starts_inside[:, 0]) << _FRACTION, to_row - from_row)
    falls = starts[:, 1] < ends[:, 1]
    top = np.minimum(starts[:, 1], ends[:, 1])
    origin = np.where(falls, starts_inside[:, 0], ends_inside[:, 0]) << _FRACTION
    origin += (top - np.where(falls, from_row, to_row)) * slope
    first = np.clip(top, 0, height)
    last = np.clip(np.maximum(starts[:, 1], ends[:, 1]), 0, height)
    # (crossings,) Every edge with every row that it crosses, its upper end included and its lower end not.
    edge, step = _counted(last - first)
    row = first[edge] + step
    column = origin[edge] + (row - top[edge]) * slope[edge]
    # Sorted by row and then column, crossings come in pairs: where the polygon is entered, and where it is left.
    order = np.lexsort((column, row))
    row, column = row[order][::2], column[order].reshape(-1, 2)
    left = np.clip(-(-column[:, 0] >> _FRACTION), 0, width)
    right = np.clip((column[:, 1] >> _FRACTION) + 1, 0, width)
    there = left < right
    # +1 where a stretch begins and -1 behind its end: sums along the row are above 0 inside.
    changes = np.zeros((height, width + 1), dtype=np.int32)
    np.add.at(changes, (row[there], left[there]), 1)
    np.add.at(changes, (row[there], right[there]), -1)
    pixels |= changes.cumsum(axis=1, dtype=np.int32)[:, :width] > 0


def _counted(lengths: Ints) -> tuple[Ints, Ints]:
    """Enumerate ``lengths[i]`` steps of each item i: the item's number and the step's, int64 (steps,) each."""
    total = int(lengths.sum())
    if total > MOST_STEPS:
        raise RecordError("bad-mask", f"a polygon of {len(lengths)} edges takes {total} steps to draw")
    item = np.repeat(np.arange(len(lengths)), lengths)
    return item, np.arange(total) - np.repeat(lengths.cumsum() - lengths, lengths)
