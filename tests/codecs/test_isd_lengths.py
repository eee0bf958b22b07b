"""Law: counting without writing gives what counting the written text gives."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from t4s_data.codecs.isd import ImageCodec
from t4s_data.codecs.labels import normalize_for_image
from t4s_data.errors import RecordError
from t4s_data.masks.mask import Mask
from t4s_data.tokens.tokenizers import QwenTokenizer, load_tokenizer

ODD = (
    "cat",
    "it's",
    "'s",
    "x!",
    "dog.",
    "#1",
    "12",
    "player 12",
    "²",
    "日本語",
    "e\u0301",
    "\u0338x",
    "*",
    "a*3",
    "-",
    "’s",
    "<b>",
)


def tokenizer() -> QwenTokenizer:
    found = load_tokenizer("qwen2", ["<seg>", "</seg>"])
    assert isinstance(found, QwenTokenizer)
    return found


@st.composite
def regions(draw: st.DrawFn, n: int) -> list[tuple[str, Mask]]:
    found = []
    for _ in range(draw(st.integers(0, 3))):
        text = draw(st.sampled_from(ODD) | st.text(max_size=12))
        try:
            label = normalize_for_image(text).text
        except RecordError:
            continue
        cells = np.array(draw(st.lists(st.booleans(), min_size=n * n, max_size=n * n))).reshape(n, n)
        cells[draw(st.integers(0, n - 1)), 0] = True
        found.append((label, Mask.from_dense(cells)))
    return found


@given(st.data())
def test_it_agrees_with_the_text(data: st.DataObject):
    n = data.draw(st.sampled_from([2, 3, 11]))
    variant = data.draw(st.sampled_from(["full", "i-rle", "r-rle"]))
    dialect = data.draw(st.sampled_from(["paper", "released"]))
    codec = ImageCodec(n, variant, dialect)
    drawn = data.draw(regions(n))
    text = codec.encode([(label, mask.dense()) for label, mask in drawn])[0]
    found = codec.token_count(drawn, tokenizer().count, digits_alone=True)
    assert found in {None, tokenizer().count(text)}
    assert variant == "full" or found is not None


def test_long_runs_have_all_their_digits():
    mask = Mask.from_dense(np.tri(200, 200, -150))
    for variant in ("i-rle", "r-rle"):
        codec = ImageCodec(200, variant)
        text = codec.encode([("cat", mask.dense())])[0]
        counted = codec.token_count([("cat", mask)], tokenizer().count, digits_alone=True)
        assert counted == tokenizer().count(text)
