"""A canvas is the image sampled at fixed pixels: everything found from run lengths equals the dense way."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from t4s_data.errors import CodecError
from t4s_data.masks.canvas import (
    Cells,
    box_pixels,
    cell_box,
    cell_edges,
    grid_of,
    pixels,
    pixels_per_cell,
    sample_positions,
)
from t4s_data.masks.mask import Bools, Mask
from t4s_data.masks.overlap import overlap

SIDES = st.integers(1, 40)
CANVASES = st.integers(2, 64)
PIXELS = st.tuples(SIDES, SIDES).flatmap(lambda shape: arrays.arrays(bool, shape)).filter(np.any)
DOTS = st.tuples(SIDES, SIDES, st.integers(0, 10**6)).map(lambda dot: one_pixel(*dot))


def one_pixel(height: int, width: int, place: int) -> Bools:
    image = np.zeros((height, width), dtype=bool)
    image.flat[place % image.size] = True
    return image


def dense_counts(image: Bools, n: int) -> np.ndarray:
    height, width = image.shape
    ys, xs = np.nonzero(image)
    counts = np.zeros((n, n), dtype=int)
    np.add.at(counts, (ys * n // height, xs * n // width), 1)
    return counts


def dense_cells(image: Bools, n: int) -> Cells:
    height, width = image.shape
    rows = [(2 * r + 1) * height // (2 * n) for r in range(n)]
    columns = [(2 * c + 1) * width // (2 * n) for c in range(n)]
    grid = image[np.ix_(rows, columns)]
    if grid.any():
        return Cells(grid, False)
    counts = dense_counts(image, n)
    return Cells(np.arange(n * n).reshape(n, n) == counts.argmax(), True)


@pytest.mark.parametrize("n", [16, 32, 64])
def test_sampled_pixels_are_those_of_pillows_nearest_resize(n: int) -> None:
    for length in range(1, 2101, 7):
        line = Image.fromarray(np.arange(length, dtype=np.int32)[None, :])
        resized = np.asarray(line.resize((n, 1), Image.Resampling.NEAREST))[0]
        assert sample_positions(n, length).tolist() == resized.tolist()


@given(PIXELS | DOTS, CANVASES)
def test_the_grid_from_runs_is_the_dense_one(image: Bools, n: int) -> None:
    found, expected = grid_of(Mask.from_dense(image), n), dense_cells(image, n)
    assert np.array_equal(found.grid, expected.grid)
    assert found.grid.dtype == bool
    assert found.rescued == expected.rescued


@given(PIXELS | DOTS, CANVASES)
def test_pixels_per_cell_are_the_dense_ones(image: Bools, n: int) -> None:
    assert np.array_equal(pixels_per_cell(Mask.from_dense(image), n), dense_counts(image, n))


@given(DOTS, CANVASES)
def test_a_rescued_region_has_exactly_one_cell_and_no_region_has_none(image: Bools, n: int) -> None:
    found = grid_of(Mask.from_dense(image), n)
    assert found.grid.sum() == 1 if found.rescued else found.grid.sum() > 0


def test_a_tie_between_cells_goes_to_the_first_in_raster_order() -> None:
    image = np.zeros((20, 20), dtype=bool)
    image[[0, 0, 19, 19], [0, 19, 0, 19]] = True
    found = grid_of(Mask.from_dense(image), 4)
    assert found.rescued
    assert np.flatnonzero(found.grid).tolist() == [0]


@given(SIDES, CANVASES)
def test_each_pixel_belongs_to_the_cell_whose_edges_hold_it(length: int, n: int) -> None:
    edges = cell_edges(n, length)
    for pixel in range(length):
        cell = pixel * n // length
        assert edges[cell] <= pixel < edges[cell + 1]


@given(st.data(), SIDES, SIDES, st.integers(2, 20))
def test_pixels_show_the_cell_they_belong_to(data: st.DataObject, height: int, width: int, n: int) -> None:
    grid = data.draw(arrays.arrays(bool, (n, n)))
    cell = np.ix_(np.arange(height) * n // height, np.arange(width) * n // width)
    assert np.array_equal(pixels(grid, height, width), grid[cell])


@given(st.data(), PIXELS | DOTS, st.integers(2, 20))
def test_overlap_counts_the_pixels_of_both(data: st.DataObject, image: Bools, n: int) -> None:
    grid = data.draw(arrays.arrays(bool, (n, n)))
    shown = pixels(grid, *image.shape)
    assert overlap(Mask.from_dense(image), grid) == ((shown & image).sum(), (shown | image).sum())


@given(st.integers(2, 20).flatmap(lambda n: arrays.arrays(bool, (n, n))), st.booleans())
def test_the_box_of_a_grid_is_tight_and_inclusive(grid: Bools, by_columns: bool) -> None:
    grid = np.asfortranarray(grid) if by_columns else grid
    if not grid.any():
        with pytest.raises(CodecError):
            cell_box(grid)
        return
    ys, xs = np.nonzero(grid)
    assert cell_box(grid) == (xs.min(), ys.min(), xs.max(), ys.max())


@given(st.data(), SIDES, SIDES, st.integers(2, 20))
def test_a_box_covers_the_pixels_of_its_cells(data: st.DataObject, height: int, width: int, n: int) -> None:
    ends = st.lists(st.integers(0, n - 1), min_size=2, max_size=2).map(sorted)
    (x1, x2), (y1, y2) = data.draw(ends), data.draw(ends)
    grid = np.zeros((n, n), dtype=bool)
    grid[y1 : y2 + 1, x1 : x2 + 1] = True
    left, top, right, bottom = box_pixels((x1, y1, x2, y2), n, height, width)
    covered = np.zeros((height, width), dtype=bool)
    covered[top:bottom, left:right] = True
    assert np.array_equal(covered, pixels(grid, height, width))


@pytest.fixture(scope="module")
def real_masks(real: Path) -> list[Mask]:
    subset = json.loads((real / "coco/annotations/instances_subset.json").read_bytes())
    sizes = {image["id"]: (image["height"], image["width"]) for image in subset["images"]}
    return [Mask.from_parts(one["segmentation"], *sizes[one["image_id"]]) for one in subset["annotations"]]


@pytest.mark.parametrize("n", [16, 64])
def test_every_real_annotation_has_the_dense_grid(real_masks: list[Mask], n: int) -> None:
    for mask in real_masks:
        found, expected = grid_of(mask, n), dense_cells(mask.dense(), n)
        assert np.array_equal(found.grid, expected.grid)
        assert found.rescued == expected.rescued


@pytest.mark.parametrize(("n", "ceiling"), [(16, 0.744), (32, 0.853), (64, 0.921), (80, 0.935)])
def test_real_objects_reach_the_ceiling_the_format_was_measured_at(
    real_masks: list[Mask], n: int, ceiling: float
) -> None:
    large = [mask for mask in real_masks if mask.area > 0.02 * mask.height * mask.width]
    counts = np.array([overlap(mask, grid_of(mask, n).grid) for mask in large])
    assert (counts[:, 0] / counts[:, 1]).mean() == pytest.approx(ceiling, abs=0.01)
