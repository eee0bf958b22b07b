"""Lengths of image-wise descriptors in tokens, without writing them.

A tokenizer like Qwen2's cuts every text at its digits before it merges anything: each digit is a token of its own,
and no lookbehind reaches across one. So a run's tokens do not depend on the runs around it, and a text of
hundreds of runs is counted from how often each label begins one. A descriptor without run lengths is cut
before its separators, which holds where no label ends in a mark that could merge with one.

The text of cat on the diagonal of a canvas of 2 x 2, cut where the tokenizer cuts it:

    <seg> | cat* 1 | |others* 1 | (line break)others* 1 | |cat* 1 | </seg>

Its tokens are those of the two tags, of each run's beginning (by label, and by whether the run begins the text, a row,
or neither), and one for each digit.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from t4s_data.codecs.labels import BACKGROUND
from t4s_data.masks.canvas import REMEMBERED, cells_of
from t4s_data.masks.mask import Ints, Mask

Count = Callable[[str], int]
"""How many tokens a text has."""


class Marks(NamedTuple):
    """What stands between a run's label and length, between runs, between rows, and at the end."""

    times: str
    cell: str
    row: str
    end: str


def map_tokens(regions: Sequence[tuple[str, Mask]], n: int, row_length: int, marks: Marks, count: Count) -> int | None:
    """Tokens of the one descriptor of regions with normalized labels: what counting its text gives.

    ``row_length`` is how many cells a run can have at most; 0 means that every cell is written by itself. None where
    a label could merge with a separator.

    >>> marks, cat = Marks("*", "|", "\\n", ""), Mask.from_dense(np.eye(2))
    >>> map_tokens([("cat", cat)], 2, 2, marks, count=len) == len("<seg>cat*1|others*1\\nothers*1|cat*1</seg>")
    True
    """
    names = tuple(dict.fromkeys((BACKGROUND, *(label for label, _ in regions))))
    if not row_length and not all(map(_is_closed, names)):
        return None
    masks, numbers = tuple(mask for _, mask in regions), tuple(names.index(label) for label, _ in regions)
    runs = _runs(row_length, n, masks, numbers)
    begins = [_begin_tokens(marks, count, name, lengths=row_length > 0) for name in names]
    return (
        _counted(count, f"<seg>{marks.end}</seg>")
        + runs.digits
        + sum(begins[name][place] * times for name, place, times in runs.begins)
    )


class _Runs(NamedTuple):
    """The runs of a map: how many of each name begin the text (0), a row (1), or stand within one (2); their digits."""

    begins: Sequence[tuple[int, int, int]]
    digits: int


@lru_cache(REMEMBERED)
def _runs(row_length: int, n: int, masks: tuple[Mask, ...], names: tuple[int, ...]) -> _Runs:
    """The runs of masks, the later on top; shared by rows that differ in their labels alone."""
    # (n, n) The number of each cell's label; 0 is the background.
    cells = np.zeros((n, n), dtype=np.int64)
    for mask, name in zip(masks, names, strict=True):
        cells[cells_of(mask, n).grid] = name
    starts, digits = _starts(cells.ravel(), row_length)
    # (runs,) Where each run stands: 0 begins the text, 1 a row, 2 neither.
    places = np.where(starts % row_length == 0, 1, 2) if row_length else np.full(len(starts), 2)
    places[0] = 0
    # How often each pair of label and place occurs, by the number 3 * label + place.
    counts = np.bincount(3 * cells.ravel()[starts] + places)
    kinds = counts.nonzero()[0].tolist()
    return _Runs([(kind // 3, kind % 3, int(counts[kind])) for kind in kinds], digits)


def _starts(cells: Ints, row_length: int) -> tuple[Ints, int]:
    """Where the runs start, int64 (runs,), and how many digits their lengths have together.

    ``cells`` are label numbers, int64 (cells,). Without rows (0), every cell is written by itself, with no length.

    >>> starts, digits = _starts(np.array([1, 0, 0, 1]), 2)
    >>> starts.tolist(), digits
    ([0, 1, 2, 3], 4)
    """
    if not row_length:
        return np.arange(len(cells)), 0
    begins = np.empty(len(cells), dtype=bool)
    np.not_equal(cells[1:], cells[:-1], out=begins[1:])
    begins[::row_length] = True
    starts = begins.nonzero()[0]
    lengths = np.append(starts[1:], len(cells)) - starts
    # A length has one digit, and one more for each power of ten that it reaches; 256 * 256 cells have five.
    return starts, sum(int(np.count_nonzero(lengths >= bound)) for bound in (1, 10, 100, 1000, 10000))


@lru_cache(1 << 12)
def _begin_tokens(marks: Marks, count: Count, name: str, *, lengths: bool) -> tuple[int, int, int]:
    """Tokens of a run's name, and of what stands before and after it, at the three places a run can have."""
    spelled = f"{name}{marks.times}" if lengths else name
    first, row, cell = (_counted(count, mark + spelled) for mark in ("", marks.row, marks.cell))
    return first, row, cell


@lru_cache(1 << 12)
def _counted(count: Count, text: str) -> int:
    return count(text)


def _is_closed(label: str) -> bool:
    """Whether a separator after the label begins a piece of its own: after a letter or a number it does."""
    return unicodedata.category(label[-1])[0] in "LN"
