"""From an answer's text to regions of an image: the way back from a corpus's rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from t4s_data.codecs.codec import Codec
from t4s_data.codecs.decoded import DecodedRegion, Repair
from t4s_data.masks.boxes import Box, around, tight_box
from t4s_data.masks.canvas import box_pixels
from t4s_data.masks.cover import Cover, GridCover, PixelCover, united
from t4s_data.masks.mask import Bools

Size = tuple[int, int]
"""Height and width of an image in pixels."""


class Found(NamedTuple):
    """A region that an answer names: its label, its box and its mask, both in pixels of the image.

    ``box`` is left, top, and (exclusive) right and bottom: the box as written, or of a refined mask the
    tight one.
    """

    label: str
    box: Box
    cover: Cover


@dataclass(frozen=True, slots=True)
class Answer:
    """The regions of an answer in the order of its text, and the repairs that were needed to read it."""

    regions: tuple[Found, ...]
    repairs: tuple[Repair, ...] = ()

    @property
    def cover(self) -> Cover | None:
        """All regions' pixels; None if the answer sets none, which says that there is no target."""
        return united([region.cover for region in self.regions])

    @property
    def box(self) -> Box | None:
        """The box around all regions' boxes, in pixels; None if there is no region."""
        return around([region.box for region in self.regions])


class Reader(NamedTuple):
    """How answers are read: by the rules of a codec, strictly or with repairs, with a refiner or as they are.

    ``refine`` takes and gives the pixels of one region, bool (height, width).
    """

    codec: Codec
    repair: bool = True
    refine: Callable[[Bools], Bools] | None = None

    def read(self, text: str, size: Size) -> Answer:
        """The regions of an answer about an image of that size.

        Raises:
            CodecError: the text deviates from what the codec writes, and repairs are not wanted.
        """
        decoded = self.codec.decode_answer(text, repair=self.repair)
        return Answer(tuple(self._found(region, size) for region in decoded.regions), decoded.repairs)

    def _found(self, region: DecodedRegion, size: Size) -> Found:
        box = box_pixels(region.box, self.codec.n, *size)
        cover = GridCover(region.grid, *size)
        if self.refine is None:
            return Found(region.label, box, cover)
        refined = self.refine(cover.dense())
        return Found(region.label, tight_box(refined) or box, PixelCover(refined))
