"""A list is read item by item from any place in its file; what is no such list is an error that names the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from t4s_data.errors import DataError
from t4s_data.files.json_streams import items_of, small_list

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**62), 2**62)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("json") / "x.json"


@given(st.lists(values, min_size=1, max_size=4), values, values)
def test_items_are_those_of_the_list_wherever_it_stands(path: Path, items, before, after) -> None:
    path.write_text(
        json.dumps({"a": before, "list": items, "z": after}, ensure_ascii=False), encoding="utf-8", errors="replace"
    )
    expected = json.loads(path.read_text(encoding="utf-8"))["list"]
    assert list(items_of(path, "list")) == expected
    assert small_list(path, "list") == expected


def test_reading_begins_before_the_file_is_known_to_be_whole(path: Path) -> None:
    path.write_text('{"list": [1, 2, ' + "3, " * 100_000 + "oops")
    items = items_of(path, "list")
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(DataError, match=r"x\.json: not JSON"):
        list(items)


@pytest.mark.parametrize("text", ["{}", '{"list": []}', '{"list": 5}', "[1]", '{"other": [1]}'])
def test_a_list_that_is_needed_must_be_there_and_hold_something(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(DataError, match=r"x\.json: expected an object with a list 'list'"):
        list(items_of(path, "list"))


@pytest.mark.parametrize(
    "text", ["", "{", '{"list": [NaN]}', '{"list": [1e999]}', '{"list": [1]} x', '{"list": ["\xff"]}']
)
def test_what_is_no_json_is_named_on_one_line(path: Path, text: str) -> None:
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(DataError) as caught:
        list(items_of(path, "list"))
    assert str(caught.value).startswith(f"{path}: not JSON: ")
    assert "\n" not in str(caught.value)


def test_a_small_list_may_be_absent_but_is_never_something_else(path: Path) -> None:
    path.write_text('{"a": 1, "b": 2}')
    assert small_list(path, "list") == []
    with pytest.raises(DataError, match="a: expected a list, found int"):
        small_list(path, "a")
