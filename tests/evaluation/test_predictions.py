"""Every form of a predictions file gives the same texts, and whatever is wrong with one is named with its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from t4s_data.errors import DataError
from t4s_data.evaluation.predictions import pair, read_predictions

TEXTS = ["plain", "two\nlines", "", "<seg>é</seg>"]


def lines(values: list[object]) -> str:
    return "".join(json.dumps(value) + "\n" for value in values)


@pytest.mark.parametrize(
    "content",
    [
        lines(TEXTS),
        lines([{"text": text} for text in TEXTS]),
        lines([{"response": text, "labels": None, "logprobs": [1]} for text in TEXTS]),
        json.dumps(TEXTS),
        json.dumps([{"text": text} for text in TEXTS], indent=2),
        "\n" + lines(TEXTS).replace("\n", "\r\n\n"),
    ],
)
def test_lists_in_row_order(content: str, tmp_path: Path):
    path = tmp_path / "predictions"
    path.write_text(content, newline="")
    predictions = list(read_predictions(path))
    assert [prediction.text for prediction in predictions] == TEXTS
    assert pair(predictions, list("abcd")) == (TEXTS, [])
    with pytest.raises(DataError, match="4 predictions without ids for 3 rows"):
        pair(predictions, list("abc"))


def test_ids_pair_in_any_order_and_what_is_missing_or_left_over_is_told(tmp_path: Path):
    path = tmp_path / "predictions.jsonl"
    path.write_text(lines([{"id": "c", "text": "C"}, {"id": "x", "text": "X"}, {"id": "a", "text": "A"}]))
    texts, surplus = pair(list(read_predictions(path)), ["a", "b", "c"])
    assert texts == ["A", None, "C"]
    assert [(prediction.id, prediction.place) for prediction in surplus] == [("x", f"{path}, line 2")]


def test_no_predictions_at_all_are_all_missing(tmp_path: Path):
    path = tmp_path / "empty"
    path.write_text("\n")
    assert pair(list(read_predictions(path)), ["a"]) == ([None], [])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('"a"\n{"text": 5}\n', "line 2: Expected `str | null`, got `int`"),
        ('"a"\n\n{"id": "x"}\n', "line 3: no 'text' or 'response'"),
        ('"a"\n{"text": "b"\n', "line 2: Input data was truncated"),
        ('"a"\n17\n', "line 2: Expected"),
        ('["a", 17]', "item 2: Expected"),
        ('["a", ', "not a JSON array"),
        ('"a"\n{"text": "b", "height": "tall"}', "line 2: Expected `int | null`"),
    ],
)
def test_a_bad_value_is_named_with_its_place(content: str, message: str, tmp_path: Path):
    path = tmp_path / "predictions.jsonl"
    path.write_text(content)
    with pytest.raises(DataError) as caught:
        list(read_predictions(path))
    assert str(path) in str(caught.value)
    assert message in str(caught.value)


def test_bytes_that_are_no_text_and_absent_files_are_named(tmp_path: Path):
    path = tmp_path / "predictions.jsonl"
    with pytest.raises(DataError, match="No such file"):
        list(read_predictions(path))
    path.write_bytes(b'"a\xff"\n')
    with pytest.raises(DataError, match="line 1"):
        list(read_predictions(path))


def test_an_id_twice_or_missing_among_others_is_refused(tmp_path: Path):
    path = tmp_path / "predictions.jsonl"
    path.write_text(lines([{"id": "a", "text": "1"}, {"id": "b", "text": "2"}, {"id": "a", "text": "1"}]))
    with pytest.raises(DataError, match=r"line 3: id 'a' is predicted at .*line 1"):
        pair(list(read_predictions(path)), ["a", "b"])
    path.write_text(lines([{"id": "a", "text": "1"}, "2"]))
    with pytest.raises(DataError, match="line 2: no id"):
        pair(list(read_predictions(path)), ["a", "b"])
