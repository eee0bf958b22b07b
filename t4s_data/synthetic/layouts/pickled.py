"""Pickles of one list, written item by item, as Python 2 and 3 wrote those of the referring datasets.

Format: https://docs.python.org/3/library/pickletools.html. Nothing is memoized: every object is written
out where it occurs, which every unpickler accepts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from struct import pack
from typing import Any, BinaryIO


class PickledList:
    """A list in an open file; ``encode`` writes one object as opcodes."""

    def __init__(self, file: BinaryIO, encode: Callable[[Any], bytes]) -> None:
        self._file = file
        self._encode = encode

    def add(self, item: Any) -> None:
        """Append one item."""
        self._file.write(self._encode(item) + b"a")


@contextmanager
def pickled_list(path: Path, encode: Callable[[Any], bytes]) -> Iterator[PickledList]:
    """A pickle file of one list, in the opcodes of :func:`python3`, :func:`python2` or :func:`python2_text`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(b"(l" if encode is python2_text else b"\x80\x02]")
        yield PickledList(file, encode)
        file.write(b".")


def python3(item: Any) -> bytes:
    """Protocol 2 with Unicode strings.

    >>> import pickle
    >>> pickle.loads(b"\\x80\\x02" + python3({"a": [1, -2, 300, True, "é"]}) + b".")
    {'a': [1, -2, 300, True, 'é']}
    """
    return _binary(item, _unicode)


def python2(item: Any) -> bytes:
    """Protocol 2 with strings as bytes in UTF-8, as Python 2 wrote its `str`.

    >>> import pickle
    >>> pickle.loads(b"\\x80\\x02" + python2(["é"]) + b".", encoding="bytes")
    [b'\\xc3\\xa9']
    """
    return _binary(item, _byte_string)


def python2_text(item: Any) -> bytes:
    """Protocol 0 with strings as quoted bytes in Windows-1252.

    >>> python2_text({"a": ["é", 1]})
    b"(dS'a'\\n(lS'\\\\xe9'\\naI1\\nas"
    """
    if isinstance(item, dict):
        return b"(d" + b"".join(python2_text(key) + python2_text(value) + b"s" for key, value in item.items())
    if isinstance(item, list):
        return b"(l" + b"".join(python2_text(value) + b"a" for value in item)
    if isinstance(item, bool):
        return b"I01\n" if item else b"I00\n"
    if isinstance(item, int):
        return b"I%d\n" % item
    return b"S" + repr(item.encode("cp1252"))[1:].encode() + b"\n"


def _binary(item: Any, text: Callable[[str], bytes]) -> bytes:
    if isinstance(item, str):
        return text(item)
    if isinstance(item, bool):
        return b"\x88" if item else b"\x89"
    if isinstance(item, int):
        return _integer(item)
    if isinstance(item, dict):
        fields = (_binary(key, text) + _binary(value, text) for key, value in item.items())
        return b"}(" + b"".join(fields) + b"u"
    return b"](" + b"".join(_binary(value, text) for value in item) + b"e"


def _integer(value: int) -> bytes:
    if 0 <= value < 256:
        return b"K" + pack("<B", value)
    if 256 <= value < 65536:
        return b"M" + pack("<H", value)
    if -(2**31) <= value < 2**31:
        return b"J" + pack("<i", value)
    return b"I%d\n" % value


def _unicode(value: str) -> bytes:
    data = value.encode()
    return b"X" + pack("<I", len(data)) + data


def _byte_string(value: str) -> bytes:
    data = value.encode()
    return (b"U" + pack("<B", len(data)) if len(data) < 256 else b"T" + pack("<i", len(data))) + data
