"""The law of JSON arrays: what is iterated is what a parser of whole files reads, element by element."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import ijson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from t4s_data.errors import DataError
from t4s_data.files import json_streams
from t4s_data.files.json_streams import JsonArray

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "streaming.py"

NUMBERS = st.integers(1 - 2**63, 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
TEXT = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(["\\ud83d", "\\", '"', "😀", "a,b", "\\\\u"])
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """Where the tests of this module write their array."""
    return tmp_path_factory.mktemp("arrays") / "array.json"


@pytest.mark.parametrize("block", [1, 7, 1 << 18])
@settings(max_examples=50)
@given(values=st.lists(VALUES, max_size=4), ascii_only=st.booleans(), indent=st.sampled_from([None, 1]))
def test_the_elements_are_those_of_the_whole_file(file, block, values, ascii_only, indent):
    file.write_text(json.dumps(values, ensure_ascii=ascii_only, indent=indent), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_streams, "_BLOCK", block)
        found = list(JsonArray(file))
    assert found == values
    assert list(map(type, found)) == list(map(type, values))


def test_an_array_can_be_iterated_again(file):
    file.write_text("[1, 2]")
    array = JsonArray(file)
    assert [*array, *array] == [1, 2, 1, 2]


HALVES = st.sampled_from([r"\ud83d", r"\ude00", r"\uD83D", r"\uDE00", r"\\", r"\\ud83d", r"\n", r"\"", "x", ","])


@pytest.mark.parametrize("block", [1, 5, 1 << 18])
@given(pieces=st.lists(HALVES, max_size=8))
def test_half_a_surrogate_pair_is_a_replacement_character_and_takes_nothing_along(file, block, pieces):
    text = f'["{"".join(pieces)}", "next"]'
    file.write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_streams, "_BLOCK", block)
        found = list(JsonArray(file))
    # The standard library joins whole pairs and keeps the halves.
    expected = json.loads(text)[0].encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert found == [expected, "next"]


def test_a_byte_order_mark_is_passed_over(file):
    file.write_bytes(b"\xef\xbb\xbf \n[1]")
    assert list(JsonArray(file)) == [1]


@pytest.mark.parametrize(
    "data",
    [
        b"", b" ", b"{}", b'"x"', b"5", b"[", b"[1", b"[1,", b"[1,]", b"[1 2]", b"[1] 2", b"[1][2]", b"[}", b"[NaN]",
        b'["\xff"]', b'["\xed\xa0\x80"]', b'["\n"]', b'["\\ud8"]', b"[1e999]", b"[1" + b"0" * 30 + b"]", b"\x80\x02].",
    ],
)  # fmt: skip
def test_a_file_that_is_no_array_is_named(file, data):
    file.write_bytes(data)
    with pytest.raises(DataError, match=r"array\.json: not a JSON array"):
        list(JsonArray(file))


def test_the_error_says_where_the_file_stops_being_json(file):
    file.write_bytes(b'[{"a": 1}, {"a": 2}, {"a" 3}]')
    with pytest.raises(DataError, match="after 2 elements: parse error"):
        list(JsonArray(file))


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(DataError, match="not a JSON array"):
        list(JsonArray(tmp_path))


def test_elements_come_before_the_file_is_read_to_its_end(file):
    file.write_bytes(b"[" + b'{"a": "x"},' * 200_000 + b"broken")
    assert next(iter(JsonArray(file))) == {"a": "x"}


def test_the_parser_is_the_compiled_one():
    assert ijson.backend == "yajl2_c"


@pytest.mark.slow
@pytest.mark.parametrize("source", ["llava", "muse"])
def test_a_gigabyte_stays_under_500_megabytes(tmp_path, source):
    command = [sys.executable, str(BENCHMARK), source, "--megabytes", "1000", "--folder", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["megabytes"] >= 1000
    assert figures["records"] > 100_000
    assert figures["peak_megabytes"] < 500
