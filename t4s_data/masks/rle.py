"""COCO run lengths: their compressed text form, read with suspicion, and the runs between bounds.

A mask of an image is kept as the lengths of its runs of equal pixels, column after column, the first run unset. The
rectangle of rows 1 to 2 and columns 1 to 3 in an image of 4 x 6 pixels:

    . . . . . .      column 0: 4 unset, column 1: 1 unset, 2 set, 1 unset, ...
    . # # # . .      runs:     5 unset, 2 set, 2 unset, 2 set, 2 unset, 2 set, 9 unset
    . # # # . .      as text:  5220007, since from the fourth run on a number is the difference to the run two before
    . . . . . .

The text holds each number in groups of 5 bits, the lowest first, one character a group: value + 48, and 32 more if
another group follows. Source: `rleToString` and `rleFrString` of https://github.com/cocodataset/cocoapi.
"""

from __future__ import annotations

import re
from reprlib import Repr
from typing import Any

import numpy as np
from numpy.typing import NDArray

from t4s_data.errors import RecordError
from t4s_data.reading.bounds import MAX_PIXELS, MAX_RUNS

Ints = NDArray[np.int64]


_LONGEST_NUMBER = 7
# Characters that go on, then one that ends the number; no number of an image is longer than this.
_COUNTS = re.compile(rb"(?:[P-o]{0,6}+[0-O])++")
_SHORT = Repr()
_SHORT.maxlevel, _SHORT.maxlist, _SHORT.maxdict, _SHORT.maxstring, _SHORT.maxother = 3, 12, 6, 70, 70
_ZERO = np.uint8(ord("0"))
# A character's five bits by its value less 48: signed (bit 4 is the sign) where it ends a number, unsigned where
# another follows.
_DIGITS = np.array([*range(16), *range(-16, 0), *range(32)], dtype=np.int64)
# How far a number reaches that is written with 1, 2, ... characters: 4 bits and a sign, 9 bits and a sign, ...
_SIGNED_LIMITS = np.array([1 << (5 * chars - 1) for chars in range(1, _LONGEST_NUMBER)], dtype=np.int64)


def canonical(counts: Any, height: int, width: int) -> bytes:
    """Verify run lengths from outside, compressed or a list, and return them compressed in their canonical form.

    Raises :class:`RecordError` ``bad-mask`` if they are malformed or do not add up to the image, ``too-large`` if
    they pass :data:`MAX_RUNS`.

    >>> canonical([2, 0, 1, 3], 2, 3), canonical("33", 2, 3)
    (b'33', b'33')
    """
    if isinstance(counts, str | bytes | list | tuple) and len(counts) > MAX_RUNS:
        raise RecordError("too-large", f"{len(counts):,} run lengths or characters of them, {MAX_RUNS:,} allowed")
    runs = _unpacked(counts) if isinstance(counts, str | bytes) else _listed(counts)
    # Bounding each run first keeps the sum from passing 64 bits.
    if len(runs) == 0 or runs.min() < 0 or runs.max() > height * width or runs.sum() != height * width:
        raise RecordError("bad-mask", f"run lengths do not add up to {height} x {width} pixels: {short(counts)}")
    return compressed(runs_between(runs.cumsum()[:-1], height * width))


def uncompressed(counts: bytes) -> Ints:
    """Run lengths in pixels, int64 (runs,), of compressed counts that were verified.

    >>> uncompressed(b"5220007").tolist(), uncompressed(b"X131i1").tolist()
    ([5, 2, 2, 2, 2, 2, 9], [40, 3, 1, 60])
    """
    # (characters,) b"X131i1": 40, 1 | 3 | 1 | 57, 1: a character below 32 ends its number.
    chars = np.frombuffer(counts, dtype=np.uint8) - _ZERO
    ends = (chars < 32).nonzero()[0]
    starts = np.empty_like(ends)
    starts[0] = 0
    np.add(ends[:-1], 1, out=starts[1:])
    # Each character's place within its number, times 5 bits: 0, 5 | 0 | 0 | 0, 5.
    shifts = np.arange(len(chars))
    shifts -= starts.repeat(ends - starts + 1)
    shifts *= 5
    # (runs,) Numbers as written: 8 + 32 = 40 | 3 | 1 | 57 - 32 + 32 = 57, which is 60 less the run two before.
    runs = np.add.reduceat(_DIGITS.take(chars) << shifts, starts)
    # Sums over every other number undo the differences; the first number is no part of any.
    runs[1::2].cumsum(out=runs[1::2])
    runs[2::2].cumsum(out=runs[2::2])
    return runs


def compressed(runs: Ints) -> bytes:
    """COCO's text form of run lengths, int64 (runs,); the inverse of :func:`uncompressed`.

    >>> compressed(np.array([40, 3, 1, 60]))
    b'X131i1'
    """
    # (runs,) From the fourth on, the difference to the run two before: 40, 3, 1, 57.
    values = runs.copy()
    values[3:] -= runs[1:-2]
    lengths = np.searchsorted(_SIGNED_LIMITS, np.where(values < 0, ~values, values), side="right") + 1
    ends = lengths.cumsum()
    # (characters,) The place of each character within its number: 0, 1 | 0 | 0 | 0, 1.
    places = np.arange(ends[-1]) - np.repeat(ends - lengths, lengths)
    # Five bits of the number, with the mark that another group follows; the last group of each loses it.
    chars = ((np.repeat(values, lengths) >> 5 * places) & 31) + (32 + 48)
    chars[ends - 1] -= 32
    return chars.astype(np.uint8).tobytes()


def runs_between(bounds: Ints, size: int) -> Ints:
    """Run lengths, int64 (runs,), of ``size`` pixels whose state changes at each of the rising bounds, int64 (bounds,).

    >>> runs_between(np.array([2, 5, 5, 7]), 10).tolist()
    [2, 5, 3]
    """
    # A bound that is named twice, where one run ends and the next begins, is no change of state.
    if not (bounds[1:] > bounds[:-1]).all():
        values, times = np.unique(bounds, return_counts=True)
        bounds = values[times % 2 == 1]
    if len(bounds) and bounds[-1] == size:
        bounds = bounds[:-1]
    return np.diff(bounds, prepend=0, append=size)


def is_empty(counts: bytes) -> bool:
    """Whether canonical counts have no set pixel: they hold one run."""
    return len(counts) <= _LONGEST_NUMBER and len(uncompressed(counts)) == 1


def short(value: Any) -> str:
    """A value as an error message shows it."""
    text = _SHORT.repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _unpacked(counts: str | bytes) -> Ints:
    text = counts.encode("ascii", "replace") if isinstance(counts, str) else counts
    if not _COUNTS.fullmatch(text):
        raise RecordError("bad-mask", f"counts are not COCO run lengths: {short(counts)}")
    return uncompressed(text)


def _listed(counts: Any) -> Ints:
    if not isinstance(counts, list | tuple) or not {int}.issuperset(map(type, counts)):
        raise RecordError("bad-mask", f"expected run lengths, found {short(counts)}")
    if not all(0 <= run <= MAX_PIXELS for run in counts):
        raise RecordError("bad-mask", f"a run length is out of range: {short(counts)}")
    return np.array(counts, dtype=np.int64)
