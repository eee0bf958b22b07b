"""What a prediction covers of an image: a grid spread over it, or the pixels that a refiner gave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Protocol, Self

import numpy as np

from t4s_data.masks.canvas import cell_edges, pixels
from t4s_data.masks.mask import Bools, Mask
from t4s_data.masks.overlap import overlap


class Cover(Protocol):
    """A set of pixels that, unlike a :class:`Mask`, may be empty."""

    @property
    def area(self) -> int:
        """Number of pixels."""

    def __bool__(self) -> bool:
        """Whether there is any pixel."""

    def overlap(self, mask: Mask) -> tuple[int, int]:
        """Pixels in both this and a mask of the same image, and pixels in either."""

    def dense(self) -> Bools:
        """The pixels, bool (height, width)."""

    def __or__(self, other: Self) -> Self:
        """The pixels of either; both come from one answer, so they are of one kind."""


@dataclass(frozen=True, slots=True, eq=False)
class GridCover:
    """A grid, bool (n, n), spread over an image of ``height`` x ``width`` pixels; only :meth:`dense` makes its pixels.

    >>> half = GridCover(np.array([[True, False], [True, False]]), 4, 10)
    >>> half.area, half.overlap(Mask.from_dense(np.ones((4, 10))))
    (20, (20, 40))
    """

    grid: Bools
    height: int
    width: int

    @property
    def area(self) -> int:
        """Number of pixels."""
        n = len(self.grid)
        return int(np.diff(cell_edges(n, self.height)) @ self.grid @ np.diff(cell_edges(n, self.width)))

    def __bool__(self) -> bool:
        """Whether there is any pixel; on an image smaller than the canvas, a set cell may have none."""
        return bool(self.grid.any()) and self.area > 0

    def overlap(self, mask: Mask) -> tuple[int, int]:
        """Pixels in both this and a mask of the same image, and pixels in either."""
        return overlap(mask, self.grid)

    def dense(self) -> Bools:
        """The pixels, bool (height, width)."""
        return pixels(self.grid, self.height, self.width)

    def __or__(self, other: GridCover) -> GridCover:
        """The pixels of either."""
        return GridCover(self.grid | other.grid, self.height, self.width)


@dataclass(frozen=True, slots=True, eq=False)
class PixelCover:
    """Pixels as they are, bool (height, width)."""

    array: Bools

    @property
    def area(self) -> int:
        """Number of pixels."""
        return int(np.count_nonzero(self.array))

    def __bool__(self) -> bool:
        """Whether there is any pixel."""
        return bool(self.array.any())

    def overlap(self, mask: Mask) -> tuple[int, int]:
        """Pixels in both this and a mask of the same image, and pixels in either."""
        common = int(np.count_nonzero(self.array & mask.dense()))
        return common, self.area + mask.area - common

    def dense(self) -> Bools:
        """The pixels, bool (height, width)."""
        return self.array

    def __or__(self, other: PixelCover) -> PixelCover:
        """The pixels of either."""
        return PixelCover(self.array | other.array)


def united(covers: Sequence[Cover]) -> Cover | None:
    """The union of the regions that one answer names; None if there is no region or none has a pixel."""
    return reduce(or_, covers) or None if covers else None
