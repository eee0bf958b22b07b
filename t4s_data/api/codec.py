"""A codec by its name: masks in, text out, and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

from t4s_data.api.given import mask_of
from t4s_data.codecs.codec import from_name
from t4s_data.codecs.decoded import DecodedRegion, Repair
from t4s_data.codecs.protocol import Codec
from t4s_data.errors import InputError, RecordError
from t4s_data.masks.canvas import Box, box_pixels, cells_of, pixels
from t4s_data.masks.mask import Bools, Mask


@dataclass(frozen=True, slots=True, eq=False)
class DecodedMask:
    """A region that a text names.

    ``mask`` are its pixels, bool (height, width). ``box`` is left, top, and (exclusive) right and bottom in pixels,
    as the text says it. ``repairs`` are what had to be mended to read it.

    >>> [region] = codec("bsd-4").decode_masks("<ref>mug</ref><box>[[0 1 2 1]]</box><seg><fg3>", height=8, width=8)
    >>> region.label, region.box, region.mask.shape, int(region.mask.sum())
    ('mug', (0, 2, 6, 4), (8, 8), 12)
    >>> len(region.repairs), region.repairs[0].kind
    (1, 'missing-tag')
    """

    label: str
    mask: Bools
    box: Box
    repairs: tuple[Repair, ...] = ()


class DecodedMasks(tuple[DecodedMask, ...]):
    """The regions of a text in its order; ``repairs`` are all of the text, also those of no region.

    >>> found = codec("bsd-4").decode_masks("A mug: <ref>mug</ref>", height=8, width=8)
    >>> len(found), [repair.kind for repair in found.repairs]
    (0, ['no-box'])
    """

    repairs: tuple[Repair, ...]

    def __new__(cls, regions: Iterable[DecodedMask], repairs: tuple[Repair, ...]) -> DecodedMasks:
        """The regions, with all repairs."""
        made = super().__new__(cls, regions)
        made.repairs = repairs
        return made


@dataclass(frozen=True, slots=True)
class MaskCodec:
    """A codec that takes and gives masks at the size of the image; :func:`codec` makes it.

    >>> import numpy as np
    >>> strip = np.zeros((4, 4), dtype=bool)
    >>> strip[1, :3] = True
    >>> text = codec("bsd-4").encode_masks([("mug", strip)])
    >>> text
    '<ref>mug</ref><box>[[0 1 2 1]]</box><seg><fg3></seg>'
    >>> [region] = codec("bsd-4").decode_masks(text, height=4, width=4)
    >>> region.label, region.box, bool((region.mask == strip).all()), region.repairs
    ('mug', (0, 1, 3, 2), True, ())
    """

    codec: Codec

    @property
    def name(self) -> str:
        """The codec's name."""
        return self.codec.name

    @property
    def n(self) -> int:
        """Canvas cells along each side."""
        return self.codec.n

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The tokens to add to a tokenizer before training."""
        return self.codec.vocabulary

    def encode_masks(
        self, regions: Iterable[tuple[str, Any]], *, height: int | None = None, width: int | None = None
    ) -> str:
        """The text of labelled regions of one image, as an answer of a corpus holds it.

        Args:
            regions: pairs of label and mask: a bool array (height, width), a COCO RLE dict, a list of polygons
                ``[x, y, ...]`` in pixels, or a :class:`~t4s_data.masks.mask.Mask`.
            height: of the image in pixels; only polygons need it.
            width: likewise.

        Raises:
            InputError: a region is none of these, sets no pixel, has no label, or is of another image's size.
        """
        if not isinstance(regions, Iterable):
            raise InputError(f"expected pairs of label and mask, as [('mug', mask)], found {type(regions).__name__}")
        read = [self._region(pair, (height, width)) for pair in regions]
        if len({(mask.height, mask.width) for _, mask in read}) > 1:
            sizes = ", ".join(sorted({f"{mask.height} x {mask.width}" for _, mask in read}))
            raise InputError(f"the regions are of images of different sizes, {sizes}: encode each image by itself")
        return "\n".join(self.codec.encode([(label, cells_of(mask, self.n).grid) for label, mask in read]))

    def decode_masks(self, text: str, *, height: int, width: int, strict: bool = False) -> DecodedMasks:
        """The regions of a text about an image of that size; there may be other words around them.

        Raises:
            InputError: the text or the size is none.
            CodecError: ``strict`` is set and the text is not what an encoder writes; else it is mended, and
                ``repairs`` say how.
        """
        if not isinstance(text, str):
            raise InputError(f"expected a text, found {type(text).__name__}; decode_masks takes one answer at a time")
        if not (isinstance(height, Integral) and isinstance(width, Integral) and min(height, width) > 0):
            raise InputError(f"expected the image's height and width in pixels, found {height!r} and {width!r}")
        found = self.codec.decode_answer(text, repair=not strict)
        regions = (self._decoded(region, found.repairs, int(height), int(width)) for region in found.regions)
        return DecodedMasks(regions, found.repairs)

    def _region(self, pair: Any, size: tuple[int | None, int | None]) -> tuple[str, Mask]:
        if not isinstance(pair, tuple | list) or len(pair) != 2 or not isinstance(pair[0], str):
            raise InputError(f"expected pairs of label and mask, as [('mug', mask)], found {type(pair).__name__}")
        try:
            return self.codec.label(pair[0]).text, mask_of(pair[1], pair[0], size)
        except RecordError as error:
            raise InputError(error.detail) from None

    def _decoded(self, region: DecodedRegion, repairs: Sequence[Repair], height: int, width: int) -> DecodedMask:
        start, end = region.span
        own = tuple(repair for repair in repairs if start <= repair.position <= end)
        box = box_pixels(region.box, self.n, height, width)
        return DecodedMask(region.label, pixels(region.grid, height, width), box, own)


def codec(name: str) -> MaskCodec:
    """The codec of a name such as ``bsd-64`` or ``isd-16-rrle``, as recipes and rows have it.

    Raises:
        CommandError: there is none of that name; says which there are.

    >>> codec("bsd-64").vocabulary[:3]
    ('<ref>', '</ref>', '<box>')
    """
    if not isinstance(name, str):
        raise InputError(f"expected a codec's name such as 'bsd-64', found {type(name).__name__}")
    return MaskCodec(from_name(name))
