"""Ceilings from run lengths are those of dense pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from t4s_data.audit.ceilings import NO_TARGET, Ceiling, region_ceiling, row_ceiling, size_class
from t4s_data.masks.canvas import box_pixels, cell_box, grid_of, pixels
from t4s_data.masks.mask import Bools, Mask
from t4s_data.masks.overlap import UNIT

DENSE = arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=40)).filter(np.any)
CANVASES = st.sampled_from([2, 3, 16, 24, 64])


def dense_ceiling(truths: list[Bools], n: int) -> tuple[int, int]:
    height, width = truths[0].shape
    decoded = np.logical_or.reduce([pixels(grid_of(Mask.from_dense(one), n).grid, height, width) for one in truths])
    truth = np.logical_or.reduce(truths)
    return int((decoded & truth).sum()), int((decoded | truth).sum())


@given(DENSE, CANVASES)
def test_a_region_is_compared_in_pixels(dense: Bools, n: int):
    mask = Mask.from_dense(dense)
    found = region_ceiling(mask, n)
    common, either = dense_ceiling([dense], n)
    assert (found.count, found.common, found.either) == (1, common, either)
    assert found.iou == UNIT * common // either
    assert found.rescued == grid_of(mask, n).rescued
    own = np.zeros(dense.shape, dtype=bool)
    left, top, right, bottom = box_pixels(cell_box(grid_of(mask, n).grid), n, *dense.shape)
    own[top:bottom, left:right] = True
    true = np.zeros(dense.shape, dtype=bool)
    left, top, right, bottom = mask.box
    true[top:bottom, left:right] = True
    assert found.boxes == (2 * (own & true).sum() > (own | true).sum())


@given(st.integers(0, 2**32 - 1), CANVASES)
def test_a_row_is_compared_with_its_regions_united(seed: int, n: int):
    random = np.random.default_rng(seed)
    height, width = random.integers(2, 40, 2)
    truths = [random.random((height, width)) < 0.2 for _ in range(3)]
    for one in truths:
        one[0, random.integers(width)] = True
    found = row_ceiling([Mask.from_dense(one) for one in truths], n)
    assert (found.common, found.either) == dense_ceiling(truths, n)


def test_a_row_without_a_target_is_right():
    assert row_ceiling([], 64) is NO_TARGET
    assert (NO_TARGET.count, NO_TARGET.mean_iou, NO_TARGET.cumulative_iou) == (1, 1.0, 1.0)


@pytest.mark.parametrize(
    ("side", "name"), [(100, "large"), (32, "large"), (31, "medium"), (15, "medium"), (14, "small"), (7, "tiny")]
)
def test_size_classes_are_shares_of_the_image(side: int, name: str):
    dense = np.zeros((100, 100), dtype=bool)
    dense[:side, :side] = True
    assert size_class(Mask.from_dense(dense)) == name


def test_sums_do_not_depend_on_the_order():
    masks = [Mask.from_dense(np.tri(50, 40, k)) for k in range(-30, 30, 7)]
    forward, backward = Ceiling(), Ceiling()
    for mask in masks:
        forward.add(region_ceiling(mask, 16))
    for mask in reversed(masks):
        backward.add(region_ceiling(mask, 16))
    assert forward == backward
    assert forward.count == len(masks)
    assert 0 < forward.mean_iou < 1


def test_the_spec_table_of_real_objects(real):
    """Best mean IoU of objects above 2 % of their image, as the format's page has it (section 5)."""
    import json

    data = json.loads((real / "coco/annotations/instances_subset.json").read_bytes())
    images = {image["id"]: image for image in data["images"]}
    masks = []
    for one in data["annotations"]:
        if not one.get("iscrowd") and isinstance(one["segmentation"], list):
            image = images[one["image_id"]]
            mask = Mask.from_polygons(one["segmentation"], image["height"], image["width"])
            if mask.area > 0.02 * image["height"] * image["width"]:
                masks.append(mask)
    for n, expected in ((16, 0.744), (32, 0.853), (64, 0.921), (80, 0.935)):
        total = Ceiling()
        for mask in masks:
            total.add(region_ceiling(mask, n))
        assert total.mean_iou == pytest.approx(expected, abs=0.02), n
