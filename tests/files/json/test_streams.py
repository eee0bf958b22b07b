"""The law of lists in JSON files: what is iterated is what a parser of whole files reads, item by item."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from t4s_data.errors import DataError, RecordError
from t4s_data.files.json import item as items
from t4s_data.files.json import text as texts
from t4s_data.files.json.streams import JsonArray, items_of

BENCHMARK = Path(__file__).resolve().parents[3] / "benchmarks" / "streaming.py"

NUMBERS = st.integers(1 - 2**63, 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
TEXT = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(["\\ud83d", "\\", '"', "😀", "a,b", "\\\\u"])
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
BOM = b"\xef\xbb\xbf"


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """Where the tests of this module write."""
    return tmp_path_factory.mktemp("json") / "x.json"


def values_in(file: Path) -> list[Any]:
    return [item.value() for item in JsonArray(file)]


@pytest.mark.parametrize("block", [1, 7, 1 << 18])
@settings(max_examples=50)
@given(values=st.lists(VALUES, max_size=4), ascii_only=st.booleans(), indent=st.sampled_from([None, 1]))
def test_the_items_are_those_of_the_whole_file(file, block, values, ascii_only, indent):
    file.write_text(json.dumps(values, ensure_ascii=ascii_only, indent=indent), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(texts, "BLOCK", block)
        found = list(JsonArray(file))
    assert [item.value() for item in found] == values
    assert [type(item.value()) for item in found] == list(map(type, values))
    assert [item.number for item in found] == list(range(len(values)))
    assert all(file.read_bytes()[item.start :].startswith(item.text) for item in found)


@pytest.mark.parametrize("block", [1, 5, 1 << 18])
@given(values=st.lists(VALUES, max_size=4), before=VALUES, after=VALUES)
def test_a_list_is_found_wherever_it_stands(file, block, values, before, after):
    body = {"a": before, "list": values, "z": after}
    file.write_bytes(BOM + json.dumps(body, ensure_ascii=False, indent=2).replace("\n", "\r\n").encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(texts, "BLOCK", block)
        assert [item.value() for item in items_of(file, "list")] == values
        names = [item.name for item in items_of(file, "list", optional=("b",))]
    assert names == [f"list[{number}]" for number in range(len(values))]


def test_an_array_can_be_iterated_again(file):
    file.write_text("[1, 2]")
    array = JsonArray(file)
    assert [item.value() for item in [*array, *array]] == [1, 2, 1, 2]


@pytest.mark.parametrize("space", [b"", b" " * 3_000_000, b"\n" * 70_000_000])
def test_white_space_has_no_bound_outside_of_items(file, space):
    file.write_bytes(space + b'{"a"' + space + b':[{"b":1}' + space[:60_000_000] + b"]}" + space)
    assert [item.value() for item in items_of(file, "a")] == [{"b": 1}]


FAULTS = {
    b'{"a": NaN}': "NaN is no JSON number",
    b"[-Infinity]": "-Infinity is no JSON number",
    b"[1e400]": "number out of range",
    b'{"a": [{"b": 1, "c": 2, "b": 3}]}': "the key 'b' stands twice in one object",
    b'{"b": 1, "\\u0062": 2}': "the key 'b' stands twice in one object",
    b'["\\ud83d"]': "half a surrogate pair",
    b'["\\ude00\\ud83d"]': "half a surrogate pair",
    b'["\xff"]': "a text that is not UTF-8",
    b'["\xed\xa0\x80"]': "a text that is not UTF-8",
    b'["a\nb"]': "a control character in a text",
    b"[" * 65 + b"]" * 65: "nested 65 levels deep, 64 are allowed",
    b"[" * 100_000 + b"]" * 100_000: "nested 100,000 levels deep, 64 are allowed",
    b"NaN": "NaN is no JSON number",
    b"[1" + b"0" * 5000 + b"]": "out of range",
}


@pytest.mark.parametrize("text", FAULTS, ids=range(len(FAULTS)))
def test_an_item_that_cannot_be_read_costs_itself_alone(file, text):
    file.write_bytes(b'[{"id": 1},\n' + text + b',\n{"id": 3}]')
    first, second, third = JsonArray(file)
    assert (first.value(), third.value()) == ({"id": 1}, {"id": 3})
    with pytest.raises(RecordError) as caught:
        second.value()
    assert caught.value.reason == "bad-json"
    assert caught.value.detail.startswith("x.json: [1]: ")
    assert FAULTS[text] in caught.value.detail


def test_what_cannot_be_read_still_says_where_it_belongs(file):
    file.write_bytes(b'[{"id": 5, "area": NaN, "n": {"id": 6}, "x": 1, "x": 2, "list": [1, NaN]}]')
    (item,) = JsonArray(file)
    found = item.told("id", "x", "list", "absent")
    assert {**found.members, "list": len(found.members["list"])} == {"id": 5, "x": None, "list": 2, "absent": None}


@pytest.mark.parametrize(
    "data",
    [
        b"", b" ", b"{}", b'"x"', b"5", b"[", b"[1", b"[1,", b"[1,]", b"[,1]", b"[1,,2]", b"[1 2]", b"[1] 2", b"[1][2]",
        b"[}", b"[1}", b'[{"a" 1}]', b'[{"a": 1]', b'[{"a": 1} {"b": 2}]', b'[{"a": 1} 5, {"b": 2}]', b'[{"a": 01}]',
        b'["', b'["\\"]', b'[{"a": "}]', b"[{}]]", b"[tru]", b"\x80\x02].", b"\xff\xfe[\x001\x00]\x00",
    ],
)  # fmt: skip
def test_a_file_that_is_no_array_is_named(file, data):
    file.write_bytes(data)
    with pytest.raises(DataError, match=r"x\.json: "):
        values_in(file)


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[1]", '{"other": [1]}', '{"list": 5}', '{"list": {}}', '{"list": null}', '{"list": "x"}',
        '{"list": [1]} x', '{"list": [1]', '{"list": [1],}', '{"list": [1] "b": 2}', '{"a": , "list": [1]}',
        '{"list" [1]}', '{list: [1]}', '{"list": [1], "list": [2]}', '{"list": [1], "\\u006cist": [2]}', '{"a": "x',
        '{"a": {"b": 1',
    ],
)  # fmt: skip
def test_a_list_that_is_needed_must_be_there(file, text):
    file.write_text(text)
    with pytest.raises(DataError) as caught:
        [item.value() for item in items_of(file, "list")]
    assert str(caught.value).startswith(f"{file}: ")
    assert "\n" not in str(caught.value)


def test_a_list_that_is_optional_may_be_absent_but_is_never_something_else(file):
    file.write_text('{"a": null, "b": 2}')
    assert not list(items_of(file, optional=("a", "list")))
    with pytest.raises(DataError, match="b: expected a list, found 2"):
        list(items_of(file, optional=("b",)))


def test_the_error_says_where_the_file_stops_being_json(file):
    file.write_bytes(b'{"info": {},\n"list": [{"a": 1},\n{"a": 2},\n{"a" 3}]}')
    with pytest.raises(DataError, match=r"x\.json: line 4: list\[2\]: not JSON"):
        [item.value() for item in items_of(file, "list")]


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(DataError, match="Is a directory"):
        list(JsonArray(tmp_path))


def test_items_come_before_the_file_is_read_to_its_end(file):
    file.write_bytes(b"[" + b'{"a": "x"},' * 200_000 + b"broken")
    assert next(iter(JsonArray(file))).value() == {"a": "x"}


@pytest.mark.parametrize("text", [b'["%s"]', b'{"list": ["%s"]}', b'{"%s": []}', b'{"a": "%s"}', b'[{"a": "%s"}]'])
def test_a_text_of_200_megabytes_is_refused_at_its_bound(file, text):
    with file.open("wb") as target:
        target.write(text[: text.index(b"%")])
        for _ in range(200):
            target.write(b"a\\n,]" * 200_000)
        target.write(text[text.index(b"%") + 2 :])
    start = time.process_time()
    with pytest.raises(DataError, match=r"x\.json: line 1: .*longer than 67,108,864 bytes"):
        list(JsonArray(file) if text[:1] == b"[" else items_of(file, "list"))
    # Each byte up to the bound is looked at twice at most; what grew with the square took minutes.
    assert time.process_time() - start < 20
    file.unlink()


def test_the_bounds_are_those_that_the_documents_state():
    assert (items.MAX_DEPTH, items.MAX_BYTES) == (64, 67_108_864)


@pytest.mark.slow
@pytest.mark.parametrize("source", ["llava", "muse"])
def test_a_gigabyte_stays_under_500_megabytes(tmp_path, source):
    command = [sys.executable, str(BENCHMARK), source, "--megabytes", "1000", "--folder", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["megabytes"] >= 1000
    assert figures["records"] > 100_000
    assert figures["peak_megabytes"] < 500
