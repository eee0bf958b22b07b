"""The regions of a row as masks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

from t4s_data.corpus.row import RowRegion
from t4s_data.errors import CorpusError
from t4s_data.masks.canvas import REMEMBERED
from t4s_data.masks.mask import Mask


class Regioned(Protocol):
    """What a row says of its regions."""

    @property
    def id(self) -> str:
        """The row's id, for messages."""

    @property
    def regions(self) -> Sequence[RowRegion]:
        """The regions, in the order of the answer."""

    @property
    def width(self) -> int | None:
        """The image's width in pixels; known where there is a region."""

    @property
    def height(self) -> int | None:
        """The image's height in pixels; known where there is a region."""


def masks_of(row: Regioned) -> tuple[Mask, ...]:
    """The masks of a row's regions.

    Raises:
        CorpusError: run lengths that do not cover the image, or regions without the size of an image.
    """
    try:
        return tuple(_mask(region.rle, row.height or 0, row.width or 0) for region in row.regions)
    except ValueError as error:
        raise CorpusError(f"row {row.id!r}: a region's {error}") from None


@lru_cache(REMEMBERED)
def _mask(rle: str, height: int, width: int) -> Mask:
    # The writer made them canonical: only what a damaged file would break is checked again.
    mask = Mask(height, width, rle.encode())
    try:
        # The last character must end a number: pycocotools reads on until one does.
        is_whole = mask.counts[-1] < ord("P") and len(mask.runs) > 1 and mask.runs.min() >= 0
        is_whole = is_whole and int(mask.runs.sum()) == height * width
    except IndexError:
        is_whole = False
    if not is_whole:
        raise ValueError(f"run lengths do not cover {height} x {width} pixels")
    return mask
