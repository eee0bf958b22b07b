"""Laws of texts from outside: what passes can be written, and an error message is short whatever it shows."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from t4s_data.errors import RecordError
from t4s_data.files.texts import decoded, shown, text_of


@given(st.text())
def test_a_text_passes_as_it_is_or_not_at_all(text):
    if text.strip():
        assert text_of(text, "sent") == text
    else:
        with pytest.raises(RecordError, match="no-texts: sent is empty"):
            text_of(text, "sent")


@given(st.text(st.characters(codec="cp1252"), min_size=1).filter(str.strip))
def test_bytes_of_windows_1252_are_read_as_such_where_they_are_not_utf_8(text):
    escaped = text.encode("cp1252").decode("utf-8", "surrogateescape")
    try:
        text.encode("cp1252").decode("utf-8")
    except UnicodeDecodeError:
        assert text_of(escaped, "sent") == text


@given(st.text(st.characters(), min_size=1))
def test_what_passes_can_be_written(text):
    with suppress(RecordError):
        passed = text_of(text, "sent")
        assert passed.encode().decode() == passed


@pytest.mark.parametrize("value", [None, 5, 1.5, True, b"bytes", ["x"], {"a": 1}, "\ud83d", "x\udc81"])
def test_what_is_no_text_is_refused_with_the_name_of_its_field(value):
    with pytest.raises(RecordError, match="bad-type: sent: "):
        text_of(value, "sent")


@given(st.text())
def test_a_file_of_utf_8_is_read_with_and_without_its_mark(text):
    if not text.startswith("\ufeff"):
        assert decoded(text.encode("utf-8")) == decoded(text.encode("utf-8-sig")) == text


def test_a_file_of_windows_1252_is_read():
    assert decoded("“naïve” – 5 €".encode("cp1252")) == "“naïve” – 5 €"


def test_a_file_in_neither_encoding_is_refused():
    with pytest.raises(RecordError, match="neither UTF-8 nor Windows-1252"):
        decoded(b"\x81\xff")


def bomb():
    value = ["x"]
    for _ in range(60):
        value = [value, value]
    return value


def circle():
    value = []
    value.append(value)
    return value


@pytest.mark.parametrize(
    "value", [bomb(), circle(), [10**5000], "x" * 10**6, list(range(10**5)), "\ud83d\0\n", b"\xff" * 1000]
)
def test_what_an_error_shows_is_short_and_can_be_written(value):
    text = shown(value)
    assert len(text) < 300
    assert text.isascii()
    assert text.isprintable()


@pytest.mark.parametrize("value", [None, 5, "abc", [1, 2], {"a": 1}])
def test_small_values_are_shown_as_they_are(value):
    assert shown(value) == repr(value)
