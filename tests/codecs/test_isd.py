"""Image-wise descriptors: the exact texts, one map for all regions, and what each repair does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from t4s_data.codecs.isd import ImageCodec
from t4s_data.errors import CodecError
from t4s_data.masks.mask import Bools

VECTOR_CODECS = ["full/paper", "full/released", "i-rle/paper", "i-rle/released", "r-rle/paper", "r-rle/released"]
LEFT, TOP = np.array([[True, False], [True, False]]), np.array([[True, True], [False, False]])


def codec_of(option: str, n: int) -> ImageCodec:
    variant, dialect = option.split("/")
    return ImageCodec(n, variant, dialect)  # type: ignore[arg-type]


def drawn(grid: Bools) -> list[str]:
    return ["".join(".#"[cell] for cell in row) for row in grid.astype(int)]


@pytest.mark.parametrize("option", VECTOR_CODECS)
def test_the_published_vectors_hold_in_both_directions(spec: Path, option: str) -> None:
    for vector in json.loads((spec / "vectors.json").read_bytes()):
        codec = codec_of(option, vector["n"])
        grid = np.array([list(row) for row in vector["grid"]]) == "#"
        assert codec.encode([(vector["label"], grid)]) == [vector["isd"][option]]
        (region,) = codec.decode(vector["isd"][option]).regions
        assert (region.label, drawn(region.grid)) == (vector["label"], vector["grid"])


@pytest.mark.parametrize("option", VECTOR_CODECS)
def test_no_regions_and_empty_grids_are_all_background(option: str) -> None:
    codec = codec_of(option, 3)
    text = codec.encode([])
    assert codec.encode([("cat", np.zeros((3, 3), dtype=bool))]) == text
    assert codec.decode(*text).regions == ()
    assert "".join(text).replace("others", "").strip("<>/seg|* \n0123456789") == ""


@pytest.mark.parametrize("option", VECTOR_CODECS)
def test_a_later_region_lies_on_top(option: str) -> None:
    codec = codec_of(option, 2)
    regions = codec.decode(*codec.encode([("cat", LEFT), ("dog", TOP)])).regions
    assert {region.label: drawn(region.grid) for region in regions} == {"cat": ["..", "#."], "dog": ["##", ".."]}


@pytest.mark.parametrize("option", VECTOR_CODECS)
def test_regions_of_one_label_merge(option: str) -> None:
    codec = codec_of(option, 2)
    (region,) = codec.decode(*codec.encode([("cat", LEFT), ("cat", TOP)])).regions
    assert drawn(region.grid) == ["##", "#."]


@pytest.mark.parametrize("option", VECTOR_CODECS)
def test_regions_come_in_order_of_first_appearance(option: str) -> None:
    codec = codec_of(option, 2)
    bottom_right = ~(LEFT | TOP)
    regions = codec.decode(*codec.encode([("z", bottom_right), ("b", LEFT & ~TOP), ("a", TOP)])).regions
    assert [region.label for region in regions] == ["a", "b", "z"]


@pytest.mark.parametrize("label", ["others", "a|b"])
def test_the_background_and_the_separator_are_no_labels(label: str) -> None:
    with pytest.raises(CodecError, match="label"):
        ImageCodec(2).encode([(label, LEFT)])


CAT = ["#.", "#."]
REPAIRS: dict[str, tuple[str, str, list[str], list[str]]] = {
    "short row": ("r-rle/paper", "<seg>cat*1\ncat*1|others*1</seg>", ["short-row"], CAT),
    "long row": ("r-rle/paper", "<seg>cat*1|others*1|cat*5\ncat*1|others*1</seg>", ["long-row"], CAT),
    "missing rows": ("r-rle/paper", "<seg>cat*1|others*1</seg>", ["missing-rows"], ["#.", ".."]),
    "extra rows": ("r-rle/paper", "<seg>cat*1|others*1\ncat*1|others*1\ncat*2</seg>", ["extra-rows"], CAT),
    "unreadable run": ("r-rle/paper", "<seg>cat*1|others*1|dog\ncat*1|others*1</seg>", ["unknown-text"], CAT),
    "run of no cells": ("i-rle/paper", "<seg>cat*1|dog*0|others*1|cat*1|others*1</seg>", ["unknown-text"], CAT),
    "run without a label": ("r-rle/paper", "<seg>*2|cat*1|others*1\ncat*1|others*1</seg>", ["unknown-text"], CAT),
    "huge run": ("r-rle/paper", f"<seg>cat*1|others*{'9' * 5000}\ncat*1|others*1</seg>", ["long-row"], CAT),
    "no end": ("r-rle/paper", "<seg>cat*1|others*1\ncat*1|others*1", ["missing-tag"], CAT),
    "text around": ("r-rle/paper", "So: <seg>cat*1|others*1\ncat*1|others*1</seg>", ["unknown-text"], CAT),
    "cells missing": ("full/paper", "<seg>cat|others|cat</seg>", ["short-row"], CAT),
    "cells in lines": ("full/paper", "<seg>cat|others\ncat|others</seg>", ["spelling"], CAT),
    "other dialect": ("r-rle/paper", "<seg>cat *1| others *1\n cat *1| others *1\n</seg>", ["spelling"], CAT),
    "run in two": ("i-rle/paper", "<seg>cat*1|others*1|cat*1|others*1|others*0</seg>", ["unknown-text"], CAT),
    "label not normalized": ("r-rle/paper", "<seg>cat*1|others*1\n cat*1|others*1</seg>", ["spelling"], CAT),
}


@pytest.mark.parametrize(("option", "text", "kinds", "rows"), REPAIRS.values(), ids=REPAIRS)
def test_each_repair_is_reported_and_gives_the_best_grid(
    option: str, text: str, kinds: list[str], rows: list[str]
) -> None:
    codec = codec_of(option, 2)
    decoded = codec.decode(text, repair=True)
    assert [repair.kind for repair in decoded.repairs] == kinds
    assert [(region.label, drawn(region.grid)) for region in decoded.regions] == [("cat", rows)]
    with pytest.raises(CodecError):
        codec.decode(text)


@pytest.mark.parametrize("text", ["", "cat*4", "</seg>", "<se"])
def test_without_an_opening_tag_there_is_no_region(text: str) -> None:
    decoded = ImageCodec(2).decode(text, repair=True)
    assert decoded.regions == ()
    assert "no-seg" in {repair.kind for repair in decoded.repairs}


def test_an_answer_has_one_descriptor() -> None:
    codec: Any = ImageCodec(2)
    (text,) = codec.encode([("cat", LEFT)])
    decoded = codec.decode_answer(f"One: {text} two: {codec.encode([('dog', TOP)])[0]}", repair=True)
    assert [region.label for region in decoded.regions] == ["cat"]
    assert [repair.kind for repair in decoded.repairs] == ["unknown-text"]
