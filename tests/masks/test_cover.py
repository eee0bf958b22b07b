"""A cover counts as its pixels do, whether it is a grid or pixels, on images larger and smaller than the canvas."""

from __future__ import annotations

import numpy as np
import pytest

from t4s_data.masks.cover import Cover, GridCover, PixelCover, united
from t4s_data.masks.mask import Mask


def spread(grid: np.ndarray, height: int, width: int) -> np.ndarray:
    """The rule of the format itself: pixel (y, x) belongs to cell (y*N//H, x*N//W)."""
    n = len(grid)
    return np.array([[grid[y * n // height, x * n // width] for x in range(width)] for y in range(height)])


@pytest.mark.parametrize("seed", range(30))
def test_a_grid_counts_as_its_pixels(seed: int):
    rng = np.random.default_rng(seed)
    n, height, width = rng.integers(2, 20), rng.integers(1, 50), rng.integers(1, 50)
    grids = [rng.random((n, n)) < 0.4 for _ in range(2)]
    true = rng.random((height, width)) < 0.5
    true[0, 0] = True
    pixels = [spread(grid, height, width) for grid in grids]
    for make in (lambda i: GridCover(grids[i], height, width), lambda i: PixelCover(pixels[i])):
        cover: Cover = make(0)
        assert (cover.dense() == pixels[0]).all()
        assert (cover.area, bool(cover)) == (pixels[0].sum(), pixels[0].any())
        assert cover.overlap(Mask.from_dense(true)) == ((pixels[0] & true).sum(), (pixels[0] | true).sum())
        both = united([cover, make(1)])
        assert (both.dense() if both else np.zeros_like(true)).tolist() == (pixels[0] | pixels[1]).tolist()


def test_nothing_unites_to_none():
    empty = GridCover(np.zeros((4, 4), dtype=bool), 9, 9)
    assert united([]) is united([empty]) is united([PixelCover(empty.dense())]) is None


def test_a_set_cell_without_a_pixel_is_no_cover():
    grid = np.zeros((8, 8), dtype=bool)
    grid[1, 1] = True
    assert not GridCover(grid, 4, 4)
