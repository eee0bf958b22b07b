"""The lengths of a conversation, added up from pieces that are cut beside tokens of the vocabulary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from t4s_data.tokens.tokenizers import IMAGE, Tokenizer


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """Text tokens of one row: of its descriptors alone, of the assistant's turns, of all turns."""

    descriptor: int
    answer: int
    total: int


def conversation_tokens(
    tokenizer: Tokenizer, asked: Iterable[str], answers: Iterable[Sequence[str]], described: int = 0
) -> TokenCounts:
    """The token counts of a conversation whose descriptors have ``described`` tokens together.

    ``asked`` are the turns that are not the assistant's, without their image places. ``answers`` are the
    assistant's, each as its words around its descriptors: the i-th before descriptor i, the last one after
    all. A descriptor begins and ends with a token of the tokenizer's vocabulary, which is what makes the sum
    of the pieces the whole's length.

    >>> from t4s_data.tokens.tokenizers import load_tokenizer
    >>> tokenizer = load_tokenizer("qwen2", ["<seg>", "</seg>", "<fg1>"])
    >>> described = tokenizer.count("<seg><fg1></seg>")
    >>> conversation_tokens(tokenizer, ["Where?"], [("Here: ", ".")], described)
    TokenCounts(descriptor=3, answer=7, total=9)
    """
    questions = sum(count_words(tokenizer, text.replace(IMAGE, "")) for text in asked)
    around = sum(
        count_words(tokenizer, text, after=number > 0) for answer in answers for number, text in enumerate(answer)
    )
    return TokenCounts(described, described + around, described + around + questions)


@lru_cache(1 << 12)
def count_words(tokenizer: Tokenizer, text: str, *, after: bool = False) -> int:
    """Tokens of words that stand beside descriptors or alone; ``after`` one, if they are not the turn's first."""
    if not text:
        return 0
    if not after:
        return tokenizer.count(text)
    # Some tokenizers treat the beginning of a text in a way of its own: words after a descriptor do not stand there.
    return tokenizer.count(tokenizer.vocabulary[0] + text) - 1
