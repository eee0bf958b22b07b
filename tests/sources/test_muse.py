"""Laws of MUSE: a pair of question and answer is a record, and region i stands at the i-th place of the answer."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from t4s_data.errors import DataError
from t4s_data.sample import Sample
from t4s_data.sources.muse import Muse, built_answer

WIDTH, HEIGHT = 40, 30


def square(left, side):
    return [[left, 2, left + side, 2, left + side, 2 + side, left, 2 + side]]


def target(left=2, side=4, **fields):
    return {
        "segmentation": square(left, side), "category_id": 1, "category_name": "dining_table", "bbox": [1, 2, 3, 4],
        "rephrased_name": f"the table of {side}", **fields,
    }  # fmt: skip


def record(**fields):
    return {
        "coco_url": "http://images.cocodataset.org/train2017/000000000009.jpg", "height": HEIGHT, "width": WIDTH,
        "ann_list": [], "questions": ["what?"], "answers": [[target()]], "text_answers": ["The table {seg}."], **fields,
    }  # fmt: skip


def write(root, records, name="MUSE_train.json"):
    (root / "muse").mkdir(parents=True, exist_ok=True)
    (root / "muse" / name).write_text(records if isinstance(records, str) else json.dumps(records))


@pytest.fixture(scope="session")
def read(place, outcomes):
    """All that the reader makes of a split below a data root."""
    return lambda root, split="train": outcomes(Muse(place("muse", root, split)))


def test_a_pair_is_a_record_and_its_regions_stand_in_the_words(tmp_path, read):
    pairs = {
        "questions": ["first?", "second?"],
        "answers": [[target(2, 3), target(10, 5)], [target()]],
        "text_answers": ["One {seg} and another {seg}, you see.", "{seg}"],
    }
    write(tmp_path, [record(), record(**pairs)])
    single, first, second = read(tmp_path)
    assert [sample.key for sample in (single, first, second)] == ["0-0", "1-0", "1-1"]
    assert first.query == "first?"
    assert first.answer == ("One ", " and another ", ", you see.")
    assert [(region.label, region.mask.area) for region in first.regions] == [("roi0", 9), ("roi1", 25)]
    assert second.answer == ("", "")


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({}, "coco/train2017/000000000009.jpg"),
        ({"coco_url": "http://images.cocodataset.org/val2017/000000000009.jpg"}, "coco/val2017/000000000009.jpg"),
        ({"coco_url": "train2017/000000000009.jpg"}, "coco/train2017/000000000009.jpg"),
        (
            {"file_name": "COCO_train2014_000000000009.jpg"},
            "refer_seg/images/coco_2014/train2014/COCO_train2014_000000000009.jpg",
        ),
    ],
)
def test_the_image_is_found_by_rule_without_looking(tmp_path, read, fields, path):
    write(tmp_path, [record(**fields)])
    (sample,) = read(tmp_path)
    assert (sample.image.path, sample.image.width, sample.image.height) == (path, WIDTH, HEIGHT)
    assert sample.image_id == "9"


@pytest.mark.parametrize(
    ("text", "places"), [("The table.", 0), ("{seg} {seg}", 2), ("{Seg}", 0), ("{seg {seg}} and {seg}.", 2)]
)
def test_another_number_of_places_rejects_the_pair_alone(tmp_path, read, text, places):
    pairs = {"questions": ["?", "?"], "answers": [[target()]] * 2, "text_answers": [text, "It {seg}."]}
    write(tmp_path, [record(**pairs)])
    first, second = read(tmp_path)
    assert (first.key, first.reason) == ("0-0", "answer-mismatch")
    assert f"{places} places for 1 objects" in first.detail
    assert isinstance(second, Sample)


def test_stray_braces_go_and_are_counted(tmp_path, read):
    write(tmp_path, [record(text_answers=["{0} {seg} {fits} or {} so {"])])
    (sample,) = read(tmp_path)
    assert sample.answer == ("0 ", " fits or so ")
    assert sample.notes == {"answers-built": 0, "stray-braces": 7}


@pytest.mark.parametrize("texts", [None, [], [None], [""], [" \n"], "absent"])
def test_without_a_text_an_answer_is_built_of_the_names_and_counted(tmp_path, read, texts):
    answers = [[target(2), target(9, rephrased_name=None), target(16, 3)]]
    row = record(answers=answers, text_answers=texts)
    if texts == "absent":
        del row["text_answers"]
    write(tmp_path, [row])
    (sample,) = read(tmp_path)
    assert sample.notes == {"answers-built": 1, "stray-braces": 0}
    assert len(sample.answer) == len(sample.regions) + 1
    for name, words in zip(("the table of 4", "dining table", "the table of 3"), sample.answer, strict=False):
        assert words.endswith(f"{name} ")


@given(st.lists(st.text(min_size=1), min_size=1, max_size=6))
def test_a_built_answer_has_a_place_after_each_name(names):
    words = built_answer(names)
    assert len(words) == len(names) + 1
    for name, piece in zip(names, words, strict=False):
        assert piece.endswith(f"{name} ")


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"answers": [[target(segmentation=None)]]}, ("0-0", "no-mask")),
        ({"answers": [[target(segmentation={"size": [HEIGHT, WIDTH], "counts": [5]})]]}, ("0-0", "bad-mask")),
        ({"answers": [[target(segmentation={"size": [9, 9], "counts": [81]})]]}, ("0-0", "size-mismatch")),
        ({"answers": [[target(segmentation=[[[1]]])]]}, ("0-0", "bad-mask")),
        ({"answers": [[target(segmentation=square(60, 4))]]}, ("0-0", "empty-mask")),
        ({"answers": [[]], "text_answers": None}, ("0-0", "no-target")),
        ({"answers": [[]], "text_answers": ["None."]}, ("0-0", "no-target")),
        ({"answers": [[5]]}, ("0-0", "bad-type")),
        ({"answers": [None]}, ("0-0", "bad-type")),
        ({"answers": []}, ("0-0", "bad-type")),
        ({"answers": None}, ("0-0", "bad-type")),
        ({"questions": []}, ("0-0", "bad-type")),
        ({"questions": [5]}, ("0-0", "bad-type")),
        ({"questions": [" "]}, ("0-0", "no-texts")),
        ({"text_answers": [5]}, ("0-0", "bad-type")),
        ({"text_answers": {}}, ("0-0", "bad-type")),
        ({"questions": [], "answers": [], "text_answers": []}, ("0", "no-texts")),
        ({"height": None}, ("0-0", "bad-type")),
        ({"width": 0}, ("0-0", "bad-type")),
        ({"width": 1e9}, ("0-0", "bad-type")),
        ({"height": 10**9}, ("0-0", "bad-type")),
        ({"coco_url": None}, ("0-0", "bad-type")),
        ({"coco_url": "http://x/train2017/.."}, ("0-0", "bad-type")),
        ({"file_name": "../../../etc/passwd"}, ("0-0", "bad-type")),
        ({"file_name": 5}, ("0-0", "bad-type")),
        (
            {"answers": [[target(rephrased_name=None, category_name=None)]], "text_answers": None},
            ("0-0", "bad-type"),
        ),
    ],
)
def test_what_is_broken_is_rejected_by_its_key(tmp_path, read, fields, outcome):
    write(tmp_path, [record(**fields), record()])
    first, second = read(tmp_path)
    assert (first.key, first.reason) == outcome
    assert second.key == "1-0"


def test_columns_of_unequal_length_lose_no_pair(tmp_path, read):
    write(tmp_path, [record(questions=["a?", "b?"], text_answers=["{seg}", "{seg}", "{seg}"])])
    found = read(tmp_path)
    assert sorted(outcome.key for outcome in found) == ["0-0", "0-1", "0-2"]
    assert [outcome.key for outcome in found if isinstance(outcome, Sample)] == ["0-0"]


def test_both_spellings_of_a_file_name_are_found(tmp_path, read):
    write(tmp_path, [record()], "MUSE_val.json")
    write(tmp_path, [record(), record()], "muse_test_less.json")
    assert (len(read(tmp_path, "val")), len(read(tmp_path, "test_less"))) == (1, 2)


@pytest.mark.parametrize("text", ["", "{}", "[{}", '[{"questions": }]', "[] []"])
def test_a_file_that_is_no_json_array_is_named(tmp_path, read, text):
    write(tmp_path, text)
    with pytest.raises(DataError, match=r"MUSE_train\.json: "):
        read(tmp_path)


@given(data=st.data())
def test_a_broken_record_harms_no_other(data, tmp_path_factory, read, broken):
    root = tmp_path_factory.getbasetemp() / "broken-muse"
    write(root, [broken(data, record()), record()])
    found = read(root)
    assert len(found) >= 2
    assert isinstance(found[-1], Sample)
    assert found[-1].key == "1-0"


def test_every_planted_record_is_found(check_planted, planted):
    samples = check_planted("muse", Muse)
    quirks = planted[1]["muse"]["quirks"]
    assert sum(sample.notes["answers-built"] for sample in samples) == quirks["pairs-without-text-answer"]
    assert sum(sample.notes["stray-braces"] for sample in samples) > 0
    assert not any({"{", "}"} & set("".join(sample.answer)) for sample in samples)
    assert all(len(sample.answer) == len(sample.regions) + 1 for sample in samples)
