"""What every codec and option must obey: decoding undoes encoding, strictly, and repairing never fails."""

from __future__ import annotations

import tracemalloc
from itertools import product
from typing import get_args

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from t4s_data.codecs.bsd import BoxCodec, Bricks, RowSeparator
from t4s_data.codecs.codec import Codec
from t4s_data.codecs.decoded import KINDS, Decoded
from t4s_data.codecs.isd import Dialect, ImageCodec, Variant
from t4s_data.errors import CodecError
from t4s_data.masks.canvas import cell_box
from t4s_data.masks.mask import Bools

SIZES = (2, 5, 64, 256)


def all_codecs(n: int) -> list[Codec]:
    boxes = [BoxCodec(n, *options) for options in product(get_args(Bricks), get_args(RowSeparator), (True, False))]
    return [*boxes, *(ImageCodec(n, *options) for options in product(get_args(Variant), get_args(Dialect)))]


CODECS = [codec for n in SIZES for codec in all_codecs(n)]
SMALL = [codec for n in (2, 3, 5) for codec in all_codecs(n)]
every_codec = pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
every_small_codec = pytest.mark.parametrize("codec", SMALL, ids=lambda codec: codec.name)


def named_grids(n: int) -> dict[str, Bools]:
    row, column = np.indices((n, n))
    return {
        "full": row >= 0,
        "first cell": row + column == 0,
        "last cell": row + column == 2 * n - 2,
        "first row": row == 0,
        "last row": row == n - 1,
        "first column": column == 0,
        "last column": column == n - 1,
        "checkerboard": (row + column) % 2 == 0,
        "other checkerboard": (row + column) % 2 == 1,
        "diagonal": row == column,
        "frame": (row % (n - 1) == 0) | (column % (n - 1) == 0),
        "corners": (row % (n - 1) == 0) & (column % (n - 1) == 0),
        "all but one": row + column != n,
        "empty rows inside": (row % (n - 1) == 0) & (column < n - 1),
    }


def random_grid(n: int, seed: int) -> Bools:
    numbers = np.random.default_rng(seed)
    grid = numbers.random((n, n)) < numbers.choice([0.02, 0.5, 0.98])
    y, x = numbers.integers(0, n, 2)
    grid[y:, :x] = numbers.random() < 0.5
    return grid


def grids_of(codec: Codec) -> list[Bools]:
    seeded = [random_grid(codec.n, seed) for seed in range(5)]
    return [grid for grid in (*named_grids(codec.n).values(), *seeded) if grid.any()]


def text_of(codec: Codec, regions: list[tuple[str, Bools]]) -> str:
    return "\n".join(codec.encode(regions))


def shown(codec: Codec, grid: Bools) -> Bools:
    """The grid as far as the codec says it: without a mask, its filled box."""
    if not isinstance(codec, BoxCodec) or codec.seg:
        return grid
    x1, y1, x2, y2 = cell_box(grid)
    row, column = np.indices(grid.shape)
    return (x1 <= column) & (column <= x2) & (y1 <= row) & (row <= y2)


def read(decoded: Decoded) -> list[tuple[str, Bools]]:
    return [(region.label, region.grid) for region in decoded.regions]


@every_codec
def test_decoding_gives_the_grid_back(codec: Codec) -> None:
    for grid in grids_of(codec):
        decoded = codec.decode(text_of(codec, [("second * from left", grid)]))
        (region,) = decoded.regions
        assert region.label == "second * from left"
        assert np.array_equal(region.grid, shown(codec, grid))
        assert region.grid.dtype == bool
        assert region.box == cell_box(grid)
        assert decoded.repairs == ()


@every_codec
def test_encoding_what_was_decoded_gives_the_text_back(codec: Codec) -> None:
    some = grids_of(codec)
    for regions in ([], [("a", some[0]), ("b", some[-1])], [("a", some[1]), ("b", some[2]), ("c d", some[3])]):
        text = text_of(codec, regions)
        assert text_of(codec, read(codec.decode(text))) == text


@given(st.data(), st.sampled_from(SMALL))
def test_random_regions_survive(data: st.DataObject, codec: Codec) -> None:
    seeds = data.draw(st.lists(st.integers(0, 10**6), max_size=4))
    regions = [(f"roi{k}", grid) for k, seed in enumerate(seeds) if (grid := random_grid(codec.n, seed)).any()]
    text = text_of(codec, regions)
    decoded = codec.decode(text)
    assert text_of(codec, read(decoded)) == text
    for region in decoded.regions:
        assert text[slice(*region.span)] in codec.encode(regions)


@every_small_codec
def test_words_around_descriptors_are_no_repair(codec: Codec) -> None:
    regions = [("left one", named_grids(codec.n)["first cell"]), ("b", named_grids(codec.n)["last row"])]
    entries = codec.encode(regions)
    answer = "Sure!\n\nIt is " + " next to  the ".join(entries) + ".\n"
    decoded = codec.decode_answer(answer)
    alone = codec.decode("\n".join(entries))
    assert [region.label for region in decoded.regions] == [region.label for region in alone.regions]
    for found, expected in zip(decoded.regions, alone.regions, strict=True):
        assert np.array_equal(found.grid, expected.grid)
        assert answer[slice(*found.span)] in entries
    with pytest.raises(CodecError):
        codec.decode(answer)
    assert "unknown-text" in {repair.kind for repair in codec.decode(answer, repair=True).repairs}


@every_small_codec
def test_an_answer_in_words_alone_has_no_regions(codec: Codec) -> None:
    assert codec.decode_answer("There is no such thing here.") == Decoded((), ())


@every_small_codec
@pytest.mark.parametrize("label", ["", " a", "a  b", "a\nb", "<seg>", "cafe\u0301", "<fg1>", "a\x00"])
def test_labels_that_are_not_normalized_are_refused(codec: Codec, label: str) -> None:
    with pytest.raises(CodecError, match="label"):
        codec.encode([(label, named_grids(codec.n)["full"])])


@every_small_codec
def test_any_source_text_becomes_a_label_that_is_accepted(codec: Codec) -> None:
    label = codec.label(" a|<seg>\n others ").text
    assert codec.decode(text_of(codec, [(label, named_grids(codec.n)["full"])])).regions[0].label == label


@every_small_codec
def test_grids_of_another_shape_or_type_are_refused(codec: Codec) -> None:
    for grid in (np.ones((codec.n, codec.n + 1), bool), np.ones((codec.n, codec.n), int), np.ones(codec.n**2, bool)):
        with pytest.raises(CodecError, match="grid"):
            codec.encode([("a", grid)])


EDITS = ["", "0", "1", "9", " ", "\n", "*", "|", "<", ">", "a", "fg1", "<fg1>", "<bg1>", "<fg2>", "others*1", "[[", "-"]
TAGS = ["<ref>", "</ref>", "<box>", "</box>", "<seg>", "</seg>"]
edits = st.tuples(st.integers(0, 10**6), st.integers(0, 6), st.sampled_from(EDITS + TAGS))


def edited(text: str, changes: list[tuple[int, int, str]]) -> str:
    for place, cut, new in changes:
        at = place % (len(text) + 1)
        text = text[:at] + new + text[at + cut :]
    return text


@given(st.sampled_from(SMALL), st.integers(0, 10**6), st.lists(edits, min_size=1, max_size=3))
def test_an_altered_text_is_refused_or_is_what_its_regions_encode_to(
    codec: Codec, seed: int, changes: list[tuple[int, int, str]]
) -> None:
    grids = [random_grid(codec.n, seed), named_grids(codec.n)["first row"]]
    original = text_of(codec, [(f"r{k}", grid) for k, grid in enumerate(grids) if grid.any()])
    text = edited(original, changes)
    repaired = codec.decode(text, repair=True)
    try:
        decoded = codec.decode(text)
    except CodecError as error:
        position, refused = error.position, True
    else:
        position, refused = -1, False
        assert text_of(codec, read(decoded)) == text
    assert refused == bool(repaired.repairs)
    assert not refused or 0 <= position <= len(text)


@given(st.sampled_from(SMALL), st.integers(0, 10**6), st.lists(edits, min_size=1, max_size=2))
def test_up_to_the_deviation_the_text_is_what_its_regions_encode_to(
    codec: Codec, seed: int, changes: list[tuple[int, int, str]]
) -> None:
    grid = random_grid(codec.n, seed)
    assume(grid.any())
    text = edited(text_of(codec, [("a", grid)]), changes)
    repaired = codec.decode(text, repair=True)
    assume(repaired.repairs)
    with pytest.raises(CodecError, match="expected") as caught:
        codec.decode(text)
    assert caught.value.position <= repaired.repairs[0].position
    if [repair.kind for repair in repaired.repairs] == ["spelling"] and all(one.any() for _, one in read(repaired)):
        expected = text_of(codec, read(repaired))
        assert text[: caught.value.position] == expected[: caught.value.position]


fragments = st.sampled_from(
    [*EDITS, *TAGS, "<fg999999999>", "others*99999999", "[[0 0 1 1]]", "[[9 9 0 0]]", "é", "\ud800"]
)


@given(st.sampled_from(SMALL + all_codecs(64)), st.lists(fragments | st.text(max_size=5), max_size=30).map("".join))
@example(BoxCodec(3), "<ref>a</ref><box>[[0 0 1 1]]</box><seg></seg>")
def test_repairing_reads_any_string(codec: Codec, text: str) -> None:
    for decode in (codec.decode, codec.decode_answer):
        decoded = decode(text, repair=True)
        for region in decoded.regions:
            x1, y1, x2, y2 = region.box
            start, end = region.span
            assert region.grid.shape == (codec.n, codec.n)
            assert 0 <= x1 <= x2 < codec.n
            assert 0 <= y1 <= y2 < codec.n
            assert 0 <= start < end <= len(text)
            assert not region.grid[shown(BoxCodec(codec.n, seg=False), boxed(region.box, codec.n)) ^ True].any()
        for repair in decoded.repairs:
            assert repair.kind in KINDS
            assert 0 <= repair.position <= len(text)
        assert [one.position for one in decoded.repairs] == sorted(one.position for one in decoded.repairs)


def boxed(box: tuple[int, int, int, int], n: int) -> Bools:
    x1, y1, x2, y2 = box
    grid = np.zeros((n, n), dtype=bool)
    grid[y1 : y2 + 1, x1 : x2 + 1] = True
    return grid


JUNK = {
    "huge brick": "<ref>a</ref><box>[[0 0 63 63]]</box><seg><fg999999999></seg>",
    "huge count": "<seg>a*999999999|",
    "tags": "<ref><box><seg>",
    "boxes": "<box>0 0 63 63",
    "open bricks": "<fg",
    "digits": "9",
    "newlines": "\n",
    "cells": "a|",
    "stars": "*",
}


@pytest.mark.parametrize("codec", [BoxCodec(64), BoxCodec(64, "bare", "none"), ImageCodec(64), ImageCodec(64, "full")])
@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK)
@pytest.mark.parametrize("start", ["", "<seg>", "<ref>a</ref><box>[[0 0 63 63]]</box><seg>", "<fg0", "<box>-"])
def test_long_junk_takes_memory_in_proportion(codec: Codec, junk: str, start: str) -> None:
    text = start + junk * (20_000 // len(junk))
    tracemalloc.start()
    try:
        codec.decode(text, repair=True)
        assert tracemalloc.get_traced_memory()[1] < 400 * len(text)
    finally:
        tracemalloc.stop()
