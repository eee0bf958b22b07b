"""Segmentation fields: polygons and run lengths in every form, on images of any size.

An input is JSON: `[segmentation, height, width]`. The law: a mask or a `RecordError`, nothing else; and a mask's area,
box and pixels are those that a plain loop over its runs gives.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np

from fuzz.faults import mutated_json
from fuzz.target import Target
from t4s_data.errors import RecordError
from t4s_data.masks.canvas import grid_of
from t4s_data.masks.mask import Mask

MOST_DENSE = 1 << 20
"""Pixels up to which a mask is also compared pixel by pixel."""


def check(data: bytes) -> None:
    """Read the segmentation and compare what the mask says of itself.

    Raises:
        AssertionError: the mask contradicts itself.
    """
    try:
        segmentation, height, width = json.loads(data)
    except (ValueError, TypeError, RecursionError):
        return
    try:
        mask = Mask.from_parts(segmentation, height, width)
    except RecordError:
        return
    assert mask.runs.sum() == height * width, "runs do not fill the image"
    assert mask.area == sum(mask.runs[1::2].tolist()) > 0, "the area is not that of the runs"
    assert grid_of(mask, 64).grid.any(), "a region without a cell"
    if height * width <= MOST_DENSE:
        _compare(mask)


def _compare(mask: Mask) -> None:
    pixels = np.zeros(mask.height * mask.width, dtype=bool)
    start = 0
    for number, run in enumerate(mask.runs.tolist()):
        pixels[start : start + run] = number % 2
        start += run
    dense = pixels.reshape(mask.width, mask.height).T
    rows, columns = dense.nonzero()
    assert (mask.dense() == dense).all(), "dense() is not the runs"
    assert mask.box == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1), "the box is not tight"
    assert Mask.from_dense(dense) == mask, "the counts are not canonical"


def seeds() -> Iterator[bytes]:
    """A form of each kind."""
    square = [2, 2, 12, 2, 12, 9, 2, 9]
    forms = (
        [square],
        [square, [0, 0, 3.5, 0, 0, 3.5]],
        {"size": [10, 20], "counts": [5, 3, 192]},
        {"size": [10, 20], "counts": "b09k59"},
        [{"size": [10, 20], "counts": "53P6"}, {"size": [10, 20], "counts": [0, 200]}],
        [[1e9, 1e9, -1e9, 0, 3, 3]],
        [],
    )
    for form in forms:
        yield json.dumps([form, 10, 20]).encode()
    yield json.dumps([[square], 65535, 32767]).encode()
    yield json.dumps([[[0, 0, 640, 480] * 1000], 480, 640]).encode()


TARGET = Target("masks", check, seeds, mutate=mutated_json)
