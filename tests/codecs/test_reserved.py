"""Marks of any model's chat template, control characters and long runs of marks in texts from the data."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from t4s_data.codecs.labels import neutralize, nfc, normalize
from t4s_data.tokens.tokenizers import load_tokenizer

TEXT = """
<s> </s> <unk> [INST] [/INST] <<SYS>> <</SYS>> <img> </img> <IMG_CONTEXT> <quad> </quad> <tool_call> </tool_call>
<tool_response> <think> </think> <bos> <eos> <pad> <start_of_turn> <end_of_turn> <start_of_image> <image_soft_token>
<|im_start|> <|im_end|> <|begin_of_text|> <|eot_id|> <|vision_start|> <\uff5cbegin\u2581of\u2581sentence\uff5c>
<\uff5cUser\uff5c> [IMG] [IMG_BREAK] [IMG_END] [TOOL_CALLS] [AVAILABLE_TOOLS] [/AVAILABLE_TOOLS] <image> <seg> <fg3>
"""
MARKS = TEXT.split()


@pytest.mark.parametrize("mark", MARKS)
def test_a_mark_of_any_family_is_neutralized_and_counted(mark: str):
    for rule in (normalize, neutralize):
        text, reserved = rule(f"the {mark} cup")
        assert reserved == 1
        assert mark not in text
        assert rule(text) == (text, 0)


@pytest.mark.parametrize("text", ["a [INSTANT] cup", "x < s > y", "[1, 2]", "<b>bold</b>", "a <section>"])
def test_what_only_looks_like_one_stays(text: str):
    assert neutralize(text) == (text, 0)
    assert normalize(text) == (text, 0)


def test_control_characters_and_overrides_of_direction_are_not_kept_in_conversations():
    text, reserved = neutralize("a\0b\x1b[31mc\u202ed\u2066e\x7f\tf\n\u200dg\r\n")
    assert text == "a\ufffdb\ufffd[31mc\ufffdd\ufffde\ufffd\tf\n\u200dg\r\n"
    assert reserved == 5


LETTERS = st.characters(min_codepoint=0x2F0, max_codepoint=0x370) | st.sampled_from("ae\u1100\u1161")
ACCENTS = st.text(LETTERS, max_size=90)


@given(ACCENTS)
def test_marks_in_any_order_have_the_normal_form_that_unicode_gives_them(text: str):
    assert nfc(text) == unicodedata.normalize("NFC", text)


def test_a_long_run_of_combining_marks_takes_no_square_of_its_length():
    # One mark of class 232 before each of class 220: every one has to pass all of the others.
    assert len(nfc("a" + "\u0315\u0316" * 200_000)) == 400_001


@pytest.mark.parametrize("space", [" ", "\t", "\u3000", "\r\n", "\u00a0"])
def test_a_million_spaces_are_counted(space: str):
    tokenizer = load_tokenizer("qwen2", ["<fg1>"])
    text = f"left{space * 1_000_000}one"
    assert 0 < tokenizer.count(text) == len(tokenizer.encode(text))
    short = f"left{space * 99}one"
    assert tokenizer.count(short) == len(tokenizer.encode(short))
