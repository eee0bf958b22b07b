"""Box-wise descriptors: the exact texts, what each repair does, and rows that survive a cut."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from t4s_data.codecs.bsd import BoxCodec
from t4s_data.errors import CodecError
from t4s_data.masks.mask import Bools

VECTOR_CODECS: dict[str, dict[str, Any]] = {
    "special/newline": {},
    "special/none": {"row_separator": "none"},
    "bare/newline": {"bricks": "bare"},
    "box-only": {"seg": False},
}
GRID = np.array([list(row) for row in ("....", ".##.", ".#..", "....")]) == "#"
TEXT = "<ref>cat</ref><box>[[1 1 2 2]]</box><seg><fg2>\n<fg1><bg1></seg>"
CODEC = BoxCodec(4)


def drawn(grid: Bools) -> list[str]:
    return ["".join(".#"[cell] for cell in row) for row in grid.astype(int)]


@pytest.mark.parametrize("option", VECTOR_CODECS)
def test_the_published_vectors_hold_in_both_directions(spec: Path, option: str) -> None:
    for vector in json.loads((spec / "vectors.json").read_bytes()):
        codec = BoxCodec(vector["n"], **VECTOR_CODECS[option])
        grid = np.array([list(row) for row in vector["grid"]]) == "#"
        text = vector["bsd"][option]
        assert codec.encode([(vector["label"], grid)]) == [text]
        (region,) = codec.decode(text).regions
        assert region.label == vector["label"]
        assert codec.encode([(region.label, region.grid)]) == [text]
        assert not codec.seg or drawn(region.grid) == vector["grid"]


def test_plain_text_bricks_are_spelled_like_bare_ones() -> None:
    assert BoxCodec(4, "off").encode([("cat", GRID)]) == BoxCodec(4, "bare").encode([("cat", GRID)])


def test_one_body_serves_every_label_of_a_grid() -> None:
    body = CODEC.body(GRID)
    labels = ["cat", "left animal", "roi0"]
    entries = [before + body + after for before, after in map(CODEC.affixes, labels)]
    assert entries == CODEC.encode([(label, GRID) for label in labels])


def test_an_empty_grid_has_no_entry() -> None:
    with pytest.raises(CodecError, match="empty"):
        CODEC.body(GRID & False)


REFUSED = {
    "a run in two bricks": ("<fg2>", "<fg1><fg1>", "<fg1><fg1>"),
    "a short row": ("<fg1><bg1>", "<fg1>", "</seg>"),
    "a long row": ("<fg2>", "<fg3>", "<fg3>"),
    "a row missing": ("\n<fg1><bg1>", "", "</seg>"),
    "a row too many": ("<fg1><bg1>", "<fg1><bg1>\n<fg1><bg1>", "\n<fg1><bg1></seg>"),
    "a loose box": ("2 2]]</box><seg><fg2>\n<fg1><bg1>", "3 2]]</box><seg><fg2><bg1>\n<fg1><bg2>", "3 2]]"),
    "rows for another box": ("2 2]]", "3 2]]", "\n"),
    "commas": ("1 1 2 2", "1, 1, 2, 2", ", 1"),
    "a leading zero": ("1 1 2 2", "01 1 2 2", "01 1"),
    "no end": ("</seg>", "", ""),
    "a space": ("</ref><box>", "</ref> <box>", " <box>"),
    "a brick that is none": ("<fg2>", "<fg1><fg01>", "<fg1><fg01>"),
    "a label with two spaces": ("cat", "c  at", " at"),
}


@pytest.mark.parametrize(("old", "new", "found"), REFUSED.values(), ids=REFUSED)
def test_strict_decoding_names_the_first_deviation(old: str, new: str, found: str) -> None:
    text = TEXT.replace(old, new, 1)
    with pytest.raises(CodecError, match="expected") as caught:
        CODEC.decode(text)
    assert text[caught.value.position :].startswith(found)
    assert caught.value.position >= TEXT.index(old)


REPAIRS: dict[str, tuple[str, list[str], list[str]]] = {
    "short row": (TEXT.replace("<fg1><bg1>", "<fg1>"), ["short-row"], drawn(GRID)),
    "long row": (TEXT.replace("<fg2>", "<fg1><fg3>"), ["long-row"], drawn(GRID)),
    "missing rows": (TEXT.replace("\n<fg1><bg1>", ""), ["missing-rows"], ["....", ".##.", "....", "...."]),
    "extra rows": (TEXT.replace("</seg>", "\n<fg2>\n<fg2></seg>"), ["extra-rows"], drawn(GRID)),
    "unknown text in a row": (TEXT.replace("<fg1>", "<fg1> oh <fg0>"), ["unknown-text"], drawn(GRID)),
    "unknown text around": (f"Here: {TEXT}", ["unknown-text"], drawn(GRID)),
    "unknown text within": (TEXT.replace("<seg>", "and<seg>"), ["unknown-text"], drawn(GRID)),
    "stray tag": (TEXT + "</box>", ["unknown-text"], drawn(GRID)),
    "missing close tag": (TEXT.replace("</seg>", ""), ["missing-tag"], drawn(GRID)),
    "missing close tag inside": (TEXT.replace("</ref>", ""), ["missing-tag"], drawn(GRID)),
    "wrong close tag": (TEXT.replace("</seg>", "</ref>"), ["missing-tag"], drawn(GRID)),
    "no label": (TEXT.replace("<ref>cat</ref>", ""), ["no-label"], drawn(GRID)),
    "empty label": (TEXT.replace("cat", " "), ["no-label"], drawn(GRID)),
    "box past the canvas": (
        TEXT.replace("1 1 2 2", "1 1 99999999999999999999 2"),
        ["box-range", "short-row", "short-row"],
        drawn(GRID),
    ),
    "box before the canvas": (
        TEXT.replace("1 1 2 2", "1 -7 2 2"),
        ["box-range", "missing-rows"],
        [*drawn(GRID)[1:], "...."],
    ),
    "inverted box": (TEXT.replace("1 1 2 2", "2 1 1 2"), ["box-inverted"], drawn(GRID)),
    "no seg": (TEXT[: TEXT.index("<seg>")], ["no-seg"], ["....", ".##.", ".##.", "...."]),
    "seg without bricks": (
        TEXT.replace("<fg2>\n<fg1><bg1>", "?"),
        ["no-seg", "short-row", "missing-rows", "unknown-text"],
        ["....", ".##.", ".##.", "...."],
    ),
    "no box": (
        TEXT.replace("<box>[[1 1 2 2]]</box>", ""),
        ["no-box", "short-row", "short-row", "missing-rows"],
        ["##..", "#...", "....", "...."],
    ),
    "spelling": (TEXT.replace("<fg2>", "<fg1><fg1>"), ["spelling"], drawn(GRID)),
}


@pytest.mark.parametrize(("text", "kinds", "rows"), REPAIRS.values(), ids=REPAIRS)
def test_each_repair_is_reported_and_gives_the_best_grid(text: str, kinds: list[str], rows: list[str]) -> None:
    decoded = CODEC.decode(text, repair=True)
    (region,) = decoded.regions
    assert sorted(repair.kind for repair in decoded.repairs) == sorted(kinds)
    assert drawn(region.grid) == rows
    assert region.label == ("" if "no-label" in kinds else "cat")


@pytest.mark.parametrize("text", ["<ref>cat</ref>", "<ref>cat", "<ref>cat</ref><box>[[1 2", "<box></box><seg></seg>"])
def test_an_entry_without_box_and_bricks_is_no_region(text: str) -> None:
    decoded = CODEC.decode(text, repair=True)
    assert decoded.regions == ()
    assert "no-box" in {repair.kind for repair in decoded.repairs}


def test_without_row_separators_the_box_splits_the_rows() -> None:
    codec = BoxCodec(4, row_separator="none")
    text = TEXT.replace("\n", "").replace("<fg2><fg1>", "<fg3>")
    decoded = codec.decode(text, repair=True)
    assert drawn(decoded.regions[0].grid) == drawn(GRID)
    assert [repair.kind for repair in decoded.repairs] == ["long-row"]
    cut = codec.decode(text.replace("<bg1>", ""), repair=True)
    assert drawn(cut.regions[0].grid) == drawn(GRID)
    assert "short-row" in {repair.kind for repair in cut.repairs}


def test_a_box_codec_ignores_a_mask_and_says_so() -> None:
    decoded = BoxCodec(4, seg=False).decode(TEXT, repair=True)
    assert drawn(decoded.regions[0].grid) == ["....", ".##.", ".##.", "...."]
    assert [repair.kind for repair in decoded.repairs] == ["unknown-text"]


def test_bricks_in_the_words_of_an_answer_are_a_repair() -> None:
    answer = f"A <fg3> here. {TEXT}"
    assert [repair.kind for repair in CODEC.decode_answer(answer, repair=True).repairs] == ["unknown-text"]
    with pytest.raises(CodecError):
        CODEC.decode_answer(answer)


@given(st.sampled_from(["special", "bare", "off"]), st.sampled_from(["newline", "none"]), st.integers(0, 10**6))
def test_a_cut_text_keeps_the_rows_already_written(bricks: Any, separator: Any, seed: int) -> None:
    n = 6
    grid = np.random.default_rng(seed).random((n, n)) < 0.6
    grid[2:4, 1:5] = True
    codec = BoxCodec(n, bricks, separator)
    first, text = codec.encode([("one", GRID.repeat(2, axis=0)[:n].repeat(2, axis=1)[:, :n]), ("a dog", grid)])
    whole = codec.decode(text).regions[0]
    x1, y1, x2, _ = whole.box
    rows = codec.body(grid).removesuffix("</seg>").partition("<seg>")[2]
    begin = text.index("<seg>") + len("<seg>")
    for cut in range(len(text)):
        decoded = codec.decode(f"{first}\n{text[:cut]}", repair=True)
        assert np.array_equal(decoded.regions[0].grid, codec.decode(first).regions[0].grid)
        assert decoded.repairs
        written = rows[: max(cut - begin, 0)]
        complete = cells_written(written, bricks) // (x2 - x1 + 1)
        if complete:
            kept = decoded.regions[1].grid
            assert np.array_equal(kept[: y1 + complete], grid[: y1 + complete])
            assert decoded.regions[1].box == whole.box


def cells_written(rows: str, bricks: str) -> int:
    """How many cells the complete bricks of a text say; a digit more could follow the last bare one."""
    ends = rows.split(">")[:-1] if bricks == "special" else rows.replace("f", " f").replace("b", " b").split()[:-1]
    return sum(int(brick.strip("<fbg\n")) for brick in ends)
