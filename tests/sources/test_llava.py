"""Laws of LLaVA-665k: a row is a record, its text stays as it is but for the placeholder and reserved marks."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from t4s_data.codecs.labels import neutralize
from t4s_data.errors import DataError
from t4s_data.files.location import Location
from t4s_data.sample import Sample
from t4s_data.sources.llava import Llava, conversation

IMAGE = "<image>"


def talk(*texts):
    return [{"from": ("human", "gpt")[place % 2], "value": text} for place, text in enumerate(texts)]


def row(*texts, **fields):
    texts = texts or ("<image>\nWhat?", "A cat.")
    return {"id": "000000033471", "image": "coco/train2017/000000033471.jpg", "conversations": talk(*texts), **fields}


def write(root, rows):
    (root / "llava").mkdir(parents=True, exist_ok=True)
    text = rows if isinstance(rows, str) else json.dumps(rows)
    (root / "llava" / "llava_v1_5_mix665k.json").write_text(text)


@pytest.fixture(scope="session")
def read(place, outcomes):
    """All that the reader makes of the file below a data root."""
    return lambda root: outcomes(Llava(place("llava", root)))


def contents(sample):
    return [turn.content for turn in sample.turns]


def test_a_row_is_a_record_keyed_by_its_place(tmp_path, read):
    write(tmp_path, [row("<image>\nWhat?", "A cat.", "Why?", "Because."), row(id="000000033471"), row(id=5)])
    found = read(tmp_path)
    assert [sample.key for sample in found] == ["0", "1", "2"]
    assert [turn.role for turn in found[0].turns] == ["user", "assistant", "user", "assistant"]
    assert contents(found[0]) == ["<image>\nWhat?", "A cat.", "Why?", "Because."]
    assert not any(found[0].notes.values())


def test_the_image_is_named_and_not_opened(tmp_path, read):
    write(tmp_path, [row(), row(image="vg/VG_100K/2.jpg")])
    coco, other = read(tmp_path)
    assert (coco.image.path, coco.image.width, coco.image.height) == ("coco/train2017/000000033471.jpg", None, None)
    assert (coco.image_id, other.image_id) == ("33471", None)


def test_rows_without_an_image_and_unknown_keys_are_kept(tmp_path, read):
    bare = row("How?", "So.", model="", extra=[{}])
    del bare["image"], bare["id"]
    write(tmp_path, [bare, row("How?", "So.", image=None)])
    for sample in read(tmp_path):
        assert (sample.image, sample.image_id, contents(sample)) == (None, None, ["How?", "So."])


@pytest.mark.parametrize(
    ("said", "kept", "moved"),
    [
        ("<image>\nWhat?", "<image>\nWhat?", 0),
        ("<image>What?", "<image>What?", 0),
        ("<image>", "<image>", 0),
        ("What?\n<image>", "<image>\nWhat?", 1),
        ("What?<image>", "<image>\nWhat?", 1),
        ("Look: <image> What?", "<image>\nLook:  What?", 1),
        ("Look:\n<image>\nWhat?", "<image>\nLook:\nWhat?", 1),
        ("\n<image>\nWhat?  ", "<image>\n\nWhat?  ", 1),
    ],
)
def test_the_placeholder_moves_to_the_front_and_the_rest_stays(said, kept, moved):
    turns, notes = conversation([("human", said), ("gpt", "x")], pictured=True)
    assert turns[0].content == kept
    assert notes == {
        "leading-turns-dropped": 0,
        "placeholders-moved": moved,
        "placeholders-added": 0,
        "reserved-text": 0,
    }


def test_a_missing_placeholder_is_put_in_front_and_counted():
    turns, notes = conversation([("human", "What?"), ("gpt", "x")], pictured=True)
    assert (turns[0].content, notes["placeholders-added"]) == ("<image>\nWhat?", 1)


def test_placeholders_that_mean_no_image_and_other_reserved_marks_are_neutralized_and_counted():
    said = [("human", "<image> or <image>?"), ("gpt", "<seg> <fg12>"), ("human", "<image>"), ("gpt", "a < b <b>")]
    turns, notes = conversation(said, pictured=True)
    assert [turn.content for turn in turns] == ["<image> or ‹image>?", "‹seg> ‹fg12>", "‹image>", "a < b <b>"]
    assert notes["reserved-text"] == 4
    turns, notes = conversation(said, pictured=False)
    assert turns[0].content == "‹image> or ‹image>?"
    assert notes["reserved-text"] == 5


@pytest.mark.parametrize("first", [("gpt", "Hello."), ("system", "Be kind."), ("", "")])
def test_turns_before_the_human_s_first_are_dropped_and_counted(first):
    turns, notes = conversation([first, first, ("human", "<image>\nWhat?"), ("gpt", "x")], pictured=True)
    assert [turn.content for turn in turns] == ["<image>\nWhat?", "x"]
    assert notes["leading-turns-dropped"] == 2


TEXT = st.text(min_size=1).filter(lambda text: text.strip() and "<" not in text)


@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=3), st.booleans())
def test_every_other_character_stays(pairs, pictured):
    said = [turn for question, reply in pairs for turn in (("human", question), ("gpt", reply))]
    expected = [neutralize(text).text for _, text in said]
    if pictured:
        said[0] = ("human", f"{said[0][1]}\n{IMAGE}")
        expected[0] = f"{IMAGE}\n{expected[0]}"
    turns, _ = conversation(said, pictured=pictured)
    assert [turn.content for turn in turns] == expected


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"conversations": []}, "no-texts"),
        ({"conversations": None}, "bad-type"),
        ({"conversations": ["x"]}, "bad-type"),
        ({"conversations": [{"from": "human"}]}, "bad-type"),
        ({"conversations": [{"from": 5, "value": "x"}]}, "bad-type"),
        ({"conversations": [{"from": "human", "value": 7}, {"from": "gpt", "value": "7"}]}, "bad-type"),
        ({"conversations": talk("What?")}, "no-texts"),
        ({"conversations": talk("What?", "A.", "Why?")}, "no-texts"),
        ({"conversations": talk("What?", " ")}, "no-texts"),
        ({"conversations": talk("", "A.")}, "no-texts"),
        ({"conversations": [*talk("What?", "A."), *talk("A.")[::-1], *talk("A.")]}, "bad-type"),
        ({"conversations": [{"from": "gpt", "value": "A."}]}, "no-texts"),
        ({"conversations": [*talk("What?"), {"from": "bot", "value": "A."}]}, "bad-type"),
        ({"image": "../secret.jpg"}, "bad-type"),
        ({"image": "/etc/passwd"}, "bad-type"),
        ({"image": "a\\b.jpg"}, "bad-type"),
        ({"image": "a//b.jpg"}, "bad-type"),
        ({"image": ""}, "bad-type"),
        ({"image": ["a.jpg"]}, "bad-type"),
    ],
)
def test_what_is_broken_is_rejected_by_its_place(tmp_path, read, fields, reason):
    write(tmp_path, [row(**fields), row()])
    first, second = read(tmp_path)
    assert (first.key, first.reason) == ("0", reason)
    assert isinstance(second, Sample)


@pytest.mark.parametrize("text", ["", "{}", "[{}", "[1] [2]", "\ufeff{}"])
def test_a_file_that_is_no_json_array_is_named(tmp_path, read, text):
    write(tmp_path, text)
    with pytest.raises(DataError, match=r"llava_v1_5_mix665k\.json: "):
        read(tmp_path)


@given(data=st.data())
def test_a_broken_row_harms_no_other(data, tmp_path_factory, read, broken):
    root = tmp_path_factory.getbasetemp() / "broken-llava"
    write(root, [broken(data, row("<image>\nWhat?", "A cat.", "Why?", "Because.")), row()])
    first, second = read(root)
    assert (first.key, second.key) == ("0", "1")
    assert isinstance(second, Sample)


def test_every_planted_record_is_found(check_planted, planted):
    samples = check_planted("llava", Llava)
    quirks = planted[1]["llava"]["quirks"]
    assert sum(sample.image is None for sample in samples) == quirks["text-only"]
    assert sum(bool(sample.notes["reserved-text"]) for sample in samples) == quirks["reserved-words"]
    for sample in samples:
        marks = [turn.content.count(IMAGE) for turn in sample.turns]
        assert marks == [int(sample.image is not None), *[0] * (len(marks) - 1)]


@pytest.mark.parametrize("name", ["mix665k_two_rows.json", "qwen3vl_single_images.json"])
def test_real_rows_keep_their_text(real, outcomes, name):
    location = Location(real, "llava", "train", files={"conversations": (f"{{root}}/{name}",)}, images="")
    rows = json.loads((real / "llava" / name).read_text())
    found = outcomes(Llava(location))
    assert len(found) == len(rows)
    for sample, expected in zip(found, rows, strict=True):
        assert sample.image == expected.get("image") or sample.image.path == expected["image"]
        said = [turn["value"] for turn in expected["conversations"]]
        if sample.image:
            said[0] = f"{IMAGE}\n{said[0].replace(IMAGE, '').strip()}"
        assert contents(sample) == said
