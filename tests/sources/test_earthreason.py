"""Laws of EarthReason: files pair by stem, a question with an answer is a record, and an orphan is a reject."""

from __future__ import annotations

import io
import json
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from t4s_data.errors import RecordError
from t4s_data.sample import Sample
from t4s_data.sources.earthreason import EarthReason, read_label

FOLDER = "rs_reason_seg/RSReasonSeg/train"
SQUARE = np.zeros((20, 30), dtype=np.uint8)
SQUARE[5:9, 4:12] = 255


def png(pixels, mode=None):
    file = io.BytesIO()
    image = Pillow.fromarray(pixels)
    (image.convert(mode) if mode else image).save(file, "PNG")
    return file.getvalue()


def qas(questions=("a?", "b?"), answer=("one", "two")):
    return {"questions": list(questions), "answer": list(answer)}


def write(root, stem, body=None, *, label=SQUARE, image=".jpg", suffix=".json", folder=FOLDER):
    for kind, name, data in (
        ("QAs", stem + suffix, body if isinstance(body, bytes) else json.dumps(body or qas()).encode()),
        ("labels", f"{stem}.png", label if isinstance(label, bytes) else png(label)),
        ("images", f"{stem}{image}", b"never opened"),
    ):
        (root / folder / kind).mkdir(parents=True, exist_ok=True)
        (root / folder / kind / name).write_bytes(data)


@pytest.fixture(scope="session")
def read(place, outcomes):
    """All that the reader makes of a split below a data root."""
    return lambda root, split="train", **options: outcomes(EarthReason(place("earthreason", root, split, **options)))


def test_question_i_goes_with_answer_i(tmp_path, read):
    write(tmp_path, "000001")
    first, second = read(tmp_path)
    assert [(sample.key, sample.query, sample.answer) for sample in (first, second)] == [
        ("000001-0-0", "a?", ("one", "")), ("000001-1-1", "b?", ("two", "")),
    ]  # fmt: skip
    assert (first.regions[0].label, first.regions[0].mask.area) == ("roi0", 32)
    assert (first.image.path, first.image.width, first.image.height) == (f"{FOLDER}/images/000001.jpg", 30, 20)


def test_product_is_every_question_with_every_answer(tmp_path, read):
    write(tmp_path, "x", qas(["a?", "b?", "c?"]))
    found = read(tmp_path, pairs="product")
    assert [(sample.query, sample.answer[0]) for sample in found] == [
        (question, answer) for question in ("a?", "b?", "c?") for answer in ("one", "two")
    ]
    assert [sample.key for sample in found[:3]] == ["x-0-0", "x-0-1", "x-1-0"]
    assert sum(sample.notes["texts-unpaired"] for sample in found) == 0


def test_what_has_no_counterpart_is_counted(tmp_path, read):
    write(tmp_path, "x", qas(["a?", "b?", "c?", "d?"]))
    found = read(tmp_path)
    assert len(found) == 2
    assert sum(sample.notes["texts-unpaired"] for sample in found) == 2


@pytest.mark.parametrize("answer", [[], "", [""], [" ", "\n"]])
@pytest.mark.parametrize("label", [SQUARE, SQUARE * 0])
def test_without_answers_every_question_is_a_record_without_target(tmp_path, read, answer, label):
    write(tmp_path, "x", qas() | {"answer": answer}, label=label)
    found = read(tmp_path)
    assert [(sample.key, sample.regions, sample.answer) for sample in found] == [("x-0", (), ()), ("x-1", (), ())]
    assert {sample.notes["masks-without-answer"] for sample in found} == {int(label.any())}


def test_an_empty_mask_is_no_target_whatever_the_answer_says(tmp_path, read):
    write(tmp_path, "x", label=SQUARE * 0)
    first, second = read(tmp_path)
    assert (first.regions, first.answer, second.answer) == ((), ("one",), ("two",))
    assert (first.image.width, first.image.height) == (30, 20)
    assert first.notes["answers-without-mask"] == 1


@pytest.mark.parametrize("image", [".jpg", ".jpeg", ".png", ".JPG"])
@pytest.mark.parametrize("suffix", [".json", ".txt"])
def test_every_suffix_is_found(tmp_path, read, image, suffix):
    write(tmp_path, "x", image=image, suffix=suffix)
    assert read(tmp_path)[0].image.path == f"{FOLDER}/images/x{image}"


@pytest.mark.parametrize("kinds", [("QAs",), ("images", "labels", "QAs")])
def test_a_second_folder_of_the_split_s_name_is_found(tmp_path, place, read, kinds):
    write(tmp_path, "x")
    (tmp_path / FOLDER / "train").mkdir()
    for kind in kinds:
        (tmp_path / FOLDER / kind).rename(tmp_path / FOLDER / "train" / kind)
    assert [outcome.key for outcome in read(tmp_path)] == ["x-0-0", "x-1-1"]
    assert all(path.is_dir() for path in EarthReason(place("earthreason", tmp_path)).inputs())


def test_files_pair_by_stem_when_some_are_missing(tmp_path, read):
    shifted = np.roll(SQUARE, 9, axis=1)
    for number, label in enumerate((SQUARE, shifted, SQUARE, shifted)):
        write(tmp_path, f"{number}", qas([f"{number}?"], ["x"]), label=label)
    (tmp_path / FOLDER / "images" / "0.jpg").unlink()
    (tmp_path / FOLDER / "labels" / "1.png").unlink()
    (tmp_path / FOLDER / "QAs" / "2.json").unlink()
    *orphans, last = read(tmp_path)
    assert [(reject.key, reject.reason) for reject in orphans] == [
        ("0-0-0", "image-missing"), ("1-0-0", "no-mask"), ("2", "no-texts"),
    ]  # fmt: skip
    assert (last.query, last.regions[0].mask.box) == ("3?", (13, 5, 21, 9))


def test_two_files_of_one_kind_and_stem_are_not_chosen_between(tmp_path, read):
    write(tmp_path, "a")
    write(tmp_path, "a", suffix=".txt")
    write(tmp_path, "b")
    write(tmp_path, "b", image=".png")
    assert [(reject.key, reject.reason) for reject in read(tmp_path)] == [
        ("a", "duplicate-key"), ("b-0-0", "duplicate-key"), ("b-1-1", "duplicate-key"),
    ]  # fmt: skip


@pytest.mark.parametrize("pixels", [SQUARE // 255, SQUARE > 0, SQUARE // 2])
def test_whatever_is_not_black_is_target(tmp_path, pixels):
    path = tmp_path / "x.png"
    path.write_bytes(png(pixels))
    width, height, mask = read_label(path)
    assert (width, height) == (30, 20)
    assert (mask.dense() == (SQUARE > 0)).all()


@pytest.mark.parametrize("data", [b"", b"no image", png(SQUARE)[:60], png(SQUARE, "RGB"), png(SQUARE, "P")])
def test_another_label_image_rejects_its_records(tmp_path, read, data):
    write(tmp_path, "x", label=data)
    assert [(reject.key, reject.reason) for reject in read(tmp_path)] == [("x-0-0", "bad-mask"), ("x-1-1", "bad-mask")]


@given(st.data())
def test_a_damaged_label_image_is_read_or_rejected(tmp_path_factory, data):
    whole = bytearray(png(SQUARE))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(8, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "damaged.png"
    path.write_bytes(whole)
    with suppress(RecordError):
        width, height, mask = read_label(path)
        assert mask is None or (mask.width, mask.height) == (width, height)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"{", [("x", "bad-json")]),
        (b'{"questions": ["a?", "b?"], "answer": ["x", NaN]}', [("x-0", "bad-json"), ("x-1", "bad-json")]),
        (b"[]", [("x", "bad-type")]),
        ({"questions": ["a?"], "answers": ["x"]}, [("x", "bad-type")]),
        ({"questions": "a?", "answer": ["x"]}, [("x", "bad-type")]),
        ({"questions": [], "answer": ["x"]}, [("x", "no-texts")]),
        ({"questions": ["a?"], "answer": None}, [("x", "bad-type")]),
        ({"questions": ["a?", "b?"], "answer": [None, "x"]}, [("x-0-0", "bad-type"), ("x-1-1", None)]),
        ({"questions": [5, " "], "answer": ["x", "y"]}, [("x-0-0", "bad-type"), ("x-1-1", "no-texts")]),
        ({"questions": ["a?", "b?"], "answer": ["x", ""]}, [("x-1-1", "no-texts"), ("x-0-0", None)]),
    ],
)
def test_what_is_broken_is_rejected_by_its_key(tmp_path, read, body, expected):
    write(tmp_path, "x", body)
    assert [(found.key, getattr(found, "reason", None)) for found in read(tmp_path)] == expected


def test_a_name_that_no_text_can_hold_is_rejected(tmp_path, read):
    write(tmp_path, "caf\udce9")
    (outcome,) = read(tmp_path)
    assert (outcome.key, outcome.reason) == ("caf\\udce9", "bad-type")


@given(data=st.data())
def test_a_broken_file_harms_no_other(data, tmp_path_factory, read, broken):
    root = tmp_path_factory.getbasetemp() / "broken-earthreason"
    write(root, "a", broken(data, qas()) or b"null")
    write(root, "b")
    found = read(root)
    assert len(found) >= 3
    assert [sample.key for sample in found[-2:]] == ["b-0-0", "b-1-1"]
    assert all(isinstance(sample, Sample) for sample in found[-2:])


def test_every_planted_record_is_found(check_planted):
    samples = check_planted("earthreason", EarthReason)
    assert any(sample.notes["answers-without-mask"] for sample in samples)
    assert any(not sample.regions for sample in samples)
