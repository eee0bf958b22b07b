"""Text as annotation files hold it, checked before anything is built on it."""

from __future__ import annotations

from reprlib import Repr
from typing import Any

from t4s_data.errors import RecordError

_SHORT = Repr()
_SHORT.maxlevel, _SHORT.maxstring, _SHORT.maxother = 2, 60, 60


def text_of(value: Any, field: str) -> str:
    """The text in a field, as Unicode that can be written.

    Bytes that were not UTF-8 (lone surrogates, see :mod:`t4s_data.files.pickles`) are read as Windows-1252,
    the encoding of the annotation tools that wrote them.

    Raises:
        RecordError: not a string (`bad-type`), or nothing but white space (`no-texts`).

    >>> text_of("caf\\udce9", "sent")
    'café'
    """
    if not isinstance(value, str):
        raise RecordError("bad-type", f"{field}: expected a string, found {type(value).__name__} {shown(value)}")
    if not value.strip():
        raise RecordError("no-texts", f"{field} is empty")
    try:
        value.encode()
    except UnicodeEncodeError:
        return _from_windows(value, field)
    return value


def decoded(data: bytes) -> str:
    """The text of an annotation file: UTF-8 or, where it is not, Windows-1252.

    Raises:
        RecordError: `bad-type`, it is neither.

    >>> decoded(b"caf\\xc3\\xa9"), decoded(b"caf\\xe9")
    ('café', 'café')
    """
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise RecordError("bad-type", "the file is neither UTF-8 nor Windows-1252")


def shown(value: Any) -> str:
    """A value from outside as an error message shows it: short, whatever its size or depth.

    >>> shown(["a", [[[]]]]), shown("x" * 1000)[-4:]
    ("['a', [[...]]]", "xxx'")
    """
    try:
        return _SHORT.repr(value).encode("ascii", "backslashreplace").decode()
    except ValueError:
        return "a number of thousands of digits"


def _from_windows(value: str, field: str) -> str:
    try:
        return value.encode("utf-8", "surrogateescape").decode("cp1252")
    except UnicodeError:
        raise RecordError("bad-type", f"{field}: neither UTF-8 nor Windows-1252: {shown(value)}") from None
