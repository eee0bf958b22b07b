"""Regions written by a codec, with their lengths: what rows on the same mask share is worked out once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from t4s_data.codecs.protocol import Codec, RegionCodec, by_region
from t4s_data.masks.canvas import REMEMBERED, cells_of
from t4s_data.masks.mask import Mask
from t4s_data.sample import Region
from t4s_data.tokens.counting import count_words
from t4s_data.tokens.tokenizers import Tokenizer


class Descriptor(NamedTuple):
    """A descriptor and its length in tokens."""

    text: str
    tokens: int


def describe(codec: Codec, tokenizer: Tokenizer, regions: Sequence[Region]) -> list[Descriptor]:
    """The descriptors of regions with normalized labels: one each (box-wise) or one for all (image-wise)."""
    if by_region(codec):
        return [_entry(codec, tokenizer, region) for region in regions]
    texts = codec.encode([(region.label, cells_of(region.mask, codec.n).grid) for region in regions])
    return [Descriptor(text, tokenizer.count(text)) for text in texts]


def _entry(codec: RegionCodec, tokenizer: Tokenizer, region: Region) -> Descriptor:
    body = _body(codec, tokenizer, region.mask)
    before, after = codec.affixes(region.label)
    # An entry is cut beside its body, which begins and ends with tokens of the vocabulary, so the lengths add up.
    around = count_words(tokenizer, before) + count_words(tokenizer, after)
    return Descriptor(before + body.text + after, around + body.tokens)


@lru_cache(REMEMBERED)
def _body(codec: RegionCodec, tokenizer: Tokenizer, mask: Mask) -> Descriptor:
    text = codec.body(cells_of(mask, codec.n).grid)
    return Descriptor(text, tokenizer.count(text))
