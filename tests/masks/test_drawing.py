"""Laws of drawing polygons: the pixels are those that OpenCV draws.

The digest was taken from what OpenCV 5.0.0 draws of the seeded polygons, so that it holds where OpenCV is not
installed; where it is, it draws beside us.
"""

from __future__ import annotations

import json
import time
from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from t4s_data.errors import RecordError
from t4s_data.masks.drawing import MOST_STEPS, drawn_polygon

OPENCV_DIGEST = "d1ee26d63af56c8c85c8309e3fc0f7d815bc8ba11542ed48e620f835f2405476"
SPREADS = {"inside": (0, 1), "across the border": (-0.3, 1.3), "mostly outside": (-1, 2)}


def opencv(points, height, width):
    """The pixels that LISA's loader gives to one polygon: outline, then inside, of points cut off to integers."""
    cv2 = pytest.importorskip("cv2", reason="opencv-python-headless is not installed")
    pixels = np.zeros((height, width), dtype=np.uint8)
    whole = np.array([points], dtype=np.int32)
    cv2.polylines(pixels, whole, True, 1, 1)
    cv2.fillPoly(pixels, whole, 1)
    return pixels > 0


def seeded(count=3000):
    """Polygons of one to eleven points, simple or not, on small images, a third each as in SPREADS."""
    generator = np.random.default_rng(7)
    for number in range(count):
        height, width = (int(side) for side in generator.integers(1, 60, 2))
        low, high = list(SPREADS.values())[number % 3]
        corners = generator.integers(1, 12)
        columns = generator.uniform(low * width, high * width, corners)
        rows = generator.uniform(low * height, high * height, corners)
        yield np.stack([columns, rows], axis=1).tolist(), height, width


def digest(draw):
    found = sha256()
    for points, height, width in seeded():
        found.update(np.packbits(draw(points, height, width)).tobytes())
    return found.hexdigest()


def test_thousands_of_polygons_are_drawn_as_opencv_drew_them():
    assert digest(drawn_polygon) == OPENCV_DIGEST


def test_the_digest_is_opencvs():
    assert digest(opencv) == OPENCV_DIGEST


COORDINATES = st.tuples(st.integers(-40, 80), st.integers(-40, 80))


@settings(max_examples=500)
@given(st.lists(COORDINATES, min_size=1, max_size=40), st.integers(1, 45), st.integers(1, 45))
def test_any_polygon_is_drawn_as_opencv_draws_it(points, height, width):
    reach = max(height, width)
    points = [point for point in points if -reach <= min(point) and max(point) <= 2 * reach] or [(0, 0)]
    assert (drawn_polygon(points, height, width) == opencv(points, height, width)).all()


def test_every_real_polygon_is_drawn_as_opencv_draws_it(real):
    content = json.loads((real / "coco/annotations/instances_subset.json").read_text())
    sizes = {image["id"]: (image["height"], image["width"]) for image in content["images"]}
    drawn = 0
    for annotation in content["annotations"]:
        parts = annotation["segmentation"] if isinstance(annotation["segmentation"], list) else []
        for part in parts:
            points = np.reshape(part, (-1, 2)).tolist()
            ours, theirs = (draw(points, *sizes[annotation["image_id"]]) for draw in (drawn_polygon, opencv))
            assert (ours == theirs).all(), annotation["id"]
            drawn += 1
    assert drawn > 3900


def test_points_are_cut_off_not_rounded():
    assert np.argwhere(drawn_polygon([[2.9, 1.99]], 4, 5)).tolist() == [[1, 2]]
    assert np.argwhere(drawn_polygon([[-0.9, 0.5]], 4, 5)).tolist() == [[0, 0]]


@pytest.mark.parametrize("points", [[], [[0, 0], [1e9, 5], [5, 5]], [[float("nan"), 1]], [[0, -50], [5, 5], [9, 0]]])
def test_what_cannot_be_drawn_is_a_bad_mask(points):
    with pytest.raises(RecordError, match="bad-mask"):
        drawn_polygon(points, 30, 40)


def test_a_polygon_of_endless_windings_is_refused_before_it_is_drawn():
    side = 20_000
    winding = [[0, 0], [side - 1, 9]] * (MOST_STEPS // side)
    start = time.process_time()
    with pytest.raises(RecordError, match="bad-mask"):
        drawn_polygon(winding, 10, side)
    assert time.process_time() - start < 5
