"""Laws of descriptors: what is worked out once and put together is what the codec writes and the tokenizer counts."""

from __future__ import annotations

import numpy as np
import pytest

from t4s_data.codecs.codec import codec_of
from t4s_data.codecs.spec import CodecSpec
from t4s_data.masks.canvas import grid_of
from t4s_data.masks.mask import Mask
from t4s_data.sample import Region
from t4s_data.tokens.descriptors import describe
from t4s_data.tokens.tokenizers import load_tokenizer

CODECS = [
    codec_of(CodecSpec()),
    codec_of(CodecSpec(), masks=False),
    codec_of(CodecSpec(n=16, bricks="off", row_separator="none")),
    codec_of(CodecSpec(name="isd", n=16)),
]


def masks():
    rng = np.random.default_rng(3)
    return [Mask.from_dense(rng.random((50, 70)) < share) for share in (0.001, 0.2, 0.6, 0.9)]


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
def test_descriptors_are_the_codec_s_and_their_lengths_the_tokenizer_s(codec):
    tokenizer = load_tokenizer("qwen2", codec.vocabulary)
    for labels in (["a", "b", "c", "d"], ["the man's <hat>, in front", "b", "b", "\N{SNOWMAN}"]):
        regions = [Region(label, mask) for label, mask in zip(labels, masks(), strict=True)]
        found = describe(codec, tokenizer, regions)
        expected = codec.encode([(region.label, grid_of(region.mask, codec.n).grid) for region in regions])
        assert [descriptor.text for descriptor in found] == expected
        assert [descriptor.tokens for descriptor in found] == [tokenizer.count(text) for text in expected]


def test_without_regions_only_a_map_is_written():
    described = [describe(codec, load_tokenizer("qwen2", codec.vocabulary), []) for codec in CODECS]
    assert [len(found) for found in described] == [0, 0, 0, 1]
    assert described[-1][0].text == "<seg>" + "\n".join(["others*16"] * 16) + "</seg>"
