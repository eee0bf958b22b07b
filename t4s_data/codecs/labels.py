"""The one place where labels and other source texts are made safe to stand beside descriptors."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import NamedTuple

from t4s_data.errors import RecordError

BACKGROUND = "others"
"""What a cell in no region reads in image-wise descriptors."""

_TAGS = r"</?(?:ref|box|seg)>"
_BRICKS = r"<[fb]g[0-9]+>"
_PLACEHOLDERS = r"<(?:image|video|audio|bbox|ref-object)>"
_CHAT_CONTROL = r"<\|[^\s<>|]+\|>"
_SURROGATES = r"[\ud800-\udfff]"
_RESERVED = re.compile("|".join((_TAGS, _BRICKS, _PLACEHOLDERS, _CHAT_CONTROL, _SURROGATES)))
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
    The ``<`` of a reserved mark becomes U+2039. Case and wording stay. Reserved marks are matched as
    tokenizers and trainers match them, in their exact case. Raises :class:`RecordError` ``no-texts``
    if nothing is left. Normalizing twice changes nothing.

    >>> normalize("the  <seg>left\\tone")
    Label(text='the ‹seg>left one', reserved=1)
    """
    if text.isascii() and text.isprintable() and "<" not in text:
        label = Label(" ".join(text.split()), 0)
    else:
        visible = unicodedata.normalize("NFC", "".join(map(_visible, text)))
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

    Lone surrogates, which no file can hold, become U+FFFD and count as reserved too.

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


def is_normal(text: str, rule: Callable[[str], Label] = normalize) -> bool:
    """Whether the rule (``normalize`` or ``normalize_for_image``) leaves the text as it is."""
    try:
        return rule(text).text == text
    except RecordError:
        return False


def _neutral(mark: re.Match[str]) -> str:
    return "\u2039" + mark[0][1:] if mark[0][0] == "<" else "\ufffd"


def _visible(char: str) -> str:
    if char.isspace():
        return " "
    category = unicodedata.category(char)
    return "" if category in {"Cc", "Cs"} or (category == "Cf" and char not in _JOINERS) else char
