"""What decoding gives: regions, and what had to be repaired to read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice, takewhile
from operator import eq
from typing import NamedTuple, Protocol

from t4s_data.errors import CodecError
from t4s_data.masks.canvas import Box
from t4s_data.masks.mask import Bools

KINDS: Mapping[str, str] = {
    "unknown-text": "text that is no part of a descriptor was skipped",
    "missing-tag": "an opening or closing tag was missing",
    "no-label": "an entry had no <ref>; its label is empty",
    "no-box": "an entry had no readable box: the whole canvas, or no region if it had no bricks either",
    "box-range": "a box left the canvas and was clipped",
    "box-inverted": "a box had its corners swapped",
    "no-seg": "there was no mask to read: the filled box, or no region at all (image-wise)",
    "short-row": "a row was padded with background",
    "long-row": "a row was cut, or its rest put into the next one where rows are not separated",
    "missing-rows": "rows at the end were padded with background",
    "extra-rows": "rows past the last one were skipped",
    "spelling": "everything could be read, but an encoder writes it otherwise",
}
"""The repairs that decoding may report, and what each means."""


class Repair(NamedTuple):
    """One repair: its kind from :data:`KINDS`, the character it was made at, and what was found or expected."""

    kind: str
    position: int
    detail: str


class DecodedRegion(Protocol):
    """A region read from a text."""

    @property
    def label(self) -> str:
        """The normalized label; empty where there was none."""

    @property
    def box(self) -> Box:
        """The box as written, brought onto the canvas; in image-wise descriptors the tight one."""

    @property
    def grid(self) -> Bools:
        """The set cells, bool (n, n)."""

    @property
    def span(self) -> tuple[int, int]:
        """Where the region's descriptor starts and ends in the text."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """Regions in the order of the text, and repairs by position; strict decoding leaves no repairs."""

    regions: tuple[DecodedRegion, ...]
    repairs: tuple[Repair, ...] = ()


class Piece(NamedTuple):
    """A slice of a text and what an encoder would write there; None where no encoder could have written it."""

    start: int
    end: int
    expected: str | None


def settle(text: str, pieces: Iterable[Piece], repairs: list[Repair], *, repair: bool) -> tuple[Repair, ...]:
    """Compare what was read with what an encoder would write: the repairs, or without ``repair`` a :class:`CodecError`.

    A reading is strict exactly when encoding it again gives the text, so that one reader serves both.
    """
    if repair and repairs:
        return tuple(sorted(repairs, key=_position))
    changed = (piece for piece in pieces if text[piece.start : piece.end] != piece.expected)
    deviations = [_deviation(text, piece) for piece in islice(changed, 1)]
    first = min((*deviations, *repairs), key=_position, default=None)
    if first is None:
        return ()
    if repair:
        return (first,)
    raise CodecError(first.detail, first.position)


def _position(repair: Repair) -> int:
    return repair.position


def _deviation(text: str, piece: Piece) -> Repair:
    start, end, expected = piece
    if expected is None:
        return Repair(
            "spelling", start, f"expected a label and a set cell, found {text[start : min(end, start + 60)]!r}"
        )
    same = sum(1 for _ in takewhile(bool, map(eq, text[start:end], expected)))
    # A deviation within a token is one of the whole token.
    opened = expected.rfind("<", 0, same)
    if opened > expected.rfind(">", 0, same):
        same = opened
    wanted, found = expected[same : same + 20], text[start + same : start + same + 20]
    return Repair("spelling", start + same, f"expected {wanted or 'no more text'!r}, found {found or 'the end'!r}")


def bounded(number: str, limit: int) -> int:
    """The value of ASCII digits with or without a minus, at most the limit and at least its negative.

    Reading millions of digits would take quadratic time.

    >>> bounded("007", 64), bounded("-" + "9" * 10**6, 64)
    (7, -64)
    """
    digits = number.lstrip("-0")
    value = limit if len(digits) > 9 else min(int(digits or 0), limit)
    return -value if number.startswith("-") else value
