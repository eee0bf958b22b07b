"""The tokens of ``tokens/`` in a Qwen tokenizer, added as each trainer adds them.

ms-swift calls ``add_special_tokens`` with the lines of the text file, LLaMA-Factory ``add_tokens(special_tokens=True)``
with the keys of the YAML: both end in special tokens. Our own script (for LLaVA, Qwen-VL, InternVL and TRL) and the
page in ``tokens/`` add ordinary ones; all of these are matched in the text as it is. ``add_tokens`` with bare strings
ends in ordinary ones that are matched after NFC.
"""

from __future__ import annotations

import contextlib
import json
import re
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer

from t4s_data.codecs.bsd import BoxCodec
from t4s_data.codecs.codec import from_name
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


def like_our_script(tokenizer: Any, folder: Path) -> None:
    script = runpy.run_path(str(REPO / "manifests/training/add_tokens.py"))
    script["add_tokens"](tokenizer, script["read_descriptions"](folder / "new_special_tokens.yaml"))


def like_our_page(tokenizer: Any, folder: Path, model: Any = None) -> None:
    """The Python of the page that lies in the folder, run beside it."""
    (code,) = re.findall(r"```python\n(.*?)```", (folder / "README.md").read_text(), re.DOTALL)
    sized = tokenizer if hasattr(tokenizer, "__len__") else Sized(tokenizer)
    with contextlib.chdir(folder.parent):
        exec(code, {"tokenizer": sized, "model": model or Model(200_000)})


def like_plain_transformers(tokenizer: Tokenizer, folder: Path) -> None:
    tokenizer.add_tokens(json.loads((folder / "new_special_tokens.json").read_text()))


class Sized:
    """A tokenizer of the library below transformers with the length that transformers gives it."""

    def __init__(self, inner: Tokenizer) -> None:
        self.add_tokens = inner.add_tokens
        self._inner = inner

    def __len__(self) -> int:
        return self._inner.get_vocab_size()


class Model:
    """A model as far as its embedding goes."""

    def __init__(self, rows: int) -> None:
        self.weight = np.zeros((rows, 1))

    def get_input_embeddings(self) -> Model:
        return self

    def resize_token_embeddings(self, rows: int) -> None:
        self.weight = np.zeros((rows, 1))


ORDINARY = [like_our_script, like_our_page, like_plain_transformers]
SPECIAL = [like_ms_swift, like_llama_factory]
WAYS = [*SPECIAL, *ORDINARY]


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


def decoded_masks(tokenizer: Any, rows: dict[str, list[dict]]) -> list[bool]:
    """Of each answer with masks, whether decoding without special tokens gives back the text and its masks."""
    found = []
    for row in rows["train"] + rows["val"]:
        answer, codec = row["messages"][-1]["content"], row["codec"]
        if not row["regions"] or not codec.startswith("bsd"):
            continue
        ids = tokenizer.encode(answer, add_special_tokens=False)
        text = tokenizer.decode(getattr(ids, "ids", ids), skip_special_tokens=True)
        found.append(text == answer and masks_in(text, codec) == masks_in(answer, codec) != [])
    assert len(found) >= 16
    return found


def masks_in(text: str, codec: str) -> list[tuple[str, bytes]]:
    return [
        (region.label, region.grid.tobytes()) for region in from_name(codec).decode_answer(text, repair=True).regions
    ]


@pytest.mark.parametrize("way", ORDINARY)
def test_masks_survive_decoding_without_special_tokens(way: Callable, qwen_json: Path, corpora: Any, rows: Any):
    tokenizer = Tokenizer.from_file(str(qwen_json))
    way(tokenizer, corpora["path"] / "tokens")
    assert all(decoded_masks(tokenizer, rows))


@pytest.mark.parametrize("way", SPECIAL)
def test_trainers_that_insist_on_special_tokens_lose_masks_so(way: Callable, qwen_json: Path, corpora: Any, rows: Any):
    tokenizer = Tokenizer.from_file(str(qwen_json))
    way(tokenizer, corpora["path"] / "tokens")
    assert not any(decoded_masks(tokenizer, rows))


@pytest.mark.parametrize("way", [like_our_script, like_our_page])
def test_ordinary_and_special_tokens_have_the_same_ids(way: Callable, qwen_json: Path, corpora: Any, rows: Any):
    ordinary, special = (Tokenizer.from_file(str(qwen_json)) for _ in range(2))
    way(ordinary, corpora["path"] / "tokens")
    like_ms_swift(special, corpora["path"] / "tokens")
    texts = [turn["content"] for row in rows["train"] for turn in row["messages"]]
    assert [ids_of(ordinary, text) for text in texts] == [ids_of(special, text) for text in texts]


@pytest.mark.parametrize(("rows_before", "rows_after"), [(152_064, 152_064), (151_000, None)])
def test_the_page_never_makes_an_embedding_smaller(
    rows_before: int, rows_after: int | None, qwen_json: Path, corpora: dict[str, Path]
):
    tokenizer, model = Tokenizer.from_file(str(qwen_json)), Model(rows_before)
    like_our_page(tokenizer, corpora["path"] / "tokens", model)
    assert len(model.weight) == (rows_after or tokenizer.get_vocab_size())


@pytest.mark.slow
@pytest.mark.parametrize("way", [like_our_script, like_our_page])
def test_masks_survive_in_transformers_own_tokenizer(
    way: Callable, qwen_json: Path, corpora: Any, rows: Any, tmp_path: Path
):
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=str(qwen_json))
    way(tokenizer, corpora["path"] / "tokens")
    tokenizer.save_pretrained(tmp_path)
    assert all(decoded_masks(transformers.AutoTokenizer.from_pretrained(tmp_path), rows))


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
