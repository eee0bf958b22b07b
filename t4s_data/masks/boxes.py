"""Boxes in pixels or cells: left, top, right and bottom; in pixels the right and bottom ends are exclusive."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from t4s_data.masks.mask import Bools

Box = tuple[int, int, int, int]


def tight_box(mask: Bools) -> Box | None:
    """The box of the set pixels of an array, bool (height, width); None if there are none.

    >>> tight_box(np.array([[False, False, False], [False, True, True]]))
    (1, 1, 3, 2)
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1) if len(rows) else None


def around(boxes: Sequence[Box]) -> Box | None:
    """The smallest box that holds all of them; None for none.

    >>> around([(0, 0, 2, 2), (5, 1, 6, 9)])
    (0, 0, 6, 9)
    """
    if not boxes:
        return None
    left, top, right, bottom = zip(*boxes, strict=True)
    return min(left), min(top), max(right), max(bottom)


def passes_half(one: Box, other: Box) -> bool:
    """Whether the IoU of two boxes, left, top, right and bottom in pixels, is more than 0.5.

    >>> passes_half((0, 0, 10, 10), (0, 0, 10, 20)), passes_half((0, 0, 10, 11), (0, 0, 10, 20))
    (False, True)
    """
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    common = max(width, 0) * max(height, 0)
    return 2 * common > _area(one) + _area(other) - common


def _area(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])
