"""After normalizing, a label holds nothing that a codec, tokenizer or trainer would take for its own."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from t4s_data.codecs.labels import is_normal, neutralize, normalize, normalize_for_image
from t4s_data.errors import RecordError

RESERVED = [
    *("<ref>", "</ref>", "<box>", "</box>", "<seg>", "</seg>"),
    *("<fg1>", "<bg63>", "<fg12345678901234567890>", "<bg0>"),
    *("<image>", "<video>", "<audio>", "<bbox>", "<ref-object>"),
    *("<|im_start|>", "<|endoftext|>", "<|vision_start|>", "<|reserved_special_token_7|>"),
]
ORDINARY = [
    "<b>",
    "a < b",
    "<3",
    "cfg12",
    "fg12",
    "<fg>",
    "<fgx>",
    "<SEG>",
    "< seg >",
    "<|",
    "|>",
    "<| |>",
    "x || y",
    "<image",
]
pieces = st.sampled_from(
    [*RESERVED, *ORDINARY, *"<>|/sega *\n\t\u200b\u200d\u0301\u0338\xad\x00\ud800é", "se", "fg", "others"]
)
texts = st.lists(pieces | st.characters(), max_size=12).map("".join)


def normal(text: str, rule=normalize) -> str:
    try:
        return rule(text).text
    except RecordError as error:
        assume(error.reason != "no-texts")
        raise


@pytest.mark.parametrize("mark", RESERVED)
def test_each_reserved_mark_is_neutralized_and_counted(mark: str) -> None:
    for rule in (normalize, neutralize):
        assert rule(f"the {mark}{mark} one") == (f"the \u2039{mark[1:]}\u2039{mark[1:]} one", 2)


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert normalize(text) == (text, 0)
    assert neutralize(text) == (text, 0)


@given(texts)
@example("<se<seg>g>")
@example("<se\x00g>")
@example("<se\u200bg>")
@example("<|a<|b|>|>")
@example("e\u200b\u0301")
def test_normalizing_twice_changes_nothing(text: str) -> None:
    once = normal(text)
    assert normalize(once) == (once, 0)
    assert is_normal(once)


@given(texts)
@example("<|seg>")
@example("<|/seg>")
@example("|others|")
def test_normalizing_for_images_twice_changes_nothing(text: str) -> None:
    once = normal(text, normalize_for_image)
    assert normalize_for_image(once) == (once, 0)
    assert is_normal(once, normalize_for_image)
    assert is_normal(once)


@given(texts)
def test_a_label_is_one_visible_line_of_nfc_text(text: str) -> None:
    label = normal(text)
    assert label == " ".join(label.split()) != ""
    assert unicodedata.is_normalized("NFC", label)
    assert not {unicodedata.category(char) for char in label} & {"Cc", "Cs", "Zl", "Zp"}
    assert set(label) & set(map(chr, [0x200B, 0x202E, 0x2066, 0xFEFF, 0xAD])) == set()
    label.encode()


@given(texts)
def test_no_reserved_mark_is_left(text: str) -> None:
    exact = re.compile("|".join(map(re.escape, RESERVED)) + r"|<\|\w+\|>|<[fb]g\d+>", re.ASCII)
    assert not exact.search(neutralize(text).text)
    label = normal(text)
    assert not exact.search(label)
    assert not exact.search(normal(text, normalize_for_image))


@given(texts)
def test_a_conversation_changes_only_in_its_reserved_marks(text: str) -> None:
    found = neutralize(text)
    changed = [(old, new) for old, new in zip(text, found.text, strict=True) if old != new]
    assert len(changed) == found.reserved
    assert all(
        (old, new) in {("<", "\u2039"), ("[", "\uff3b")} or (new == "\ufffd" and unicodedata.category(old)[0] == "C")
        for old, new in changed
    )
    assert neutralize(found.text) == (found.text, 0)
    found.text.encode()


@given(texts)
def test_no_label_for_images_holds_the_separator_or_the_background(text: str) -> None:
    label = normal(text, normalize_for_image)
    assert "|" not in label
    assert label != "others"


def test_case_wording_and_joiners_stay() -> None:
    text = "The Man's ‘RED’ shirt 👩\u200d🚀 می\u200cخواهم"
    assert normalize(text) == (text, 0)


def test_white_space_of_every_kind_collapses() -> None:
    assert normalize(" a\t\tb\xa0c\u2028d\x1ce\r\nf\u3000").text == "a b c d e f"


def test_composed_and_decomposed_spellings_are_one_label() -> None:
    assert normalize("cafe\u0301").text == normalize("café").text


@pytest.mark.parametrize("text", ["", " \n\t", "\x00\x07", "\u200b\u2060", "\ud800", "\u200d\u200c"])
def test_a_label_of_nothing_visible_is_no_text(text: str) -> None:
    for rule in (normalize, normalize_for_image):
        with pytest.raises(RecordError) as caught:
            rule(text)
        assert caught.value.reason == "no-texts"
        caught.value.detail.encode()
    assert not is_normal(text)


def test_what_the_image_form_changes_is_counted() -> None:
    assert normalize_for_image("a|b|c") == ("a/b/c", 2)
    assert normalize_for_image(" others ") == ("other", 1)
    assert normalize_for_image("Others") == ("Others", 0)


PUBLISHED = {
    "Llama 2": "<unk> <s> </s> [INST] [/INST] <<SYS>> <</SYS>>",
    "Llama 3": "<|begin_of_text|> <|end_of_text|> <|start_header_id|> <|eot_id|> <|eom_id|> <|python_tag|> <|image|> "
    "<|reserved_special_token_0|> <|finetune_right_pad_id|>",
    "Qwen2-VL, Qwen3-VL": "<|endoftext|> <|im_start|> <|im_end|> <|object_ref_start|> <|box_start|> <|quad_start|> "
    "<|vision_start|> <|vision_pad|> <|image_pad|> <|video_pad|> <tool_call> </tool_call> <|fim_pad|> <|repo_name|> "
    "<|file_sep|> <tool_response> </tool_response> <think> </think>",
    "InternVL2, InternVL3": "<img> </img> <IMG_CONTEXT> <quad> </quad> <ref> </ref> <box> </box> <|action_start|> "
    "<|action_end|> <|interpreter|> <|plugin|> [UNUSED_TOKEN_145]",
    "Gemma 3": "<pad> <eos> <bos> <unk> <mask> [multimodal] <unused0> <unused6226> <start_of_turn> <end_of_turn> "
    "<start_of_image> <end_of_image> <image_soft_token> [@BOS@]",
    "DeepSeek-VL2": "<|ref|> <|/ref|> <|det|> <|/det|> <|grounding|> <|User|> <|Assistant|> <image> "
    "<\uff5cbegin\u2581of\u2581sentence\uff5c> <\uff5c\u2581pad\u2581\uff5c>",
    "Phi 3.5, Phi 4": "<s> </s> <|system|> <|user|> <|assistant|> <|end|> <|image_1|> <|placeholder1|> <|im_sep|>",
    "Mistral, Pixtral": "[INST] [/INST] [AVAILABLE_TOOLS] [/AVAILABLE_TOOLS] [TOOL_RESULTS] [/TOOL_RESULTS] "
    "[TOOL_CALLS] [IMG] [IMG_BREAK] [IMG_END] [PREFIX] [MIDDLE] [SUFFIX] [SYSTEM_PROMPT] [/SYSTEM_PROMPT] "
    "[TOOL_CONTENT] [AUDIO] [BEGIN_AUDIO] [ARGS] [CALL_ID] [THINK] [/THINK]",
    "LLaVA": "<image> <im_start> <im_end> <im_patch> <image-placeholder>",
}
"""Special tokens that model families publish with their tokenizers (`tokenizer_config.json`, `added_tokens.json`,
mistral-common's `SpecialTokens`, LLaVA's `constants.py`)."""


@pytest.mark.parametrize("family", PUBLISHED)
def test_no_special_token_of_a_family_stays_in_a_label_or_a_conversation(family):
    for mark in PUBLISHED[family].split():
        assert neutralize(f"a {mark} b").reserved == 1, mark
        assert mark not in normalize(f"a {mark} b").text
