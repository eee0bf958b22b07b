"""Laws of the `refer` layout: a sentence is a record, joined by ids; what is broken is rejected by its own key."""

from __future__ import annotations

import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from t4s_data.errors import DataError
from t4s_data.sample import Sample
from t4s_data.sources.refer import Refer

SQUARE = [[2, 2, 8, 2, 8, 6, 2, 6]]
FOLDER = "refer_seg/refcoco"


def ref(number: int, **fields):
    sentence = {"sent_id": 10 * number, "raw": "The LEFT one!", "sent": f"left one {number}", "tokens": ["left"]}
    return {
        "ref_id": number, "ann_id": 100 + number, "image_id": 7, "category_id": 1, "split": "train",
        "file_name": "COCO_train2014_000000000007_3.jpg", "sent_ids": [10 * number], "sentences": [sentence], **fields,
    }  # fmt: skip


IMAGES = [{"id": 7, "file_name": "COCO_train2014_000000000007.jpg", "height": 10, "width": 12, "license": 4}]
ANNOTATIONS = [{"id": 100 + number, "image_id": 7, "segmentation": SQUARE} for number in range(5)]


def write(root, refs, annotations=ANNOTATIONS, *, images=IMAGES, name="refcoco"):
    folder = root / "refer_seg" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "refs(unc).p").write_bytes(pickle.dumps(refs, protocol=2))
    (folder / "instances.json").write_text(json.dumps({"images": images, "annotations": annotations, "licenses": []}))


@pytest.fixture(scope="session")
def read(place, outcomes):
    """All that the reader makes of a split below a data root."""
    return lambda root, split="train", name="refcoco": outcomes(Refer(place(name, root, split)))


def test_a_sentence_is_a_record_with_its_expression_region_and_image(tmp_path, read):
    write(tmp_path, [ref(1)])
    (sample,) = read(tmp_path)
    assert (sample.key, sample.query, sample.regions[0].label) == ("1-10", "left one 1", "left one 1")
    assert sample.regions[0].mask.area == 24
    # The name comes from the instances file: that of the ref is no file.
    assert sample.image.path == "refer_seg/images/coco_2014/train2014/COCO_train2014_000000000007.jpg"
    assert (sample.image.width, sample.image.height, sample.image_id) == (12, 10, "7")
    assert sample.license == "Attribution License"


def test_sentences_of_a_ref_are_records_of_one_entry_in_their_order(tmp_path, place, read):
    said = [{"sent_id": number, "sent": f"words {number}"} for number in (5, 3, 4)]
    write(tmp_path, [ref(1, sentences=said)])
    (entry,) = Refer(place("refcoco", tmp_path)).entries()
    assert entry.keys == ("1-5", "1-3", "1-4")
    assert [sample.query for sample in read(tmp_path)] == ["words 5", "words 3", "words 4"]


@pytest.mark.parametrize(
    ("fields", "key", "reason"),
    [
        ({"sentences": []}, "1", "no-texts"),
        ({"sentences": None}, "1", "bad-type"),
        ({"sentences": [{"sent_id": 10, "sent": " "}]}, "1-10", "no-texts"),
        ({"sentences": [{"sent_id": 10, "sent": 5}]}, "1-10", "bad-type"),
        ({"sentences": [{"sent_id": 10**30, "sent": 5}]}, "1-[0]", "bad-type"),
        ({"sentences": ["words"]}, "1-[0]", "bad-type"),
        ({"image_id": 8}, "1-10", "unknown-image"),
        ({"image_id": [7]}, "1-10", "unknown-image"),
        ({"ann_id": 999}, "1-10", "unknown-annotation"),
        ({"ann_id": "101"}, "1-10", "unknown-annotation"),
        ({"ann_id": 10**5000}, "1-10", "unknown-annotation"),
        ({"ref_id": 10**5000}, None, None),
        ({"split": None}, "1-10", "bad-type"),
        ({"split": "trian"}, "1-10", "bad-type"),
    ],
)
def test_what_is_broken_is_rejected_and_the_next_ref_is_read(tmp_path, read, fields, key, reason):
    write(tmp_path, [ref(1, **fields), ref(2)])
    first, second = read(tmp_path)
    if reason:
        assert (first.key, first.reason) == (key, reason)
    else:
        assert first.key == "[0]-10"
    assert isinstance(second, Sample)
    assert second.key == "2-20"


@pytest.mark.parametrize(
    ("segmentation", "reason"),
    [
        ([], "no-mask"), (None, "no-mask"), ("x", "bad-mask"), ([[[1]]], "bad-mask"), ([[1, 2]], "bad-mask"),
        ({"size": [10, 12], "counts": "["}, "bad-mask"), ({"size": [9, 12], "counts": [108]}, "size-mismatch"),
        ([[50, 50, 60, 50, 60, 60]], "bad-mask"), ([[13, 1, 15, 1, 15, 5]], "empty-mask"),
    ],
)  # fmt: skip
def test_a_segmentation_that_is_no_mask_is_rejected(tmp_path, read, segmentation, reason):
    write(tmp_path, [ref(1)], [{"id": 101, "image_id": 7, "segmentation": segmentation}])
    (outcome,) = read(tmp_path)
    assert (outcome.key, outcome.reason) == ("1-10", reason)


def test_an_annotation_of_another_image_is_rejected(tmp_path, read):
    write(tmp_path, [ref(1)], [{"id": 101, "image_id": 8, "segmentation": SQUARE}])
    (outcome,) = read(tmp_path)
    assert outcome.reason == "wrong-image"


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a/../../b.jpg", "", "a\0b", "x" * 300])
def test_an_image_outside_its_folder_is_rejected(tmp_path, read, name):
    write(tmp_path, [ref(1)], images=[{"id": 7, "file_name": name, "height": 10, "width": 12}])
    (outcome,) = read(tmp_path)
    assert (outcome.key, outcome.reason) == ("1-10", "bad-type")


@pytest.mark.parametrize("size", [(0, 12), (10, -1), (10, 70_000)])
def test_an_image_without_a_size_is_rejected(tmp_path, read, size):
    write(tmp_path, [ref(1)], images=[{"id": 7, "file_name": "a.jpg", "height": size[0], "width": size[1]}])
    (outcome,) = read(tmp_path)
    assert (outcome.key, outcome.reason) == ("1-10", "bad-type")


def test_a_ref_without_a_split_is_rejected_in_every_split_and_never_used(tmp_path, read):
    lost = ref(1)
    del lost["split"]
    write(tmp_path, [lost, None, ref(2)])
    for split in ("train", "val"):
        found = read(tmp_path, split)
        assert [outcome.reason for outcome in found[:2]] == ["bad-type", "bad-type"]
        assert len(found) == (3 if split == "train" else 2)


def test_test_letters_hold_the_refs_of_several_letters_as_the_refer_loader_has_it(tmp_path, read):
    marks = ("testA", "testB", "testC", "testAB", "testBC", "train", "val")
    write(tmp_path, [ref(number % 5, ref_id=number, split=mark) for number, mark in enumerate(marks)], name="refclef")
    found = {
        split: [marks[int(sample.key.split("-")[0])] for sample in read(tmp_path, split, "refclef")]
        for split in ("testA", "testB", "testC", "train", "val")
    }
    # github.com/lichengunc/refer, getRefIds: `split[-1] in ref['split']` for the letters, equality for the rest.
    assert found == {
        "testA": ["testA", "testAB"], "testB": ["testB", "testAB", "testBC"], "testC": ["testC", "testBC"],
        "train": ["train"], "val": ["val"],
    }  # fmt: skip


def test_a_file_that_is_no_list_of_refs_is_named(tmp_path, place):
    write(tmp_path, {"refs": []})
    with pytest.raises(DataError, match=r"refs\(unc\)\.p: expected a list of refs, found dict"):
        list(Refer(place("refcoco", tmp_path)).entries())


def test_a_ref_of_no_split_is_a_reject_for_each_of_its_sentences_in_every_split(tmp_path, read):
    said = [{"sent_id": number, "sent": f"words {number}"} for number in range(3)]
    write(tmp_path, [ref(1, split="trian", sentences=said)])
    for split in ("train", "val", "testA"):
        found = read(tmp_path, split=split)
        assert [(one.key, one.reason) for one in found] == [(f"1-{number}", "bad-type") for number in range(3)]
        assert "'trian'" in found[0].detail


def test_an_instances_file_that_is_not_json_is_named(tmp_path, place):
    write(tmp_path, [ref(1)])
    (tmp_path / FOLDER / "instances.json").write_text("[")
    with pytest.raises(DataError, match=r"instances\.json: line 1: expected an object"):
        list(Refer(place("refcoco", tmp_path)).entries())


@given(data=st.data())
def test_a_broken_ref_harms_no_other(data, tmp_path_factory, read, broken):
    root = tmp_path_factory.getbasetemp() / "broken-ref"
    first = broken(data, ref(1))
    write(root, [first, ref(2)])
    try:
        found = read(root)
    except DataError as error:
        # A pickle is one value: what is nested beyond its bound refuses the file.
        assert "nested more than" in str(error)  # noqa: PT017
        return
    assert isinstance(found[-1], Sample)
    assert found[-1].key == "2-20"
    assert len(found) > 1 or first["split"] != "train"


@given(data=st.data())
def test_a_broken_annotation_harms_no_other(data, tmp_path_factory, read, broken):
    root = tmp_path_factory.getbasetemp() / "broken-annotation"
    good = {"id": 102, "image_id": 7, "segmentation": SQUARE}
    write(root, [ref(1), ref(2)], [broken(data, {"id": 101, "image_id": 7, "segmentation": SQUARE}), good])
    first, second = read(root)
    assert (first.key, second.key) == ("1-10", "2-20")
    assert isinstance(second, Sample)


@pytest.mark.parametrize("name", ["refcoco", "refcoco+", "refcocog", "refclef", "rrsis-d"])
def test_every_planted_record_is_found(name, check_planted):
    assert all(len(sample.regions) == 1 for sample in check_planted(name, Refer))


def test_real_refcoco_is_read_whole(real, read):
    found = [outcome for split in ("train", "val", "testA", "testB") for outcome in read(real, split)]
    assert len(found) == 36
    assert all(isinstance(outcome, Sample) for outcome in found)
    assert len({outcome.key.split("-")[0] for outcome in found}) == 27


def test_real_masks_have_the_area_that_their_annotations_give(real, read):
    file = json.loads((real / FOLDER / "instances.json").read_text())
    area = {row["id"]: row["area"] for row in file["annotations"]}
    refs = pickle.loads((real / FOLDER / "refs(unc).p").read_bytes())
    expected = {str(row["ref_id"]): area[row["ann_id"]] for row in refs}
    for sample in read(real, "train"):
        assert sample.regions[0].mask.area == pytest.approx(expected[sample.key.split("-")[0]], rel=0.05)


def test_real_rrsisd_is_read_whole(real, read):
    found = [outcome for split in ("val", "test") for outcome in read(real, split, "rrsis-d")]
    assert len(found) == 3
    assert all(isinstance(outcome, Sample) for outcome in found)
    assert all(sample.image.path.startswith("refer_seg/images/rrsisd/JPEGImages/") for sample in found)
