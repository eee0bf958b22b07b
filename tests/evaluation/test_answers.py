"""An answer's regions in pixels are those of its descriptors, and a refiner sees and replaces each of them."""

from __future__ import annotations

import numpy as np
import pytest

from t4s_data.codecs.bsd import BoxCodec
from t4s_data.codecs.isd import ImageCodec
from t4s_data.errors import CodecError
from t4s_data.evaluation.answers import Reader
from t4s_data.masks.boxes import around, tight_box
from t4s_data.masks.canvas import pixels

SIZE = (30, 50)


def grids(n: int) -> list[np.ndarray]:
    rng = np.random.default_rng(n)
    first = rng.random((n, n)) < 0.2
    return [first, ~first & (rng.random((n, n)) < 0.2)]


@pytest.mark.parametrize("codec", [BoxCodec(8), BoxCodec(8, bricks="off", row_separator="none"), ImageCodec(8)])
def test_regions_are_the_pixels_of_the_encoded_cells(codec):
    labeled = list(zip(["cat", "dog"], grids(8), strict=True))
    answer = Reader(codec).read("Here: " + "\n".join(codec.encode(labeled)), SIZE)
    found = {region.label: region for region in answer.regions}
    for label, grid in labeled:
        dense = pixels(grid, *SIZE)
        assert (found[label].cover.dense() == dense).all()
        assert found[label].box == tight_box(dense)
    assert not answer.repairs
    assert answer.cover is not None
    assert (answer.cover.dense() == pixels(labeled[0][1] | labeled[1][1], *SIZE)).all()
    assert answer.box == around([region.box for region in answer.regions])


def test_words_alone_are_an_answer_without_a_target():
    answer = Reader(BoxCodec(8)).read("There is none.", SIZE)
    assert (answer.cover, answer.box, answer.repairs) == (None, None, ())


def test_the_box_is_the_one_written_even_where_the_mask_is_smaller():
    text = "<ref>a</ref><box>[[0 0 3 3]]</box><seg><bg3><fg1></seg>"
    answer = Reader(BoxCodec(4)).read(text, (8, 8))
    assert answer.box == (0, 0, 8, 8)
    assert {repair.kind for repair in answer.repairs} == {"missing-rows"}


def test_strict_reading_refuses_what_repairing_mends():
    text = "<ref>a</ref><box>[[0 0 3 3]]</box><seg><bg3><fg1>"
    with pytest.raises(CodecError):
        Reader(BoxCodec(4), repair=False).read(text, (8, 8))
    assert Reader(BoxCodec(4)).read(text, (8, 8)).repairs


def test_a_refiner_gets_each_region_and_gives_mask_and_box():
    codec = BoxCodec(8)
    seen = []

    def left_column(mask: np.ndarray) -> np.ndarray:
        seen.append(mask)
        refined = np.zeros_like(mask)
        refined[:, : len(seen)] = True
        return refined

    labeled = list(zip(["cat", "dog"], grids(8), strict=True))
    answer = Reader(codec, refine=left_column).read("\n".join(codec.encode(labeled)), SIZE)
    assert [mask.tolist() for mask in seen] == [pixels(grid, *SIZE).tolist() for _, grid in labeled]
    assert [region.box for region in answer.regions] == [(0, 0, 1, 30), (0, 0, 2, 30)]
    assert answer.cover is not None
    assert answer.cover.area == 60
