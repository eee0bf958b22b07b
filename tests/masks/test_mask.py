"""A mask is its set of pixels: whatever form it came in, it equals the dense way, and bad input is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pycocotools import mask as coco

from t4s_data.errors import RecordError
from t4s_data.masks.mask import Bools, Mask, masks_of_labels, union
from t4s_data.sample import REASONS

# pycocotools' own decoder, the reference here, does not speak NumPy 2's __array__ protocol.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SIDES = st.integers(1, 24)
SHAPES = st.tuples(SIDES, SIDES)
PIXELS = SHAPES.flatmap(lambda shape: arrays.arrays(bool, shape)).filter(lambda pixels: bool(pixels.any()))
TRIANGLE = [1.0, 1.0, 8.0, 1.0, 8.0, 9.0]


def encoded(pixels: Bools) -> dict[str, Any]:
    return coco.encode(np.asfortranarray(pixels, dtype=np.uint8))


def run_lengths(pixels: Bools) -> list[int]:
    flat = np.concatenate(([False], pixels.ravel(order="F")))
    return np.diff(np.flatnonzero(np.diff(flat, prepend=~flat[0], append=~flat[-1])), prepend=0)[1:].tolist()


@given(PIXELS)
def test_a_mask_holds_the_pixels_it_was_made_of(pixels: Bools) -> None:
    mask = Mask.from_dense(pixels)
    ys, xs = np.nonzero(pixels)
    assert np.array_equal(mask.dense(), pixels)
    assert mask.counts == encoded(pixels)["counts"]
    assert mask.area == pixels.sum()
    assert mask.box == (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)
    assert mask.rle.encode() == mask.counts


@given(PIXELS)
def test_runs_alternate_from_unset_and_only_the_first_may_be_empty(pixels: Bools) -> None:
    mask = Mask.from_dense(pixels)
    states = np.arange(len(mask.runs)) % 2 == 1
    assert mask.runs.sum() == pixels.size
    assert (mask.runs[1:] > 0).all()
    assert np.array_equal(np.repeat(states, mask.runs), pixels.ravel(order="F"))
    with pytest.raises(ValueError, match="read-only"):
        mask.runs[0] = 1


@given(PIXELS, st.lists(st.tuples(st.integers(0, 50), st.integers(0, 5)), max_size=6), st.booleans())
def test_equal_pixels_have_equal_counts_however_the_source_spells_them(
    pixels: Bools, splits: list[tuple[int, int]], trailing: bool
) -> None:
    mask = Mask.from_dense(pixels)
    runs = mask.runs.tolist()
    for place, part in splits:
        at = place % len(runs)
        cut = min(part, runs[at])
        runs[at : at + 1] = [cut, 0, runs[at] - cut]
    runs += [0] * trailing
    compressed = coco.frPyObjects({"size": [*pixels.shape], "counts": runs}, *pixels.shape)["counts"]
    assert Mask.from_rle(runs, *pixels.shape) == mask
    assert Mask.from_rle(compressed, *pixels.shape) == mask
    assert Mask.from_rle(compressed.decode(), *pixels.shape) == mask


@given(PIXELS, st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))
def test_a_window_is_pasted_into_its_image(pixels: Bools, top: int, left: int, below: int, right: int) -> None:
    image = np.pad(pixels, ((top, below), (left, right)))
    assert Mask.from_window(pixels, (top, left), *image.shape) == Mask.from_dense(image)


@given(SHAPES.flatmap(lambda shape: arrays.arrays(np.int32, shape, elements=st.integers(0, 4))))
def test_an_id_image_gives_the_mask_of_each_id_in_order(labels: Any) -> None:
    masks = masks_of_labels(labels)
    assert list(masks) == [key for key in np.unique(labels) if key]
    for key, mask in masks.items():
        assert mask == Mask.from_dense(labels == key)


@given(SHAPES.flatmap(lambda shape: st.tuples(*[arrays.arrays(bool, shape).filter(np.any)] * 3)))
def test_set_operations_are_those_of_the_pixels(parts: tuple[Bools, Bools, Bools]) -> None:
    a, b, _ = parts
    one, two, _ = masks = [Mask.from_dense(part) for part in parts]
    assert union(masks) == Mask.from_dense(np.logical_or.reduce(parts))
    assert one.intersection_area(two) == (a & b).sum()
    assert one.iou(two) == (a & b).sum() / (a | b).sum()


numbers = st.floats(-20, 40, allow_nan=False) | st.integers(-20, 40)
polygon = st.integers(3, 8).flatmap(lambda n: st.lists(numbers, min_size=2 * n, max_size=2 * n))


@given(st.lists(polygon, min_size=1, max_size=3), SHAPES.filter(lambda shape: max(shape) >= 20))
def test_polygons_are_the_union_of_what_pycocotools_draws(parts: list[list[float]], shape: tuple[int, int]) -> None:
    drawn = coco.decode(coco.frPyObjects([np.array(part, dtype=float) for part in parts], *shape)).any(axis=2)
    if drawn.any():
        assert Mask.from_parts(parts, *shape) == Mask.from_dense(drawn)
    else:
        with pytest.raises(RecordError, match="empty-mask"):
            Mask.from_parts(parts, *shape)


def test_overlapping_parts_are_a_union_and_never_a_sum() -> None:
    square = [2, 2, 6, 2, 6, 6, 2, 6]
    assert Mask.from_parts([square, square], 10, 10).area == 16


@given(SHAPES.flatmap(lambda shape: st.tuples(arrays.arrays(bool, shape).filter(np.any), arrays.arrays(bool, shape))))
def test_a_list_of_rle_objects_is_their_union(parts: tuple[Bools, Bools]) -> None:
    objects = [encoded(part) for part in parts]
    objects[1]["counts"] = objects[1]["counts"].decode()
    assert Mask.from_parts(objects, *parts[0].shape) == Mask.from_dense(parts[0] | parts[1])


RLE = {"size": [10, 10], "counts": encoded(np.eye(10, dtype=bool))["counts"].decode()}
HOSTILE: dict[str, tuple[str, Any]] = {
    "none": ("no-mask", None),
    "empty list": ("no-mask", []),
    "text": ("bad-mask", "polygon"),
    "number": ("bad-mask", 7),
    "flat polygon": ("bad-mask", TRIANGLE),
    "empty polygon": ("bad-mask", [[]]),
    "two points are no box": ("bad-mask", [[1, 1, 5, 5]]),
    "two points beside a polygon": ("bad-mask", [TRIANGLE, [1, 1, 5, 5]]),
    "odd count": ("bad-mask", [[*TRIANGLE, 4]]),
    "nan between": ("bad-mask", [[1, 1, float("nan"), 1, 8, 9]]),
    "nan first": ("bad-mask", [[float("nan"), 1, 1, 1, 8, 9]]),
    "infinite": ("bad-mask", [[1, 1, 8, float("inf"), 8, 9]]),
    "far away": ("bad-mask", [[1, 1, 1e12, 1, 8, 9]]),
    "far away on the other side": ("bad-mask", [[1, 1, 8, -1e12, 8, 9]]),
    "past float": ("bad-mask", [[1, 1, 10**400, 1, 8, 9]]),
    "boolean": ("bad-mask", [[True, 1, 8, 1, 8, 9]]),
    "numeral": ("bad-mask", [["1", 1, 8, 1, 8, 9]]),
    "null": ("bad-mask", [[None, 1, 8, 1, 8, 9]]),
    "polygon and rle": ("bad-mask", [TRIANGLE, RLE]),
    "rle and polygon": ("bad-mask", [RLE, TRIANGLE]),
    "outside": ("empty-mask", [[11, 11, 18, 11, 18, 19]]),
    "no size": ("bad-mask", {"counts": RLE["counts"]}),
    "no counts": ("bad-mask", {"size": [10, 10]}),
    "counts of another type": ("bad-mask", {"size": [10, 10], "counts": 5}),
    "other size": ("size-mismatch", {"size": [9, 10], "counts": RLE["counts"]}),
    "sides swapped": ("size-mismatch", {"size": [20, 5], "counts": "0"}),
    "one of the list has another size": ("size-mismatch", [RLE, {"size": [5, 20], "counts": RLE["counts"]}]),
    "no characters": ("bad-mask", {"size": [10, 10], "counts": ""}),
    "not ascii": ("bad-mask", {"size": [10, 10], "counts": "é0"}),
    "characters out of range": ("bad-mask", {"size": [10, 10], "counts": "~~"}),
    "ends within a number": ("bad-mask", {"size": [10, 10], "counts": RLE["counts"] + "o"}),
    "endless number": ("bad-mask", {"size": [10, 10], "counts": "o" * 10_000 + "0"}),
    "too short": ("bad-mask", {"size": [10, 10], "counts": "11"}),
    "too long": ("bad-mask", {"size": [10, 10], "counts": RLE["counts"] + "11"}),
    "negative run": ("bad-mask", {"size": [10, 10], "counts": [-10, 110]}),
    "negative compressed run": ("bad-mask", {"size": [10, 10], "counts": "O"}),
    "fraction": ("bad-mask", {"size": [10, 10], "counts": [50.0, 50.0]}),
    "boolean run": ("bad-mask", {"size": [10, 10], "counts": [True, 99]}),
    "wraps to the right sum": ("bad-mask", {"size": [10, 10], "counts": [2**63, 2**63, 100]}),
    "no runs": ("bad-mask", {"size": [10, 10], "counts": []}),
    "no pixel": ("empty-mask", {"size": [10, 10], "counts": [100]}),
    "empty runs set": ("empty-mask", {"size": [10, 10], "counts": [40, 0, 60]}),
    "all parts empty": ("empty-mask", [{"size": [10, 10], "counts": [100]}] * 2),
}


@pytest.mark.parametrize(("reason", "segmentation"), HOSTILE.values(), ids=HOSTILE)
def test_what_cannot_be_a_region_says_why(reason: str, segmentation: Any) -> None:
    with pytest.raises(RecordError) as caught:
        Mask.from_parts(segmentation, 10, 10)
    assert caught.value.reason == reason
    assert reason in REASONS
    assert len(caught.value.detail) < 200


@pytest.mark.parametrize(
    ("size", "reason"),
    [((0, 10), "bad-mask"), ((10, -1), "bad-mask"), ((10.0, 10), "bad-mask"), ((2**20, 2**20), "too-large")],
)
def test_no_mask_has_an_impossible_size(size: tuple[Any, Any], reason: str) -> None:
    with pytest.raises(RecordError, match=reason):
        Mask.from_parts([TRIANGLE], *size)


def mask_or_reason(make: Callable[[], Mask]) -> Mask | str:
    try:
        return make()
    except RecordError as error:
        return error.reason


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=7) | st.dictionaries(st.sampled_from(["size", "counts"]), inner),
    max_leaves=20,
)


@given(json_values)
def test_any_json_is_a_mask_or_a_named_reason(value: Any) -> None:
    found = mask_or_reason(lambda: Mask.from_parts(value, 12, 9))
    assert 0 < found.area <= 12 * 9 if isinstance(found, Mask) else found in REASONS


@given(st.text(st.characters(min_codepoint=40, max_codepoint=120), max_size=12) | st.binary(max_size=12))
def test_any_counts_are_a_mask_or_a_named_reason(counts: str | bytes) -> None:
    found = mask_or_reason(lambda: Mask.from_rle(counts, 4, 5))
    assert found == Mask.from_dense(found.dense()) if isinstance(found, Mask) else found in REASONS


def test_real_annotations_give_the_pixels_pycocotools_gives(real: Path) -> None:
    subset = json.loads((real / "coco/annotations/instances_subset.json").read_bytes())
    sizes = {image["id"]: (image["height"], image["width"]) for image in subset["images"]}
    for annotation in subset["annotations"][::5]:
        parts, size = annotation["segmentation"], sizes[annotation["image_id"]]
        rle = coco.frPyObjects(parts, *size)
        expected = coco.merge(rle) if isinstance(rle, list) else rle
        mask = Mask.from_parts(parts, *size)
        assert np.array_equal(mask.dense(), coco.decode(expected) == 1)
        assert mask.area == coco.area(expected)
        assert mask == Mask.from_dense(mask.dense())


def test_real_rrsisd_masks_are_lists_of_rle_objects(real: Path) -> None:
    instances = json.loads((real / "refer_seg/rrsisd/instances.json").read_bytes())
    for annotation in instances["annotations"]:
        parts = annotation["segmentation"]
        expected = coco.decode([{**part, "counts": part["counts"].encode()} for part in parts]).any(axis=2)
        assert np.array_equal(Mask.from_parts(parts, *parts[0]["size"]).dense(), expected)


def test_real_panoptic_ids_have_the_areas_their_json_says(real: Path) -> None:
    from PIL import Image

    folder = real / "coco/annotations"
    panoptic = json.loads((folder / "panoptic_train2017.json").read_bytes())
    for annotation in panoptic["annotations"]:
        with Image.open(folder / "panoptic_train2017" / annotation["file_name"]) as png:
            red, green, blue = np.moveaxis(np.asarray(png.convert("RGB"), dtype=np.int32), 2, 0)
        masks = masks_of_labels(red + 256 * green + 65536 * blue)
        assert {key: mask.area for key, mask in masks.items()} == {
            segment["id"]: segment["area"] for segment in annotation["segments_info"]
        }
        for segment in annotation["segments_info"]:
            x, y, width, height = segment["bbox"]
            assert masks[segment["id"]].box == (x, y, x + width, y + height)
