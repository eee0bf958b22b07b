"""Large JSON files, read as a stream: memory holds one item at a time.

A file is one array (:class:`JsonArray`), or an object whose members are lists (:func:`items_of`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import ijson

from t4s_data.errors import DataError
from t4s_data.reading.opening import open_file

_BLOCK = 1 << 18
_BOM = b"\xef\xbb\xbf"
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
# Every escape, so that an escaped backslash is not taken for the start of the next one.
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class JsonArray:
    """The elements of the array in a file, which can be iterated more than once.

    Numbers are int or float. Half a surrogate pair, which no text can hold, is read as U+FFFD.

    Raises:
        DataError: while iterating, where the file turns out not to be one JSON array in UTF-8, or to hold a
            number that neither 64 bits nor a double can.
    """

    path: Path

    def __iter__(self) -> Iterator[Any]:
        number = 0
        try:
            with open_file(self.path) as file:
                self._check_start(file)
                for element in ijson.items(_Escapes(file), "item", use_float=True, buf_size=_BLOCK):
                    number += 1
                    yield element
        except (ijson.JSONError, UnicodeDecodeError, OSError) as error:
            raise DataError(f"{self.path}: not a JSON array: after {number} elements: {_first_line(error)}") from None

    def _check_start(self, file: BinaryIO) -> None:
        start = len(_BOM) if file.read(len(_BOM)) == _BOM else 0
        file.seek(start)
        if file.read(_BLOCK).lstrip(b" \t\r\n")[:1] != b"[":
            raise DataError(f"{self.path}: not a JSON array: it does not begin with [")
        file.seek(start)


def items_of(path: Path, member: str) -> Iterator[Any]:
    """The items of the list in a member, one by one in the file's order.

    Raises:
        DataError: the file is not JSON, or the member is absent, empty or no list.
    """
    empty = True
    for item in _parsed(path, f"{member}.item"):
        empty = False
        yield item
    if empty:
        raise DataError(f"{path}: expected an object with a list {member!r} that is not empty")


def small_list(path: Path, member: str) -> list[Any]:
    """The whole list in a member, empty where there is none; reading ends with it.

    Raises:
        DataError: the file is not JSON, or the member is no list.
    """
    found: Any = next(_parsed(path, member), [])
    if not isinstance(found, list):
        raise DataError(f"{path}: {member}: expected a list, found {type(found).__name__}")
    return found


def _parsed(path: Path, prefix: str) -> Iterator[Any]:
    try:
        with open_file(path) as file:
            yield from ijson.items(_Escapes(file), prefix, use_float=True, buf_size=_BLOCK)
    except (ijson.JSONError, UnicodeDecodeError, OSError) as error:
        raise DataError(f"{path}: not JSON: {_first_line(error)}") from None


class _Escapes:
    """A file for the parser, in blocks that part no escape, without halves of surrogate pairs.

    The parser would write another character for such a half without a word, and may take the next one with it.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._held = b""

    def read(self, size: int) -> bytes:
        """The next block, of about `size` bytes; empty at the end of the file."""
        data, end = self._held, 0
        while not end and (more := self._file.read(size)):
            data += more
            end = data.rfind(b",") + 1  # No escape holds a comma.
        end = end or len(data)
        data, self._held = data[:end], data[end:]
        return _ESCAPE.sub(_whole, data) if _SURROGATE.search(data) else data


def _whole(escape: re.Match[bytes]) -> bytes:
    return rb"\ufffd" if escape[1] else escape[0]


def _first_line(error: Exception) -> str:
    cause = error.args[0] if error.args else error
    text = cause.decode("utf-8", "replace") if isinstance(cause, bytes) else str(error)
    return text.strip().split("\n")[0].strip()
