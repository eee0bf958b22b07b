"""The tokens of ``tokens/`` in a Qwen tokenizer, added as each trainer adds them.

ms-swift calls ``add_special_tokens`` with the lines of the text file, LLaMA-Factory ``add_tokens(special_tokens=True)``
with the keys of the YAML, our own script (for LLaVA, Qwen-VL, InternVL and TRL) the same with its lines read as JSON.
Both calls end in the library's special tokens, matched in the text as it is; ``add_tokens`` alone ends in ordinary
ones, matched after NFC.
"""

from __future__ import annotations

import json
import re
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer

from t4s_data.codecs.bsd import BoxCodec
from t4s_data.codecs.labels import neutralize, normalize
from t4s_data.errors import RecordError
from t4s_data.tokens.vocabulary import write_vocabulary

REPO = Path(__file__).resolve().parents[2]
ENTRY = re.compile(r"<ref>(.*?)</ref><box>.*?</box>(?:<seg>.*?</seg>)?", re.DOTALL)


def like_ms_swift(tokenizer: Tokenizer, folder: Path) -> None:
    tokenizer.add_special_tokens((folder / "new_special_tokens.txt").read_text().split())


def like_llama_factory(tokenizer: Tokenizer, folder: Path) -> None:
    described = yaml.safe_load((folder / "new_special_tokens.yaml").read_text())
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in described])


def like_our_script(tokenizer: Tokenizer, folder: Path) -> None:
    read = runpy.run_path(str(REPO / "manifests/training/add_tokens.py"))["read_descriptions"]
    tokenizer.add_special_tokens(list(read(folder / "new_special_tokens.yaml")))


def like_plain_transformers(tokenizer: Tokenizer, folder: Path) -> None:
    tokenizer.add_tokens(json.loads((folder / "new_special_tokens.json").read_text()))


WAYS = [like_ms_swift, like_llama_factory, like_our_script, like_plain_transformers]


@pytest.fixture(scope="module", params=WAYS, ids=lambda way: way.__name__)
def qwen(request: pytest.FixtureRequest, qwen_json: Path, corpora: dict[str, Path]) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(qwen_json))
    request.param(tokenizer, corpora["path"] / "tokens")
    return tokenizer


@pytest.fixture(scope="module")
def tokens(corpora: dict[str, Path]) -> tuple[str, ...]:
    return tuple((corpora["path"] / "tokens/new_special_tokens.txt").read_text().split())


def ids_of(tokenizer: Tokenizer, text: str) -> list[int]:
    return tokenizer.encode(text, add_special_tokens=False).ids


def text_of(tokenizer: Tokenizer, ids: list[int]) -> str:
    return tokenizer.decode(ids, skip_special_tokens=False)


def added_in(tokenizer: Tokenizer, tokens: tuple[str, ...], text: str) -> list[str]:
    """The new tokens that a text holds."""
    return [token for token in tokenizer.encode(text, add_special_tokens=False).tokens if token in set(tokens)]


def test_every_brick_and_tag_is_one_token_and_a_new_one(qwen: Tokenizer, tokens: tuple[str, ...], qwen_json: Path):
    plain = Tokenizer.from_file(str(qwen_json))
    found = [ids_of(qwen, token) for token in tokens]
    assert all(len(ids) == 1 for ids in found)
    assert len({ids[0] for ids in found}) == len(tokens) == 132
    assert min(ids[0] for ids in found) == plain.get_vocab_size()
    assert all(len(ids_of(plain, token)) > 1 for token in tokens)


def test_every_text_of_the_corpus_comes_back(qwen: Tokenizer, rows: dict[str, list[dict]]):
    for row in rows["train"] + rows["val"]:
        for turn in row["messages"]:
            assert text_of(qwen, ids_of(qwen, turn["content"])) == turn["content"]


def test_an_answer_holds_the_tokens_it_spells_and_a_brick_is_never_cut(
    qwen: Tokenizer, tokens: tuple[str, ...], rows: dict[str, list[dict]]
):
    spelled = re.compile("|".join(map(re.escape, tokens)))
    for row in rows["train"]:
        for turn in row["messages"]:
            assert added_in(qwen, tokens, turn["content"]) == spelled.findall(turn["content"])


def test_no_other_text_of_the_corpus_holds_one(
    qwen: Tokenizer, tokens: tuple[str, ...], rows: dict[str, list[dict]], small: Any
):
    rest = [ENTRY.sub("", turn["content"]) for row in rows["train"] for turn in row["messages"]]
    labels = [region["label"] for row in rows["train"] for region in row["regions"]]
    assert "a <seg> sign" in small.WORDS
    assert any("‹seg> sign" in text for text in labels)
    assert [added_in(qwen, tokens, text) for text in rest + labels] == [[]] * len(rest + labels)


@pytest.mark.parametrize("rule", [normalize, neutralize])
def test_no_text_holds_one_once_it_is_safe(qwen: Tokenizer, tokens: tuple[str, ...], rule: Callable):
    pieces = st.sampled_from([*tokens[:12], "<", ">", "fg1", "</", "ref", "|", " ", "\n", "̸", "́", "é", "a", "﹤", "＜"])

    @given(st.lists(pieces | st.text(max_size=3), max_size=12).map("".join))
    def law(text: str) -> None:
        try:
            safe = rule(text).text
        except RecordError:
            return
        assert added_in(qwen, tokens, safe) == []

    law()


def test_bare_bricks_are_found_inside_words_and_labels_do_not_stop_it(qwen_json: Path, tmp_path: Path):
    codec = BoxCodec(bricks="bare")
    tokens = codec.vocabulary
    write_vocabulary(tmp_path, {token: codec.meaning(token) for token in tokens})
    tokenizer = Tokenizer.from_file(str(qwen_json))
    like_ms_swift(tokenizer, tmp_path)
    assert added_in(tokenizer, tokens, "cfg12") == ["fg12"]
    assert added_in(tokenizer, tokens, normalize("the cfg12.yaml on screen bg1").text) == ["fg12", "bg1"]
    # Lossless all the same: what is lost is that a word is spelled by its own tokens.
    assert text_of(tokenizer, ids_of(tokenizer, "cfg12")) == "cfg12"
