"""JSON text as it is read from an open file: what stands where, and nothing of what it means."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from t4s_data.errors import DataError
from t4s_data.files.json.item import MAX_BYTES, Item, line_of
from t4s_data.files.json.outline import SPACE, outline
from t4s_data.files.texts import shown

BLOCK = 1 << 18
"""Bytes read at a time, 256 KiB; more only where an item is longer."""
_BOM = b"\xef\xbb\xbf"
# Possessive: a parser that kept a way back for each character would need more memory than the text.
_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_SIMPLE = re.compile(_STRING + rb'|[^\s,:\[\]{}"]++', re.DOTALL)
_BETWEEN = re.compile(rb"[ \t\r\n]*+(?:(,)|(" + _STRING + rb"|[^\s,]++))", re.DOTALL)


class Text:
    """The text of an open file from a place on: ``data`` is what has been read of it and is still needed."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path = path
        self._file = file
        self.data = file.read(max(BLOCK, len(_BOM))).removeprefix(_BOM)
        self._start = file.tell() - len(self.data)

    def error(self, what: str) -> DataError:
        """The error of a file that cannot be read; it names the line of the next byte."""
        return DataError(f"{self._path}: line {line_of(self._path, self._start)}: {what}")

    def peek(self) -> bytes:
        """The next byte that is no white space, which stays; empty at the file's end."""
        while True:
            self.drop(len(self.data) - len(self.data.lstrip(SPACE)))
            if self.data or not self._more():
                return self.data[:1]

    def drop(self, count: int) -> None:
        """Forget the next bytes."""
        self.data = self.data[count:]
        self._start += count

    def expect(self, sign: bytes, what: str) -> None:
        """Take a sign that has to come next, white space aside."""
        if (found := self.peek()) != sign:
            raise self.error(f"expected {what}, found {shown(found.decode('latin-1')) if found else 'the end'}")
        self.drop(1)

    def check_end(self) -> None:
        """Make sure that nothing but white space is left."""
        if found := self.peek():
            raise self.error(f"expected the end of the file, found {shown(found.decode('latin-1'))}")

    def members(self) -> Iterator[str]:
        """The name of each member of the object that comes next; its value is to be taken before the next one."""
        self.expect(b"{", "an object")
        seen: set[str] = set()
        while self.peek() != b"}":
            if seen:
                self.expect(b",", "a comma or the end of the object")
            name = self._name()
            if name in seen:
                raise self.error(f"the key {shown(name)} stands twice in one object")
            seen.add(name)
            self.expect(b":", "a colon")
            yield name
        self.drop(1)

    def value(self, member: str) -> bytes:
        """The value that comes next, as text that is not looked into."""
        while self.peek():
            if self.data[:1] in b",:]}":
                raise self.error(f"{member}: expected a value, found {shown(self.data[:1].decode())}")
            end = self._end_of_value()
            # A number that ends with the data may go on behind it.
            if end and (end < len(self.data) or not self._more()):
                value = self.data[:end]
                self.drop(end)
                return value
            if not end:
                self._grow(member)
        raise self.error(f"{member}: expected a value, found the end")

    def items(self, member: str) -> Iterator[Item]:
        """The items of the list that comes next."""
        self.expect(b"[", "a list")
        path, number, comma = self._path, 0, b""
        while True:
            found, done = outline(self.data), 0
            data, offset = self.data, self._start
            for start, end, members, depth in found.rows():
                if data[done:start].strip(SPACE) != comma:
                    for item in self._simple(done, start, member, number):
                        yield item
                        number += 1
                yield Item(path, member, number, offset + start, data[start:end], members, depth)
                number, done, comma = number + 1, end, b","
            if found.close >= 0:
                yield from self._simple(done, found.close, member, number, last=True)
                self.drop(found.close)
                self.expect(b"]", "a comma or the end of the list")
                return
            self.drop(done)
            self._grow(f"{member}[{number}]")

    def skip_items(self, member: str) -> None:
        """Pass over the list that comes next."""
        self.expect(b"[", "a list")
        while (found := outline(self.data)).close < 0:
            self.drop(int(found.ends[-1]) if len(found.ends) else 0)
            self._grow(member)
        self.drop(found.close)
        self.expect(b"]", "a comma or the end of the list")

    def _simple(self, start: int, end: int, member: str, number: int, *, last: bool = False) -> Iterator[Item]:
        """The items between two objects or lists, of which there are none in any layout, with their commas checked."""
        gap = self.data[start:end]
        after_value, place = number > 0, 0
        while found := _BETWEEN.match(gap, place):
            if bool(found[1]) != after_value:
                break
            if found[2]:
                yield Item(self._path, member, number, self._start + start + found.start(2), found[2], 0, 0)
                number += 1
            after_value, place = not after_value, found.end()
        self._check_gap(gap[place:], f"{member}[{number}]", complete=after_value == last or not number)

    def _check_gap(self, rest: bytes, name: str, *, complete: bool) -> None:
        if rest.strip(SPACE) or not complete:
            raise self.error(f"{name}: expected items with one comma between them, found {shown(rest[:60])}")

    def _name(self) -> str:
        if self.peek() != b'"':
            raise self.error("expected a name in quotes")
        while not (found := _SIMPLE.match(self.data)):
            self._grow("a name")
        self.drop(found.end())
        try:
            return msgspec.json.decode(found[0], type=str)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise self.error(f"expected a name in quotes: {error}") from None

    def _end_of_value(self) -> int:
        """Where the value ends that the data begins with, 0 where that is not in the data."""
        if self.data[:1] not in (b"{", b"["):
            found = _SIMPLE.match(self.data)
            return found.end() if found else 0
        ends = outline(self.data).ends
        return int(ends[0]) if len(ends) else 0

    def _grow(self, name: str) -> None:
        """Read on: what comes next is not whole yet.

        Raises:
            DataError: it is longer than :data:`MAX_BYTES`, or the file ends.
        """
        if len(self.data) > MAX_BYTES:
            raise self.error(f"{name} is longer than {MAX_BYTES:,} bytes")
        if not self._more():
            raise self.error(f"{name}: the file ends within it")

    def _more(self) -> bool:
        more = self._file.read(max(BLOCK, len(self.data)))
        self.data += more
        return bool(more)
