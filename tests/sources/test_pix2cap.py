"""A captioned segment is a record with its caption and its pixels; one that cannot be used costs no other."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from t4s_data.errors import DataError
from t4s_data.sample import Image, Sample
from t4s_data.sources.pix2cap import Pix2Cap
from t4s_data.synthetic.generate import write_world

IDS = np.zeros((5, 7), dtype=np.uint32)
IDS[:2] = 9
IDS[2:, :3] = 70_000
IDS[4, 4:] = 5


def segment(number: int, description: Any = "", **changes: Any) -> dict[str, Any]:
    return {"id": number, "category_id": 1, "iscrowd": 0, "description": description} | changes


def annotation(number: int, *segments: Any, **changes: Any) -> dict[str, Any]:
    return {"image_id": number, "file_name": f"{number:012d}.png", "segments_info": list(segments)} | changes


SKY, DOG, BALL = segment(9, "A gray sky."), segment(70_000, "A dog, {lying} left."), segment(5, "Red ball")


def write_split(root: Path, place: Callable[..., Any], annotations: list[Any]) -> Pix2Cap:
    """A reader of a split with these annotations; the PNGs of images 1 to 3 are there."""
    folder = root / "coco/annotations/panoptic_train2017"
    folder.mkdir(parents=True, exist_ok=True)
    for number in (1, 2, 3):
        channels = np.stack([IDS & 255, IDS >> 8 & 255, IDS >> 16], axis=-1).astype(np.uint8)
        Pillow.fromarray(channels).save(folder / f"{number:012d}.png")
    path = root / "pix2cap/pix2cap_coco_train.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"annotations": annotations}))
    return Pix2Cap(place("pix2cap", root))


@pytest.fixture
def write(tmp_path: Path, place: Callable[..., Any]) -> Callable[..., Pix2Cap]:
    return lambda *annotations: write_split(tmp_path, place, list(annotations))


def test_a_caption_is_a_record_with_the_pixels_of_its_segment(write, walk):
    found = walk(write(annotation(2, DOG, SKY), annotation(1, BALL)))
    assert [sample.key for sample in found.samples] == ["2-70000", "2-9", "1-5"]
    assert [entry.keys for entry in found.entries] == [("2-70000", "2-9"), ("1-5",)]
    for sample, (number, text) in zip(found.samples, ((70_000, DOG), (9, SKY), (5, BALL)), strict=True):
        (region,) = sample.regions
        assert sample.query == region.label == text["description"]
        assert np.array_equal(region.mask.dense(), number == IDS)


def test_the_size_is_that_of_the_png_and_the_image_its_stem(write, walk):
    found = walk(write(annotation(3, SKY)))
    (sample,) = found.samples
    assert sample.image == Image("coco/train2017/000000000003.jpg", 7, 5)
    assert found.entries[0].image == sample.image.path
    assert sample.image_id == "3"


@pytest.mark.parametrize("image_id", ["000000000001", "1", 1])
def test_an_image_id_may_be_a_numeral_as_the_reference_loader_has_it(write, walk, image_id):
    (sample,) = walk(write(annotation(1, SKY, image_id=image_id))).samples
    assert (sample.key, sample.image_id) == ("1-9", "1")


@pytest.mark.parametrize(
    ("key", "reason", "broken"),
    [
        ("1-5", "no-texts", segment(5, "")),
        ("1-5", "no-texts", segment(5, "ab")),
        ("1-5", "no-texts", segment(5, "  a \n ")),
        ("1-5", "bad-type", segment(5, None)),
        ("1-5", "bad-type", segment(5, ["A red ball."])),
        ("1-5", "no-target", segment(5, "Many balls.", iscrowd=1)),
        ("1-6", "empty-mask", segment(6, "A ghost.")),
        ("1-0", "empty-mask", segment(0, "The void.")),
        ("1-[1]", "bad-type", segment("5", "A red ball.")),
        ("1-[1]", "bad-type", {"description": "A red ball."}),
        ("1-[1]", "bad-type", None),
    ],
)
def test_a_segment_that_cannot_be_used_costs_no_other_of_its_image(write, walk, key, reason, broken):
    found = walk(write(annotation(1, SKY, broken, DOG), annotation(2, SKY)))
    assert [sample.key for sample in found.samples] == ["1-9", "1-70000", "2-9"]
    assert found.reasons() == {key: reason}


def test_a_caption_of_three_characters_is_used(write, walk):
    (sample,) = walk(write(annotation(1, segment(9, "Sky")))).samples
    assert sample.query == "Sky"


@pytest.mark.parametrize(
    ("key", "reason", "broken"),
    [
        ("2", "no-texts", annotation(2)),
        ("[1]-[0]", "bad-type", annotation(2, SKY, image_id=None)),
        ("[1]-[0]", "bad-type", annotation(2, SKY, image_id="two")),
        ("2", "bad-type", annotation(2, segments_info={})),
        ("[1]", "bad-type", "annotation"),
        ("2-[0]", "bad-type", annotation(2, SKY, file_name="/etc/passwd")),
        ("2-9", "no-mask", annotation(2, SKY, file_name="absent.png")),
        ("1-9", "duplicate-key", annotation(1, SKY)),
    ],
)
def test_an_image_that_cannot_be_used_costs_no_other(write, walk, key, reason, broken):
    found = walk(write(annotation(1, SKY), broken, annotation(3, SKY)))
    assert [sample.key for sample in found.samples] == ["1-9", "3-9"]
    assert found.reasons() == {key: reason}


def test_a_broken_image_is_a_reject_for_each_of_its_captions(write, walk):
    found = walk(write(annotation(1, SKY), annotation(2, SKY, DOG, BALL, file_name="/etc/passwd")))
    assert found.reasons() == dict.fromkeys(["2-[0]", "2-[1]", "2-[2]"], "bad-type")


def test_a_file_without_annotations_is_named(write):
    reader = write()
    reader.inputs()[0].write_text("{}")
    with pytest.raises(DataError, match=r"pix2cap_coco_train\.json: expected an object with a list 'annotations'"):
        list(reader.entries())


@given(data=st.data())
def test_a_broken_annotation_harms_no_other(scratch, outcomes, broken, data):
    whole = [annotation(1, SKY), broken(data, annotation(2, SKY, DOG)), annotation(3, SKY)]
    used = [outcome.key for outcome in outcomes(scratch(whole)) if isinstance(outcome, Sample)]
    assert (used[0], used[-1]) == ("1-9", "3-9")


@pytest.fixture(scope="module")
def scratch(tmp_path_factory, place):
    root = tmp_path_factory.mktemp("broken")
    return lambda annotations: write_split(root, place, annotations)


def test_planted_captions_are_found_and_short_ones_counted(tmp_path, place, walk):
    report = write_world(tmp_path, sources=["pix2cap"])["pix2cap"]
    short = 0
    for split, planted in report["splits"].items():
        found = walk(Pix2Cap(place("pix2cap", tmp_path, split)))
        assert len(found.samples) == planted["kept"]
        assert set(found.reasons().values()) <= {"no-texts"}
        short += len(found.rejects)
    assert short == report["quirks"]["short-captions"] > 0
