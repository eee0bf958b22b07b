"""Laws of grefCOCO: one region for each object that is meant, none where nothing is, and no guess in between."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask as coco

from t4s_data.sample import Sample
from t4s_data.sources.grefcoco import Grefcoco

EXPECTED = np.zeros((10, 12), dtype=bool)
EXPECTED[2:6, 2:8] = True
COUNTS = coco.encode(np.asfortranarray(EXPECTED, dtype=np.uint8))["counts"].decode()
FORMS = {
    "polygons": [[2, 2, 8, 2, 8, 6, 2, 6]],
    "compressed": {"size": [10, 12], "counts": COUNTS},
    "uncompressed": {"size": [10, 12], "counts": [22, 4, 6, 4, 6, 4, 6, 4, 6, 4, 6, 4, 44]},
}
OTHER = [[0, 0, 2, 0, 2, 2, 0, 2]]
IMAGE = {"id": 7, "file_name": "COCO_train2014_000000000007.jpg", "height": 10, "width": 12, "license": 1}


def ref(number: int, **fields):
    return {
        "ref_id": number, "ann_id": [101], "category_id": [1], "image_id": 7, "no_target": False, "split": "train",
        "file_name": "COCO_train2014_000000000007", "sentences": [{"sent_id": 10 * number, "sent": "both of them"}],
        **fields,
    }  # fmt: skip


def write(root, refs, segmentations=(FORMS["polygons"], OTHER), *, suffix="json"):
    folder = root / "refer_seg" / "grefcoco"
    folder.mkdir(parents=True, exist_ok=True)
    data = json.dumps(refs).encode() if suffix == "json" else pickle.dumps(refs, protocol=2)
    (folder / f"grefs(unc).{suffix}").write_bytes(data)
    rows = [{"id": 101 + k, "image_id": 7, "segmentation": parts} for k, parts in enumerate(segmentations)]
    (folder / "instances.json").write_text(json.dumps({"images": [IMAGE], "annotations": rows}))


@pytest.fixture(scope="session")
def read(place, outcomes):
    """All that the reader makes of a split below a data root."""
    return lambda root, split="train": outcomes(Grefcoco(place("grefcoco", root, split)))


def test_each_object_is_a_region_and_the_sentence_is_their_label(tmp_path, read):
    write(tmp_path, [ref(1, ann_id=[102, 101], category_id=[1, 1])])
    (sample,) = read(tmp_path)
    assert (sample.key, sample.query) == ("1-10", "both of them")
    assert [(region.label, region.mask.area) for region in sample.regions] == [
        ("both of them", 4),
        ("both of them", 24),
    ]
    assert sample.image.path == f"refer_seg/images/coco_2014/train2014/{IMAGE['file_name']}"
    assert sample.image_id == "7"


def test_nothing_meant_is_a_sample_without_regions(tmp_path, read):
    write(tmp_path, [ref(1, ann_id=[-1], category_id=[-1], no_target=True)])
    (sample,) = read(tmp_path)
    assert isinstance(sample, Sample)
    assert (sample.regions, sample.query) == ((), "both of them")


@pytest.mark.parametrize(("ids", "empty", "count"), [(101, False, 1), (-1, True, 0)])
def test_scalars_stand_for_lists_of_one(tmp_path, read, ids, empty, count):
    write(tmp_path, [ref(1, ann_id=ids, category_id=1, no_target=empty)])
    (sample,) = read(tmp_path)
    assert len(sample.regions) == count


def test_the_flag_may_be_missing(tmp_path, read):
    refs = [ref(1), ref(2, ann_id=[-1])]
    for row in refs:
        del row["no_target"]
    write(tmp_path, refs)
    assert [len(sample.regions) for sample in read(tmp_path)] == [1, 0]


@pytest.mark.parametrize(
    "fields",
    [
        {"ann_id": [101], "no_target": True}, {"ann_id": [-1], "no_target": False}, {"ann_id": [], "no_target": True},
        {"ann_id": [], "no_target": False}, {"no_target": None}, {"no_target": 0}, {"no_target": "false"},
        {"ann_id": None}, {"ann_id": ["101"]}, {"ann_id": [True]}, {"ann_id": [[101]]},
    ],
)  # fmt: skip
def test_ids_and_flag_that_contradict_each_other_are_rejected(tmp_path, read, fields):
    write(tmp_path, [ref(1, **fields)])
    (outcome,) = read(tmp_path)
    assert (outcome.key, outcome.reason) == ("1-10", "bad-type")


@pytest.mark.parametrize("ids", [[101, -1], [101, 999]])
def test_one_unknown_object_rejects_the_sentence(tmp_path, read, ids):
    write(tmp_path, [ref(1, ann_id=ids)])
    (outcome,) = read(tmp_path)
    assert (outcome.key, outcome.reason) == ("1-10", "unknown-annotation")


def test_an_object_named_twice_is_one_region_and_is_counted(tmp_path, read):
    write(tmp_path, [ref(1, ann_id=[101, 102, 101])])
    (sample,) = read(tmp_path)
    assert len(sample.regions) == 2
    assert sample.notes["repeated-targets"] == 1


def test_crowds_among_the_targets_are_left_out_as_rela_does(tmp_path, read):
    # gres_model/data/datasets/grefcoco.py of ReLA: `if anno_dict['iscrowd']: continue`.
    write(tmp_path, [ref(1, ann_id=[101, 102]), ref(2, ann_id=[102])])
    path = tmp_path / "refer_seg/grefcoco/instances.json"
    instances = json.loads(path.read_text())
    instances["annotations"][1]["iscrowd"] = 1
    path.write_text(json.dumps(instances))
    sample, reject = read(tmp_path)
    assert [region.mask.area for region in sample.regions] == [24]
    assert sample.notes["crowd-left-out"] == 1
    assert (reject.key, reject.reason) == ("2-20", "no-target")
    assert "crowds" in reject.detail


def test_a_ref_without_sentences_is_one_reject(tmp_path, read):
    write(tmp_path, [ref(1, sentences=[]), ref(2)])
    first, second = read(tmp_path)
    assert (first.key, first.reason) == ("1", "no-texts")
    assert second.key == "2-20"


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_segmentation_gives_its_own_mask(tmp_path, read, form):
    # Another object comes first: the released scripts give an object without polygons the mask before it.
    write(tmp_path, [ref(1, ann_id=[102, 101])], (FORMS[form], OTHER))
    (sample,) = read(tmp_path)
    assert (sample.regions[1].mask.dense() == EXPECTED).all()


@pytest.mark.parametrize(("broken", "reason"), [([], "no-mask"), ([[1, 2]], "bad-mask"), (5, "bad-mask")])
def test_one_object_without_a_mask_rejects_the_sentence(tmp_path, read, broken, reason):
    write(tmp_path, [ref(1, ann_id=[102, 101]), ref(2, ann_id=[102])], (broken, OTHER))
    first, second = read(tmp_path)
    assert (first.key, first.reason) == ("1-10", reason)
    assert isinstance(second, Sample)


def test_the_pickle_gives_what_the_json_gives(tmp_path, read):
    refs = [ref(1), ref(2, ann_id=[-1], no_target=True), ref(3, sentences=[]), ref(4, split="val")]
    for suffix in ("json", "p"):
        write(tmp_path / suffix, refs, suffix=suffix)
    assert len(read(tmp_path / "json")) == 3
    assert read(tmp_path / "json") == read(tmp_path / "p")


@given(data=st.data())
def test_a_broken_ref_harms_no_other(data, tmp_path_factory, read, broken):
    root = tmp_path_factory.getbasetemp() / "broken-gref"
    first = broken(data, ref(1, ann_id=[101, 102]))
    write(root, [first, ref(2)])
    found = read(root)
    assert isinstance(found[-1], Sample)
    assert found[-1].key == "2-20"
    assert len(found) > 1 or first["split"] != "train"


def test_every_planted_record_is_found(check_planted, planted):
    samples = check_planted("grefcoco", Grefcoco)
    assert sum(not sample.regions for sample in samples) == planted[1]["grefcoco"]["quirks"]["no-target-sentences"]
    assert max(len(sample.regions) for sample in samples) > 1


def test_the_real_record_without_target(real, tmp_path, read):
    folder = tmp_path / "refer_seg" / "grefcoco"
    folder.mkdir(parents=True)
    (folder / "grefs(unc).json").symlink_to(real / "refer_seg" / "grefcoco" / "real_no_target_record.json")
    image = {"id": 909, "file_name": "COCO_train2014_000000000909.jpg", "height": 480, "width": 640}
    (folder / "instances.json").write_text(json.dumps({"images": [image], "annotations": []}))
    (sample,) = read(tmp_path, "val")
    assert (sample.key, sample.regions) == ("135-400", ())
    assert sample.query == "the b;ack keyboard in front of the computer on the table"
