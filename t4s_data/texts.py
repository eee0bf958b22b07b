"""Text as annotation files hold it, checked before anything is built on it."""

from __future__ import annotations

from typing import Any

from t4s_data.errors import RecordError


def text_of(value: Any, field: str) -> str:
    """The text in a field, as Unicode that can be written.

    Bytes that were not UTF-8 (lone surrogates, see :mod:`t4s_data.pickles`) are read as Windows-1252,
    the encoding of the annotation tools that wrote them.

    Raises:
        RecordError: not a string (`bad-type`), or nothing but white space (`no-texts`).

    >>> text_of("caf\\udce9", "sent")
    'café'
    """
    if not isinstance(value, str):
        raise RecordError("bad-type", f"{field}: expected a string, found {type(value).__name__} {value!r:.80}")
    if not value.strip():
        raise RecordError("no-texts", f"{field} is empty")
    try:
        value.encode()
    except UnicodeEncodeError:
        return _from_windows(value, field)
    return value


def _from_windows(value: str, field: str) -> str:
    try:
        return value.encode("utf-8", "surrogateescape").decode("cp1252")
    except UnicodeError:
        raise RecordError("bad-type", f"{field}: neither UTF-8 nor Windows-1252: {value!r:.80}") from None
