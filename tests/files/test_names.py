"""Laws of image names: what passes stays below its folder."""

from __future__ import annotations

import os.path
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from t4s_data.errors import RecordError
from t4s_data.files.names import coco_image_id, image_name

PARTS = st.sampled_from(["..", ".", "", "a", "b.jpg", "...", "a b", "\\", "\0", "~", "C:"])


@given(st.lists(PARTS, min_size=1, max_size=5).map("/".join) | st.text())
def test_what_passes_stays_below_its_folder(tmp_path_factory, name):
    folder = tmp_path_factory.getbasetemp()
    with suppress(RecordError):
        assert image_name(name, "image") == name
        assert os.path.normpath(folder / name).startswith(f"{folder}{os.sep}")
        assert not (folder / name).is_file()


@pytest.mark.parametrize(
    "name", ["a.jpg", "VG_100K_2/1.jpg", "a b/ü.png", "..a/b..", "COCO_train2014_000000000009.jpg"]
)
def test_ordinary_names_pass(name):
    assert image_name(name, "image") == name


@pytest.mark.parametrize(
    "name", [None, 5, [], "", "/a", "a/", "a//b", "../a", "a/..", "./a", "a\\b", "a\nb", "x" * 256]
)
def test_other_names_are_refused(name):
    with pytest.raises(RecordError, match="bad-type: image: "):
        image_name(name, "image")


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("000000000009.jpg", "9"), ("coco/val2017/000000581857.jpg", "581857"),
        ("x/COCO_val2014_000000000042.jpg", "42"), ("COCO_train2014_000000000042_3.jpg", None), ("42.jpg", None),
        ("vg/VG_100K/2314111.jpg", None), ("a000000000009.jpg", None), ("000000000009.jpg\n", None),
    ],
)  # fmt: skip
def test_coco_ids_come_from_coco_names_alone(name, number):
    assert coco_image_id(name) == number
