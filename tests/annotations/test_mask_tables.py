"""A table says the same as JSON lines and as CSV, and a row that cannot be read is named by its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from t4s_data.annotations.mask_tables import MaskRecord, read_records
from t4s_data.errors import DataError, RecordError
from t4s_data.sample import Reject

JSONL = '\ufeff{"image": "a.jpg", "label": "x"}\n\n{"image": "b.jpg", "question": "why, or how?", "id": "7", "more": 1}'
CSV = '\ufeffimage,label,question,id,more\na.jpg,x,,,\nb.jpg,,"why, or how?",7,1\n'


@pytest.mark.parametrize(("name", "text"), [("t.jsonl", JSONL), ("t.csv", CSV), ("t.csv", CSV.replace("\n", "\r\n"))])
def test_rows_are_the_same_in_both_forms(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    assert list(records(tmp_path / name)) == [
        MaskRecord("a.jpg", label="x"),
        MaskRecord("b.jpg", question="why, or how?", id="7"),
    ]


def records(path: Path) -> list[MaskRecord | Reject]:
    """The rows without their lines."""
    return [record for _, record in read_records(path)]


BROKEN = [
    b"{",
    b'{"image": "\x81", "label": "x"}',
    b"a.jpg,x",
    b'{"image": "a.jpg"} {}',
    b'{"label": "x"}',
    b"[]",
    b"[" * 5000,
]


@pytest.mark.parametrize("line", BROKEN)
def test_a_line_that_is_no_record_costs_no_other(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "t.jsonl"
    path.write_bytes(b'\n{"image": "a.jpg"}\n' + line + b'\n\n{"image": "b.jpg"}')
    first, reject, last = records(path)
    assert (first, last) == (MaskRecord("a.jpg"), MaskRecord("b.jpg"))
    assert isinstance(reject, Reject)
    assert (reject.key, reject.reason) == ("[3]", "bad-type")
    assert "t.jsonl line 3: " in reject.detail


def test_a_text_with_a_comma_that_is_not_quoted_is_told(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('image,expression\na.jpg,the spot, left\nb.jpg,"the spot, left"\n')
    reject, record = records(path)
    assert record == MaskRecord("b.jpg", expression="the spot, left")
    assert isinstance(reject, Reject)
    assert "line 2: more cells than columns: [' left']; quote" in reject.detail


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "no column 'image'"),
        (b"a.jpg;x\n", "no column 'image'; the first line is"),
        (b"image,label\na.jpg,\x81\n", "not CSV in UTF-8 or Windows-1252"),
        (b'image,label\na.jpg,"' + b"x" * 200_000 + b'"\n', "not CSV in UTF-8 or Windows-1252: field larger"),
    ],
)
def test_a_file_that_is_no_csv_is_named(tmp_path: Path, data: bytes, what: str) -> None:
    (tmp_path / "t.csv").write_bytes(data)
    with pytest.raises(DataError, match=rf"t\.csv: {what}"):
        list(records(tmp_path / "t.csv"))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"label": "cup"}, ("cup", "cup")),
        ({"expression": "left cup"}, ("left cup", "left cup")),
        ({"expression": "left cup", "label": "cup"}, ("cup", "left cup")),
        ({"question": "which?"}, ("roi0", "which?")),
        ({"question": "which?", "label": "cup", "expression": ""}, ("cup", "which?")),
    ],
)
def test_words_are_what_the_region_is_called_and_what_is_asked(fields: dict[str, str], words: tuple[str, str]) -> None:
    assert MaskRecord("a.jpg", **fields).words() == words


@pytest.mark.parametrize(
    ("fields", "reason"),
    [({}, "no-texts"), ({"label": " "}, "no-texts"), ({"expression": "a", "question": "b"}, "bad-type")],
)
def test_words_are_not_guessed(fields: dict[str, str], reason: str) -> None:
    with pytest.raises(RecordError, match=reason):
        MaskRecord("a.jpg", **fields).words()
