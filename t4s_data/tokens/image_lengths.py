"""Lengths of image-wise descriptors under the Qwen2 vocabulary, without writing them.

Qwen2's tokenizer cuts every text at its digits before it merges anything: each digit is a token of its own,
and no lookbehind reaches across one. So a run's tokens do not depend on the runs around it, and a text of
hundreds of runs is counted from how often each label begins one. A descriptor without run lengths is cut
before its separators, which holds where no label ends in a mark that could merge with one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from t4s_data.codecs.isd import _DIALECTS, ImageCodec
from t4s_data.codecs.labels import BACKGROUND
from t4s_data.masks.mask import Ints, Mask
from t4s_data.sample import Region
from t4s_data.tokens.descriptors import REMEMBERED, cells_of
from t4s_data.tokens.tokenizers import QwenTokenizer


def image_tokens(codec: ImageCodec, tokenizer: QwenTokenizer, regions: Sequence[Region]) -> int:
    """Tokens of the one descriptor of regions with normalized labels: what counting its text gives.

    >>> from t4s_data.tokens.tokenizers import load_tokenizer
    >>> tokenizer = load_tokenizer("qwen2", ["<seg>", "</seg>"])
    >>> image_tokens(ImageCodec(n=2), tokenizer, [Region("cat", Mask.from_dense(np.eye(2)))])
    17
    >>> tokenizer.count(ImageCodec(n=2).encode([("cat", np.eye(2, dtype=bool))])[0])
    17
    """
    names = tuple(dict.fromkeys((BACKGROUND, *(region.label for region in regions))))
    if codec.variant == "full" and not all(_is_closed(name) for name in names):
        grids = [(region.label, cells_of(region.mask, codec.n).grid) for region in regions]
        return tokenizer.count(codec.encode(grids)[0])
    runs = _runs(
        _row_length(codec),
        codec.n,
        tuple(region.mask for region in regions),
        tuple(names.index(region.label) for region in regions),
    )
    begins = [_begin_tokens(codec, tokenizer, name) for name in names]
    return (
        _count(tokenizer, f"<seg>{_DIALECTS[codec.dialect].end}</seg>")
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
    cells = np.zeros((n, n), dtype=np.int64)
    for mask, name in zip(masks, names, strict=True):
        cells[cells_of(mask, n).grid] = name
    starts, digits = _starts(cells.ravel(), row_length)
    places = np.where(starts % row_length == 0, 1, 2) if row_length else np.full(len(starts), 2)
    places[0] = 0
    counts = np.bincount(3 * cells.ravel()[starts] + places)
    kinds = counts.nonzero()[0].tolist()
    return _Runs([(kind // 3, kind % 3, int(counts[kind])) for kind in kinds], digits)


def _starts(cells: Ints, row_length: int) -> tuple[Ints, int]:
    """Where the runs start, and how many digits their lengths have; without rows, every cell by itself."""
    if not row_length:
        return np.arange(len(cells)), 0
    begins = np.empty(len(cells), dtype=bool)
    np.not_equal(cells[1:], cells[:-1], out=begins[1:])
    begins[::row_length] = True
    starts = begins.nonzero()[0]
    lengths = np.append(starts[1:], len(cells)) - starts
    return starts, sum(int(np.count_nonzero(lengths >= bound)) for bound in (1, 10, 100, 1000, 10000))


def _row_length(codec: ImageCodec) -> int:
    return {"full": 0, "r-rle": codec.n, "i-rle": codec.n**2}[codec.variant]


@lru_cache(1 << 12)
def _begin_tokens(codec: ImageCodec, tokenizer: QwenTokenizer, name: str) -> tuple[int, int, int]:
    """Tokens of a run's name, and of what stands before and after it, at the three places a run can have."""
    marks = _DIALECTS[codec.dialect]
    spelled = name if codec.variant == "full" else f"{name}{marks.times}"
    first, row, cell = (_count(tokenizer, mark + spelled) for mark in ("", marks.row, marks.cell))
    return first, row, cell


@lru_cache(1 << 12)
def _count(tokenizer: QwenTokenizer, text: str) -> int:
    return tokenizer.count(text)


def _is_closed(label: str) -> bool:
    """Whether a separator after the label begins a piece of its own: after a letter or a number it does."""
    return unicodedata.category(label[-1])[0] in "LN"
