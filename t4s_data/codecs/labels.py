"""The one place where labels and other source texts are made safe to stand beside descriptors."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from itertools import groupby
from typing import NamedTuple

from t4s_data.errors import RecordError
from t4s_data.reading.reserved import FOREIGN_PATTERN, PATTERN

BACKGROUND = "others"
"""What a cell in no region reads in image-wise descriptors."""

# Terminals and editors act on control characters, and marks of direction show a text in another order than it has.
_CONTROLS = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069]"
_SURROGATES = r"[\ud800-\udfff]"
_RESERVED = re.compile("|".join((PATTERN, _CONTROLS, _SURROGATES)))
_FOREIGN = re.compile("|".join((FOREIGN_PATTERN, _CONTROLS, _SURROGATES)))
_OPENING = {"<": "\u2039", "[": "\uff3b"}
_MOST_MARKS = 32
_JOINERS = "\u200c\u200d"


class Label(NamedTuple):
    """A text that may stand in an answer, and how many reserved marks had to be neutralized in it."""

    text: str
    reserved: int


def normalize(text: str) -> Label:
    """A label as descriptors hold it: one line of NFC text without reserved or invisible marks.

    White space collapses to single spaces. Control characters go (Unicode Cc), and with them format
    characters (Cf: zero-width and direction marks, which make labels differ that look the same) but
    for the two joiners that spell words and emoji, and lone surrogates (Cs), which no file can hold.
    The ``<`` of a reserved mark (:data:`t4s_data.reading.reserved.RESERVED`) becomes U+2039, its ``[``
    U+FF3B. Case and wording stay. Reserved marks are matched as
    tokenizers and trainers match them, in their exact case. Raises :class:`RecordError` ``no-texts``
    if nothing is left. Normalizing twice changes nothing.

    >>> normalize("the  <seg>left\\tone")
    Label(text='the ‹seg>left one', reserved=1)
    """
    if text.isascii() and text.isprintable() and "<" not in text and "[" not in text:
        label = Label(" ".join(text.split()), 0)
    else:
        visible = nfc("".join(map(_visible, text)))
        label = neutralize(" ".join(visible.split()))
    if not label.text.strip(_JOINERS):
        raise RecordError("no-texts", f"no visible character in label {text[:60]!r}")
    return label


def normalize_for_image(text: str) -> Label:
    """A label as image-wise descriptors hold it: also without their separator and their background's name.

    >>> normalize_for_image("left|right"), normalize_for_image("others").text
    (Label(text='left/right', reserved=1), 'other')
    """
    bars = text.count("|")
    label = normalize(text.replace("|", "/"))
    if label.text == BACKGROUND:
        return Label("other", label.reserved + bars + 1)
    return Label(label.text, label.reserved + bars)


def neutralize(text: str) -> Label:
    """A text kept as it is but for its reserved marks, whose ``<`` becomes U+2039.

    Lone surrogates, which no file can hold, become U+FFFD, and so do control characters but for tabs and line
    breaks, and overrides of direction. All of them count as reserved too.

    >>> neutralize("a <image>\\n<b>  <fg12>")
    Label(text='a ‹image>\\n<b>  ‹fg12>', reserved=2)
    """
    return Label(*_RESERVED.subn(_neutral, text))


def neutralizer_of(vocabulary: Sequence[str]) -> Callable[[Label], Label]:
    """A function that neutralizes tokens of plugged-in codecs, which the rules here do not know.

    A mark begins with ``<``; other tokens are words, which any text may hold.

    >>> neutralizer_of(["<seg>", "<hex>"])(Label("a <hex>", 0))
    Label(text='a ‹hex>', reserved=1)
    """
    marks = [re.escape(token) for token in vocabulary if token.startswith("<") and not _RESERVED.fullmatch(token)]
    if not marks:
        return lambda label: label
    pattern = re.compile("|".join(marks))

    def neutral(label: Label) -> Label:
        text, found = pattern.subn(_neutral, label.text)
        return Label(text, label.reserved + found)

    return neutral


def neutralizer_beside(kept: Collection[str]) -> Callable[[str], Label]:
    """A function like :func:`neutralize` for texts with descriptors in them.

    It leaves the codecs' own marks, and those that are ``kept`` although a family of models has them too.

    >>> neutralizer_beside(["<seg>", "<box>", "<image>"])("<image> <seg> <box> </s>")
    Label(text='<image> <seg> <box> ‹/s>', reserved=1)
    """
    shared = "|".join(re.escape(mark) for mark in kept if _FOREIGN.fullmatch(mark))
    pattern = re.compile(f"(?!{shared})(?:{_FOREIGN.pattern})") if shared else _FOREIGN
    return lambda text: Label(*pattern.subn(_neutral, text))


def is_normal(text: str, rule: Callable[[str], Label] = normalize) -> bool:
    """Whether the rule (``normalize`` or ``normalize_for_image``) leaves the text as it is."""
    try:
        return rule(text).text == text
    except RecordError:
        return False


def _neutral(mark: re.Match[str]) -> str:
    first = mark[0][0]
    return _OPENING[first] + mark[0][1:] if first in _OPENING else "\ufffd"


def nfc(text: str) -> str:
    """The text in Unicode's normal form C, in time that is linear in its length.

    Python sorts combining marks by insertion, so that a long run of them takes the square of its length; sorted
    before, it does not.

    >>> nfc("e\u0301") == "\u00e9"
    True
    """
    if text.isascii():
        return text
    if _longest_run(text) > _MOST_MARKS:
        text = _sorted_marks("".join(unicodedata.normalize("NFD", char) for char in text))
    return unicodedata.normalize("NFC", text)


def _longest_run(text: str) -> int:
    """The length of the longest run of combining marks, where it could be too long at all."""
    if len(text) <= _MOST_MARKS:
        return 0
    longest = run = 0
    for char in text:
        run = run + 1 if char >= "\u0300" and unicodedata.combining(char) else 0
        longest = max(longest, run)
    return longest


def _sorted_marks(text: str) -> str:
    runs = groupby(text, key=lambda char: unicodedata.combining(char) > 0)
    return "".join("".join(sorted(run, key=unicodedata.combining) if marks else run) for marks, run in runs)


def _visible(char: str) -> str:
    if char.isspace():
        return " "
    category = unicodedata.category(char)
    return "" if category in {"Cc", "Cs"} or (category == "Cf" and char not in _JOINERS) else char
