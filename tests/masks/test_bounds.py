"""Small files that would take all memory, or crash the C code that gets them, are refused by their size before."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from t4s_data.errors import RecordError
from t4s_data.masks import canvas, overlap
from t4s_data.masks.mask import Mask, _steps
from t4s_data.reading.bounds import MAX_PIXELS, MAX_RUNS, MAX_SIDE, MAX_STEPS

MEMORY = 1 << 30
ALLOWED = """
import json, resource, sys
from t4s_data.masks import overlap
from t4s_data.errors import RecordError
from t4s_data.masks.mask import Mask
resource.setrlimit(resource.RLIMIT_DATA, (int(sys.argv[1]),) * 2)
segmentation, height, width = json.load(sys.stdin)
try:
    print(Mask.from_parts(segmentation, height, width).area)
except RecordError as error:
    print(error.reason)
"""
SQUARE = [0, 0, 4, 0, 4, 4, 0, 4]
HOSTILE: dict[str, tuple[Any, int, int]] = {
    "a thousand points across the largest image": ([[0, 0, 13377, 13377] * 500], 13377, 13377),
    "a polygon that goes to and fro": ([[0, 0, 640, 480] * 50_000], 480, 640),
    "many polygons of which none is large": ([[0, 0, 640, 480] * 250] * 400, 480, 640),
    "one edge after the other outside": ([[-640, -640, 1280, 1280] * 10_000], 640, 640),
    "endless compressed runs": ({"size": [480, 640], "counts": "111" + "0" * MAX_RUNS}, 480, 640),
    "endless runs": ({"size": [480, 640], "counts": [0, 1] * MAX_RUNS}, 480, 640),
    "many objects of many runs": ([{"size": [480, 640], "counts": "111" + "0" * 307_197}] * 9, 480, 640),
    "an image of billions of pixels": ([SQUARE], 65_535, 32_767),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_would_take_all_memory_is_refused_before_it_does(name: str):
    # In a process of its own, of bounded memory: an allocation that fails in the C code ends the process.
    command = [sys.executable, "-c", ALLOWED, str(MEMORY)]
    done = subprocess.run(
        command, input=json.dumps(HOSTILE[name]), capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.stdout.strip() == "too-large", done.stderr
    assert done.returncode == 0


def test_what_is_just_allowed_is_drawn():
    edges = MAX_STEPS // (5 * 641 + 1) // 2 - 1
    assert Mask.from_polygons([[0, 0, 640, 480] * edges + [0, 480]], 480, 640).area > 0
    assert Mask.from_polygons([SQUARE] * 20_000, 480, 640).area == 16
    height, width = MAX_PIXELS // MAX_SIDE, MAX_SIDE
    assert Mask.from_polygons([SQUARE], height, width).area == 16


@given(st.lists(st.tuples(st.floats(-50, 100), st.floats(-50, 100)), min_size=3, max_size=12))
def test_the_steps_are_no_fewer_than_pycocotools_takes(points: list[tuple[float, float]]):
    flat = np.array(points).ravel()
    # rleFrPoly of pycocotools' maskApi.c: points are scaled by 5 and rounded, edges counted by their longer side.
    scaled = (5 * flat + 0.5).astype(int).reshape(-1, 2)
    edges = np.abs(np.diff(scaled, axis=0, append=scaled[:1]))
    assert (edges.max(axis=1) + 1).sum() <= _steps(flat) <= (edges.max(axis=1) + 8).sum()


@given(st.integers(2, 200), st.randoms(use_true_random=False))
def test_many_parts_are_a_union_however_they_are_merged(count: int, random: Any):
    parts = [[float(x), 0, x + 2.0, 0, x + 2.0, 9, float(x), 9] for x in random.choices(range(90), k=count)]
    expected = np.zeros((10, 100), dtype=bool)
    for part in parts:
        expected |= Mask.from_polygons([part], 10, 100).dense()
    assert Mask.from_polygons(parts, 10, 100) == Mask.from_dense(expected)


def test_the_largest_image_is_the_largest_that_pillow_opens():
    assert Pillow.MAX_IMAGE_PIXELS is not None
    assert MAX_PIXELS == 2 * Pillow.MAX_IMAGE_PIXELS


@pytest.mark.parametrize("axis", [canvas._axis, overlap._axis])
def test_sides_of_every_length_do_not_fill_memory(axis: Any):
    tracemalloc.start()
    for length in range(20_000, 40_000, 10):
        axis(64, length)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 50_000_000


def test_real_regions_are_far_below_the_bounds(real: Path):
    file = json.loads((real / "coco/annotations/instances_subset.json").read_text())
    polygons = [item["segmentation"] for item in file["annotations"] if isinstance(item["segmentation"], list)]
    most = max(sum(_steps(np.array(part)) for part in parts) for parts in polygons)
    assert most * 100 < MAX_STEPS


def test_a_mask_that_is_refused_says_what_is_allowed():
    with pytest.raises(RecordError, match="178,956,970 pixels are allowed"):
        Mask.from_polygons([SQUARE], 65_535, 65_535)
