"""Laws of ReasonSeg: a text is a record, the texts of a file share one mask, painted by falling area."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from t4s_data.errors import DataError
from t4s_data.sample import Sample
from t4s_data.sources.reasonseg import ReasonSeg, target_mask

WIDTH, HEIGHT = 40, 30
FOLDER = "reason_seg/ReasonSeg"


def rectangle(left, top, right, bottom):
    return [[left, top], [right, top], [right, bottom], [left, bottom]]


def shape(label, points, **fields):
    return {"label": label, "labels": [label], "shape_type": "polygon", "points": points, "group_id": None, **fields}


def record(*texts, shapes=None):
    target = [shape("target", rectangle(5, 5, 15, 10))]
    return {"text": list(texts or ("why?",)), "is_sentence": True, "shapes": target if shapes is None else shapes}


def write(root, stem, body, *, split="train", image=True):
    folder = root / FOLDER / split
    folder.mkdir(parents=True, exist_ok=True)
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    (folder / f"{stem}.json").write_bytes(data)
    if image:
        Pillow.new("RGB", (WIDTH, HEIGHT)).save(folder / f"{stem}.jpg")


def explain(root, rows):
    (root / FOLDER / "explanatory").mkdir(parents=True, exist_ok=True)
    (root / FOLDER / "explanatory" / "train.json").write_text(json.dumps(rows))


@pytest.fixture(scope="session")
def read(place, outcomes):
    """All that the reader makes of a split below a data root."""
    return lambda root, split="train", **options: outcomes(ReasonSeg(place("reasonseg", root, split, **options)))


def test_a_text_is_a_record_and_all_of_a_file_share_its_mask(tmp_path, read):
    write(tmp_path, "b", record("one?", "two?"))
    write(tmp_path, "a", record("three?"))
    found = read(tmp_path)
    assert [(sample.key, sample.query) for sample in found] == [("a-0", "three?"), ("b-0", "one?"), ("b-1", "two?")]
    assert {sample.regions for sample in found[1:]} == {found[0].regions}
    assert (found[0].regions[0].label, found[0].answer) == ("roi0", ())


def test_the_size_comes_from_the_header_of_the_image(tmp_path, read):
    write(tmp_path, "a", record())
    (sample,) = read(tmp_path)
    assert (sample.image.path, sample.image.width, sample.image.height) == (f"{FOLDER}/train/a.jpg", WIDTH, HEIGHT)
    assert (sample.regions[0].mask.width, sample.regions[0].mask.height) == (WIDTH, HEIGHT)


def test_nested_polygons_are_painted_smaller_over_larger_whatever_their_order():
    large, middle, small = rectangle(2, 2, 22, 22), rectangle(4, 4, 14, 14), rectangle(6, 6, 9, 9)
    shapes = [(True, small), (True, large), (False, middle)]
    expected = np.zeros((HEIGHT, WIDTH), dtype=bool)
    expected[2:23, 2:23] = True
    expected[4:15, 4:15] = False
    expected[6:10, 6:10] = True
    assert (target_mask(shapes, HEIGHT, WIDTH).dense() == expected).all()


def test_several_targets_are_one_region_and_flags_are_dropped(tmp_path, read):
    shapes = [
        shape("target", rectangle(0, 0, 4, 4)), shape("Target", rectangle(10, 10, 12, 12)), shape("flag", [[1, 1]]),
        shape("FLAG", "nothing"), shape("ignore", rectangle(11, 10, 12, 12)),
    ]  # fmt: skip
    write(tmp_path, "a", record(shapes=shapes))
    (sample,) = read(tmp_path)
    assert sample.regions[0].mask.area == 25 + 9 - 6


@pytest.mark.parametrize("label", ["ignore", "flag"])
def test_a_file_without_target_rejects_each_of_its_texts(tmp_path, read, label):
    write(tmp_path, "a", record("x", "y", shapes=[shape(label, rectangle(1, 1, 5, 5))]))
    assert [(reject.key, reject.reason) for reject in read(tmp_path)] == [("a-0", "no-target"), ("a-1", "no-target")]


def test_windows_1252_is_read(tmp_path, read):
    write(tmp_path, "a", json.dumps(record("what’s this – a café?"), ensure_ascii=False).encode("cp1252"))
    (sample,) = read(tmp_path)
    assert sample.query == "what’s this – a café?"


@pytest.mark.parametrize(
    ("fields", "key", "reason"),
    [
        ({"text": []}, "a", "no-texts"),
        ({"text": "why?"}, "a", "bad-type"),
        ({"text": [5]}, "a-0", "bad-type"),
        ({"text": [" "]}, "a-0", "no-texts"),
        ({"shapes": None}, "a-0", "bad-type"),
        ({"shapes": [5]}, "a-0", "bad-type"),
        ({"shapes": [shape("dog", rectangle(1, 1, 5, 5))]}, "a-0", "bad-type"),
        ({"shapes": [shape(None, rectangle(1, 1, 5, 5))]}, "a-0", "bad-type"),
        ({"shapes": [shape("target", [[1, 1], [5]])]}, "a-0", "bad-mask"),
        ({"shapes": [shape("target", [[1, 1], [5, True], [5, 5]])]}, "a-0", "bad-mask"),
        ({"shapes": [shape("target", [])]}, "a-0", "bad-mask"),
        ({"shapes": [shape("target", [[1, 1], [1e9, 5], [5, 5]])]}, "a-0", "bad-mask"),
        ({"shapes": [shape("target", [[1, 1], [5, 5]], shape_type="rectangle")]}, "a-0", "bad-mask"),
        ({"shapes": [shape("target", rectangle(42, 1, 45, 9))]}, "a-0", "empty-mask"),
        ({"shapes": [shape("target", rectangle(1, 1, 3, 3)), shape("ignore", rectangle(1, 1, 3, 3))]}, None, None),
    ],
)
def test_what_is_broken_is_rejected_by_its_key(tmp_path, read, fields, key, reason):
    write(tmp_path, "a", record() | fields)
    (outcome,) = read(tmp_path)
    if reason:
        assert (outcome.key, outcome.reason) == (key, reason)
    else:
        assert outcome.regions[0].mask.area == 9


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"\x81\x8d", b"[" * 100_000])
def test_a_file_that_is_no_record_is_rejected_by_its_stem(tmp_path, read, data):
    write(tmp_path, "a", data)
    write(tmp_path, "b", record())
    first, second = read(tmp_path)
    assert (first.key, first.reason) == ("a", "bad-type" if data in (b"[]", b"\x81\x8d") else "bad-json")
    assert second.key == "b-0"


def test_a_file_that_cannot_be_read_is_a_reject_for_each_of_its_texts(tmp_path, read):
    write(tmp_path, "a", json.dumps(record("one", "two")).replace('"two"]', '"two"], "score": NaN').encode())
    assert [(found.key, found.reason) for found in read(tmp_path)] == [("a-0", "bad-json"), ("a-1", "bad-json")]


def test_files_without_their_other_half_are_rejected(tmp_path, read):
    write(tmp_path, "a", record("x", "y"), image=False)
    write(tmp_path, "b", record())
    (tmp_path / FOLDER / "train" / "b.json").unlink()
    (tmp_path / FOLDER / "train" / "c.jpg").write_bytes(b"no image")
    (tmp_path / FOLDER / "train" / "c.json").write_text(json.dumps(record()))
    (tmp_path / FOLDER / "train" / "._c.json").write_bytes(b"\0")
    assert [(reject.key, reject.reason) for reject in read(tmp_path)] == [
        ("a-0", "image-missing"), ("a-1", "image-missing"), ("b", "no-texts"), ("c-0", "image-unreadable"),
    ]  # fmt: skip


def test_images_with_too_few_usable_texts_are_not_chosen(tmp_path, read):
    write(tmp_path, "a", record("1", "2", "3"))
    write(tmp_path, "b", record("1", "2"))
    write(tmp_path, "c", record("1", "2", 3))
    assert [sample.key for sample in read(tmp_path, min_texts=3)] == ["a-0", "a-1", "a-2"]


def test_so_many_texts_of_each_image_are_drawn_by_the_seed_and_keep_their_order(tmp_path, read):
    for number in range(30):
        write(tmp_path, f"{number:02d}", record(*"123456"))
    drawn = {seed: [sample.key for sample in read(tmp_path, texts_per_image=5, seed=seed)] for seed in (0, 1)}
    assert drawn[0] == [sample.key for sample in read(tmp_path, texts_per_image=5, seed=0)]
    assert drawn[0] != drawn[1]
    assert all(len(keys) == 150 and keys == sorted(keys) for keys in drawn.values())
    # Every place is left out somewhere: the choice is not "the first five".
    left_out = {f"{number:02d}-{place}" for number in range(30) for place in range(6)} - set(drawn[0])
    assert {key[-1] for key in left_out} == set("012345")
    assert len(read(tmp_path, texts_per_image=7)) == 180


def test_written_reasons_are_answers_of_every_text_of_their_image_if_asked_for(tmp_path, read):
    write(tmp_path, "a", record("x", "y"))
    write(tmp_path, "b", record())
    explain(tmp_path, [{"query": "x", "outputs": "Because.", "image": "a.jpg", "json": "a.json"}])
    assert [sample.explanation for sample in read(tmp_path, explanatory=True)] == ["Because.", "Because.", ""]
    assert [sample.explanation for sample in read(tmp_path)] == ["", "", ""]


def test_broken_written_reasons_are_rejected(tmp_path, read):
    write(tmp_path, "a", record())
    explain(
        tmp_path, [5, {"outputs": "x"}, {"image": "a.jpg", "outputs": 5}, {"image": "elsewhere.jpg", "outputs": "x"}]
    )
    assert [(reject.key, reject.reason) for reject in read(tmp_path, explanatory=True)] == [
        ("explanatory[0]", "bad-type"), ("explanatory[1]", "bad-type"), ("a-0", "bad-type"),
    ]  # fmt: skip


def test_the_file_of_reasons_is_an_input_only_where_it_is_asked_for(tmp_path, place, read):
    write(tmp_path, "a", record())
    folder = tmp_path / FOLDER
    assert ReasonSeg(place("reasonseg", tmp_path)).inputs() == [folder / "train"]
    explanatory = ReasonSeg(place("reasonseg", tmp_path, explanatory=True)).inputs()
    assert explanatory == [folder / "train", folder / "explanatory" / "train.json"]
    explain(tmp_path, {"not": "a list"})
    with pytest.raises(DataError, match=r"explanatory/train\.json: not a JSON array"):
        read(tmp_path, explanatory=True)


@given(data=st.data())
def test_a_broken_file_harms_no_other(data, tmp_path_factory, read, broken):
    root = tmp_path_factory.getbasetemp() / "broken-reasonseg"
    write(root, "a", broken(data, record("x", "y")))
    write(root, "b", record())
    found = read(root)
    assert len(found) >= 2
    assert isinstance(found[-1], Sample)
    assert found[-1].key == "b-0"


def test_every_planted_record_is_found(check_planted):
    samples = check_planted("reasonseg", ReasonSeg)
    assert any("–" in sample.query for sample in samples)


def test_the_real_written_reasons_are_read(real, tmp_path, read):
    (tmp_path / FOLDER).mkdir(parents=True)
    (tmp_path / FOLDER / "explanatory").symlink_to(real / FOLDER / "explanatory")
    rows = json.loads((real / FOLDER / "explanatory" / "train.json").read_text())
    for row in rows:
        write(tmp_path, row["image"].removesuffix(".jpg"), record(row["query"]))
    found = read(tmp_path, explanatory=True)
    assert {sample.query: sample.explanation for sample in found} == {row["query"]: row["outputs"] for row in rows}


@pytest.mark.parametrize("split", ["val", "test"])
def test_splits_without_written_reasons_do_without(tmp_path, read, place, split):
    write(tmp_path, "a", record(), split=split)
    (sample,) = read(tmp_path, split, explanatory=True)
    assert not sample.explanation
    assert len(ReasonSeg(place("reasonseg", tmp_path, split, explanatory=True)).inputs()) == 1
