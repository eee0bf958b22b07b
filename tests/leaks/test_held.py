from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from t4s_data.errors import DataError, RecipeError
from t4s_data.leaks.held import HeldOut
from t4s_data.leaks.identity import ELSEWHERE, VISUAL_GENOME, identity, is_unchecked
from t4s_data.leaks.visual_genome import read_coco_ids

SPLITS = st.dictionaries(st.sampled_from("abcde"), st.lists(st.integers(0, 2**64 - 1), max_size=30), max_size=5)


@given(SPLITS, st.integers(0, 2**64 - 1))
def test_it_is_the_plain_dictionary_of_sets(splits: dict[str, list[int]], other: int):
    held = HeldOut.of(splits)
    for image in {*(image for images in splits.values() for image in images), other}:
        assert held.splits_of(image) == tuple(name for name, images in splits.items() if image in images)
    assert len(held) == len({image for images in splits.values() for image in images})


@given(SPLITS)
def test_a_split_that_is_left_out_holds_nothing(splits: dict[str, list[int]]):
    held = HeldOut.of(splits)
    for name in splits:
        rest = held.without(name)
        for images in splits.values():
            for image in images:
                assert rest.splits_of(image) == tuple(known for known in held.splits_of(image) if known != name)


@given(SPLITS)
def test_it_comes_back_from_its_file(tmp_path_factory: pytest.TempPathFactory, splits: dict[str, list[int]]):
    path = tmp_path_factory.mktemp("held") / "held.npz"
    held = HeldOut.of(splits)
    held.save(path)
    again = HeldOut.load(path)
    assert (again.names, again.images.tolist()) == (held.names, held.images.tolist())
    assert again.splits.tolist() == held.splits.tolist()


def test_the_published_splits_of_the_refcoco_family_overlap_as_measured(real: Path):
    ids = json.loads((real / "refcoco_family_valtest_image_ids.json").read_text())
    held = HeldOut.of(ids)
    val = [name for name in ids if name.endswith("_val")]
    test = [name for name in ids if "test" in name]
    assert (held.count(val), held.count(test), held.count([*val, *test])) == (2738, 3982, 6549)
    assert held.overlap(val, test) == 171
    unc = [name for name in ids if name.startswith("refcoco_")]
    plus = [name for name in ids if name.startswith("refcoco+_")]
    google = [name for name in ids if name.startswith("refcocog_")]
    assert held.count(unc) == held.count(plus) == held.overlap(unc, plus) == 3000
    assert held.overlap(unc, google) == 351


def test_real_training_images_that_are_test_images_elsewhere(real: Path):
    ids = json.loads((real / "refcoco_family_valtest_image_ids.json").read_text())
    google = HeldOut.of({name: images for name, images in ids.items() if name.startswith("refcocog_")})
    expressions = json.loads((real / "refer_seg" / "refcoco_expressions.json").read_text())
    train = {identity(name) for name, _, _ in expressions}
    assert len(train) == 4123
    assert sum(bool(google.splits_of(image)) for image in train) == 442


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("coco/train2017/000000033471.jpg", 33471),
        ("refer_seg/images/coco_2014/train2014/COCO_train2014_000000033471.jpg", 33471),
        ("COCO_train2014_000000033471_16.jpg", 33471),
        ("mine/000000033471.png", 33471),
        ("mine/000000033471_jpg.rf.5bf2.jpg", 33471),
        ("vg/VG_100K/2412.jpg", VISUAL_GENOME + 2412),
        ("vg/VG_100K_2/7.jpg", VISUAL_GENOME + 7),
        ("gqa/images/2412.jpg", VISUAL_GENOME + 2412),
    ],
)
def test_an_image_is_known_by_its_id(path: str, expected: int):
    assert identity(path) == expected
    assert is_unchecked(identity(path)) == (expected >= VISUAL_GENOME)


@pytest.mark.parametrize("path", ["ocr_vqa/images/0001234567890123.jpg", "gqa/images/n161313.jpg", "a.jpg", "é/\ud800"])
def test_other_images_are_known_by_their_place(path: str):
    assert identity(path) >= ELSEWHERE
    assert identity(path) == identity(path) != identity("x" + path)
    assert not is_unchecked(identity(path))


def test_visual_genome_s_list_leads_to_coco(tmp_path: Path):
    path = tmp_path / "image_data.json"
    records = [
        {"width": 800, "url": "https://x/VG_100K_2/1.jpg", "height": 600, "image_id": 1, "coco_id": None},
        {"width": 640, "url": "https://x/VG_100K/4.jpg", "height": 480, "image_id": 4, "coco_id": 356999},
    ]
    path.write_text(json.dumps(records))
    known = read_coco_ids(path)
    assert known == {4: 356999}
    assert identity("gqa/images/4.jpg", known) == identity("coco/train2017/000000356999.jpg")
    assert is_unchecked(identity("vg/VG_100K_2/1.jpg", known))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[{"image_id": 1}]', "record 0: no object"),
        ('[{"image_id": "1", "coco_id": 3}]', "are not numbers"),
        ('[{"image_id": 1, "coco_id": 3}, {"image_id": 1, "coco_id": 4}]', "record 1: image_id 1 stands"),
        ('[{"image_id": 1, "coco_id": null}]', "no image has a coco_id"),
        ("[]", "no image has a coco_id"),
    ],
)
def test_another_file_is_refused(tmp_path: Path, text: str, message: str):
    path = tmp_path / "image_data.json"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        read_coco_ids(path)


def test_too_many_splits_are_refused():
    with pytest.raises(RecipeError, match="65 splits"):
        HeldOut.of({str(number): [number] for number in range(65)})


def test_two_million_images_take_little_memory():
    images = np.arange(2_000_000, dtype=np.uint64)
    tracemalloc.start()
    held = HeldOut.of({"a": images, "b": images[::2]})
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(held) == 2_000_000
    assert peak < 300_000_000
