"""A list of classes says the same in every form it may have, and a doubtful one is refused with its file's name."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from t4s_data.annotations.classes import read_classes
from t4s_data.errors import DataError

NAMES = {1: "wall", 2: "building, edifice", 12: "7 up sign"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("classes.txt", "1 wall\n2 building, edifice\n12 7 up sign\n"),
        ("classes.txt", "1: wall\r\n\r\n2: building, edifice\r\n12:7 up sign"),
        ("classes.txt", "1,wall\n2 , building, edifice\n12\t7 up sign\n"),
        ("classes.txt", "\ufeff1 wall\n 2 building, edifice \n12 7 up sign"),
        ("objectInfo150.txt", "Idx\tRatio\tName\n1  \t0.15 \twall\n2\t0.1\tbuilding, edifice\n12\t0\t7 up sign\n"),
        ("classes.json", json.dumps({str(number): name for number, name in NAMES.items()})),
        ("classes.json", json.dumps([{"id": number, "name": name, "color": 0} for number, name in NAMES.items()])),
    ],
)
def test_numbers_and_names_are_read_in_the_files_order(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8", newline="")
    assert list(read_classes(path).items()) == list(NAMES.items())


@pytest.mark.parametrize(
    ("name", "text"), [("classes.txt", "sky\n\nold wall\n"), ("classes.json", '["sky", "old wall"]')]
)
def test_names_without_numbers_count_from_0(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert read_classes(tmp_path / name) == {0: "sky", 1: "old wall"}


def test_names_that_are_not_utf_8_are_read_as_windows_1252(tmp_path: Path) -> None:
    (tmp_path / "classes.txt").write_bytes(b"1 caf\xe9\n")
    assert read_classes(tmp_path / "classes.txt") == {1: "café"}


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("classes.txt", "", "it is empty"),
        ("classes.json", "[]", "it is empty"),
        ("classes.txt", "1 sky\nwall\n", "some lines begin with a number, 'wall' does not"),
        ("classes.txt", "1 sky\n1 wall\n", "a number stands twice"),
        ("classes.json", '{"1": "sky", "01": "wall"}', "a number stands twice"),
        ("classes.json", '{"1": "sky"', "Expecting"),
        ("classes.json", '{"one": "sky"}', "expected a class number, found 'one'"),
        ("classes.json", '[{"id": -1, "name": "sky"}]', "expected a class number, found -1"),
        ("classes.json", '{"1": ""}', "class 1 is empty"),
        ("classes.json", '{"1": 5}', "class 1: expected a string"),
        ("classes.json", '"sky"', "expected a list or an object"),
        ("classes.json", "[" * 100_000, "recursion"),
    ],
)
def test_a_doubtful_list_is_refused(tmp_path: Path, name: str, text: str, what: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=rf"{re.escape(name)}: not a list of classes: .*{re.escape(what)}"):
        read_classes(tmp_path / name)


def test_a_class_number_that_stands_twice_in_an_object_is_refused(tmp_path: Path):
    path = tmp_path / "classes.json"
    path.write_text('{"1": "sky", "1": "sea"}')
    with pytest.raises(DataError, match="'1' stands twice"):
        read_classes(path)
