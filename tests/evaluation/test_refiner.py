"""A refiner is any function (image, mask) -> mask; the shipped one follows the edges of the image."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from t4s_data.errors import CommandError, DataError
from t4s_data.evaluation.refiner import cell_size, load_refiner, random_walk, refine
from t4s_data.masks.canvas import grid_of, pixels
from t4s_data.masks.mask import Mask

IMAGE = np.zeros((40, 60, 3), dtype=np.uint8)
MASK = np.zeros((40, 60), dtype=bool)
MASK[10:20, 15:30] = True


def test_a_refiner_is_found_by_its_name_in_the_current_folder_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "own_refiner_of_a_test.py").write_text("def flip(image, mask):\n    return ~mask\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    flip = load_refiner("own_refiner_of_a_test:flip")
    assert (refine(flip, IMAGE, MASK) == ~MASK).all()
    assert load_refiner("t4s_data.evaluation.refiner:random_walk") is random_walk


@pytest.mark.parametrize(
    "name", ["", "module", ":function", "no.such.module:function", "t4s_data.evaluation.refiner:nothing"]
)
def test_a_name_that_leads_nowhere_is_an_error(name: str):
    with pytest.raises(CommandError, match="refiner"):
        load_refiner(name)


@pytest.mark.parametrize("result", [None, MASK.astype(np.uint8), MASK[:-1]])
def test_a_result_that_is_no_mask_of_the_image_is_an_error(result: object):
    with pytest.raises(DataError, match=r"expected a bool array \(40, 60\)"):
        refine(lambda image, mask: result, IMAGE, MASK)  # type: ignore[arg-type, return-value]


def test_an_empty_mask_is_not_refined():
    assert not refine(lambda image, mask: ~mask, IMAGE, np.zeros_like(MASK)).any()


@pytest.mark.parametrize("n", [16, 32])
def test_the_cell_is_the_canvas_cell_of_a_mask_with_fine_steps(n: int):
    grid = np.random.default_rng(0).random((n, n)) < 0.5
    assert cell_size(pixels(grid, 12 * n, 10 * n)) == (12, 10)


def test_the_cell_of_a_smooth_mask_is_at_most_a_sixteenth_of_the_image():
    assert cell_size(MASK) == (40 // 16, 60 // 16)
    assert cell_size(np.ones((320, 160), dtype=bool)) == (20, 10)


@pytest.fixture
def disk() -> tuple[np.ndarray, np.ndarray]:
    """An image of a bright noisy disk on a dark noisy ground, and where the disk is."""
    y, x = np.mgrid[:240, :320]
    true = (y - 130) ** 2 + (x - 150) ** 2 < 70**2
    noise = np.random.default_rng(0).integers(0, 40, (240, 320, 3))
    return (noise + np.where(true, 180, 30)[..., None]).astype(np.uint8), true


@pytest.mark.parametrize("n", [16, 32])
def test_random_walk_brings_a_mask_closer_to_the_edges_of_its_image(n: int, disk: tuple[np.ndarray, np.ndarray]):
    pytest.importorskip("skimage")
    image, true = disk
    coarse = pixels(grid_of(Mask.from_dense(true), n).grid, *true.shape)
    before = (image.copy(), coarse.copy())
    fine = refine(random_walk, image, coarse)
    wrong_before, wrong_after = (coarse ^ true).sum(), (fine ^ true).sum()
    assert wrong_after < wrong_before / 2
    assert (refine(random_walk, image, coarse) == fine).all()
    assert (image == before[0]).all()
    assert (coarse == before[1]).all()


def test_random_walk_moves_nothing_farther_than_a_cell_from_the_outline(disk: tuple[np.ndarray, np.ndarray]):
    pytest.importorskip("skimage")
    image, true = disk
    coarse = pixels(grid_of(Mask.from_dense(true), 16).grid, *true.shape)
    changed = refine(random_walk, image, coarse) ^ coarse
    height, width = cell_size(coarse)
    assert changed.any()
    assert not (changed & _unmoved(coarse, height, width)).any()


def _unmoved(mask: np.ndarray, height: int, width: int) -> np.ndarray:
    """Pixels whose whole neighborhood of a cell in each direction has their own state."""
    padded = np.pad(mask, ((height, height), (width, width)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (2 * height + 1, 2 * width + 1))
    return windows.all(axis=(2, 3)) | ~windows.any(axis=(2, 3))


@pytest.mark.parametrize("mask", [np.ones((40, 60), dtype=bool), np.eye(40, 60, dtype=bool), MASK])
def test_random_walk_takes_any_mask(mask: np.ndarray):
    pytest.importorskip("skimage")
    assert refine(random_walk, IMAGE, mask).any()
    assert refine(random_walk, IMAGE[:1, :1], mask[:1, :1]).shape == (1, 1)
