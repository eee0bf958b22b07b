"""ReasonSeg against the rule of LISA's reader, ``get_mask_from_json``, written afresh from reading it.

Source: utils/data_processing.py of github.com/dvlab-research/LISA. The file is UTF-8 or else Windows-1252; shapes
labelled flag are left out; every other shape is drawn by OpenCV as a closed line and filled, on points cut off to
integers, and painted in order of the falling area of what was drawn: 255 where the label says ignore, else 1.
"""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from t4s_data.errors import RecordError
from t4s_data.sample import Sample
from t4s_data.sources.reasonseg import ReasonSeg, target_mask
from t4s_data.synthetic.generate import write_world

FOLDER = "reason_seg/ReasonSeg"
TEXTS = {
    "train": {"11709607_652f25a747_o": 3, "10722987856_dfa22d8f7e_o": 6},
    "val": {"scene0104_00_0": 1},
}


def lisa_mask(content, height, width):
    cv2 = pytest.importorskip("cv2", reason="opencv-python-headless is not installed")
    shapes, areas = [], []
    for shape in content["shapes"]:
        if shape["label"].lower() == "flag":
            continue
        points = np.array([shape["points"]], dtype=np.int32)
        alone = np.zeros((height, width), dtype=np.uint8)
        cv2.polylines(alone, points, True, 1, 1)
        cv2.fillPoly(alone, points, 1)
        shapes.append((points, 255 if "ignore" in shape["label"].lower() else 1))
        areas.append(alone.sum())
    painted = np.zeros((height, width), dtype=np.uint8)
    for place in np.argsort(areas)[::-1]:
        points, value = shapes[place]
        cv2.polylines(painted, points, True, value, 1)
        cv2.fillPoly(painted, points, value)
    return painted == 1


def lisa_content(path):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        return json.loads(path.read_text(encoding="cp1252"))


@pytest.fixture(scope="session")
def read(place, outcomes):
    return lambda root, split: outcomes(ReasonSeg(place("reasonseg", root, split)))


def check_split(root, split, read):
    """Compare every text of a split; how many there are of each file."""
    counts = {}
    for sample in read(root, split):
        if not isinstance(sample, Sample):
            continue
        stem = sample.key.rpartition("-")[0]
        content = lisa_content(root / FOLDER / split / f"{stem}.json")
        expected = lisa_mask(content, sample.image.height, sample.image.width)
        (region,) = sample.regions
        assert (region.mask.dense() == expected).all(), sample.key
        assert " ".join(content["text"][int(sample.key.rpartition("-")[2])].split()) == " ".join(sample.query.split())
        counts[stem] = counts.get(stem, 0) + 1
    return counts


def test_the_masks_of_the_real_files_are_lisas_pixel_by_pixel(real, tmp_path, read):
    for split, texts in TEXTS.items():
        (tmp_path / FOLDER / split).mkdir(parents=True)
        for stem in texts:
            path = real / FOLDER / split / f"{stem}.json"
            (tmp_path / FOLDER / split / path.name).symlink_to(path)
            corners = [point for one in lisa_content(path)["shapes"] for point in one["points"]]
            size = tuple(int(max(values)) + 2 for values in zip(*corners, strict=True))
            Pillow.new("L", size).save(tmp_path / FOLDER / split / f"{stem}.jpg")
        assert check_split(tmp_path, split, read) == texts


def test_the_masks_of_the_synthetic_world_are_lisas(tmp_path, read):
    write_world(tmp_path, scale=0.2, seed=3, sources=("reasonseg",))
    counts = {split: check_split(tmp_path, split, read) for split in ("train", "val", "test")}
    assert all(counts.values())


POINTS = st.lists(st.tuples(st.floats(-20, 60), st.floats(-20, 60)).map(list), min_size=1, max_size=9)


@given(st.lists(st.tuples(st.booleans(), POINTS), min_size=1, max_size=6))
def test_any_shapes_are_painted_as_lisa_paints_them(shapes):
    height, width = 30, 40
    content = {"shapes": [{"label": "target" if target else "Ignore", "points": points} for target, points in shapes]}
    expected = lisa_mask(content, height, width)
    if expected.any():
        assert (target_mask(shapes, height, width).dense() == expected).all()
    else:
        with pytest.raises(RecordError, match="empty-mask"):
            target_mask(shapes, height, width)
