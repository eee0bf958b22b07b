"""Law: whatever is written comes back from an unpickler, as text of the encoding it was written in."""

import pickle
import pickletools
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from t4s_data.synthetic.layouts.pickled import pickled_list, python2, python2_text, python3

WESTERN = st.text(st.characters(codec="cp1252"), max_size=300)
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


def plain(text: st.SearchStrategy[str]) -> st.SearchStrategy[object]:
    leaves = text | st.booleans() | st.integers(-(2**45), 2**45)
    return st.recursive(leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4))


@given(st.lists(plain(ANY), max_size=4))
def test_python_3_text_comes_back(items):
    assert read(items, python3, "ASCII") == items


@given(st.lists(plain(ANY), max_size=4))
def test_python_2_bytes_come_back_as_utf_8(items):
    assert read(items, python2, "utf-8") == items


@given(st.lists(plain(WESTERN), max_size=4))
def test_python_2_protocol_0_comes_back_as_windows_1252(items):
    assert read(items, python2_text, "cp1252") == items


def read(items, encode, encoding):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "refs.p"
        with pickled_list(path, encode) as out:
            for item in items:
                out.add(item)
        return pickle.loads(path.read_bytes(), encoding=encoding)


@pytest.mark.parametrize(("encode", "string"), [(python2, "SHORT_BINSTRING"), (python2_text, "STRING")])
def test_python_2_strings_are_not_unicode(encode, string):
    head = b"\x80\x02" if encode is python2 else b""
    names = {opcode.name for opcode, _, _ in pickletools.genops(head + encode(["e"]) + b".")}
    assert string in names
    assert "BINUNICODE" not in names
