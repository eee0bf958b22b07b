"""Regions written by a codec, with their lengths: what rows on the same mask share is worked out once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from t4s_data.codecs.codec import BoxCodec, Codec
from t4s_data.masks.canvas import Cells, cell_box, grid_of
from t4s_data.masks.mask import Mask
from t4s_data.sample import Region
from t4s_data.tokens.tokenizers import Tokenizer

REMEMBERED = 256
"""Masks that are remembered: more than the regions of an image, so that another task or pass finds them."""


class Descriptor(NamedTuple):
    """A descriptor and its length in tokens."""

    text: str
    tokens: int


def describe(codec: Codec, tokenizer: Tokenizer, regions: Sequence[Region]) -> list[Descriptor]:
    """The descriptors of regions with normalized labels: one each (box-wise) or one for all (image-wise)."""
    if isinstance(codec, BoxCodec):
        return [_entry(codec, tokenizer, region) for region in regions]
    texts = codec.encode([(region.label, cells_of(region.mask, codec.n).grid) for region in regions])
    return [Descriptor(text, tokenizer.count(text)) for text in texts]


@lru_cache(REMEMBERED)
def cells_of(mask: Mask, n: int) -> Cells:
    """The cells of a mask on an n x n canvas."""
    return grid_of(mask, n)


@lru_cache(REMEMBERED)
def columns_of(mask: Mask, n: int) -> dict[str, Any]:
    """A region's columns but for its label, not to be changed: all rows on a mask share them."""
    cells = cells_of(mask, n)
    return {"box": list(cell_box(cells.grid)), "rle": mask.rle, "area": mask.area, "rescued": cells.rescued}


def _entry(codec: BoxCodec, tokenizer: Tokenizer, region: Region) -> Descriptor:
    body = _body(codec, tokenizer, region.mask)
    # An entry is cut where its body begins, beside tokens of the vocabulary, so that the lengths add up.
    head = _count(tokenizer, f"<ref>{region.label}</ref>")
    return Descriptor(codec.entry(region.label, body.text), head + body.tokens)


@lru_cache(REMEMBERED)
def _body(codec: BoxCodec, tokenizer: Tokenizer, mask: Mask) -> Descriptor:
    text = codec.body(cells_of(mask, codec.n).grid)
    return Descriptor(text, tokenizer.count(text))


@lru_cache(1 << 12)
def _count(tokenizer: Tokenizer, text: str) -> int:
    return tokenizer.count(text)
