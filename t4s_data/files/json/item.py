"""One item of a list in a JSON file, apart from its neighbours: what it holds is read when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import msgspec

from t4s_data.errors import DataError, RecordError
from t4s_data.files.json.faults import fault_in, lenient_members
from t4s_data.files.json.outline import outline
from t4s_data.reading.opening import open_file

MAX_DEPTH = 64
"""Most levels of objects and lists within an item."""
MAX_BYTES = 1 << 26
"""Most bytes of an item, a name, or a value outside of lists: 64 MiB."""
T = TypeVar("T")
_value = msgspec.json.Decoder().decode
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


@dataclass(frozen=True, slots=True)
class Unread:
    """An item that cannot be read: why, and those of its members that say which records are lost with it."""

    error: RecordError
    members: Mapping[str, Any]


@dataclass(slots=True)
class Item:
    """One item as JSON text: ``number`` in the list ``member`` of its file, ``start`` in bytes in the file.

    ``members`` is how many names of members stand in the text, ``depth`` how many levels of objects and lists.
    """

    path: Path
    member: str
    number: int
    start: int
    text: bytes
    members: int
    depth: int

    @property
    def name(self) -> str:
        """How messages call the item: its list and its place there.

        >>> Item(Path("a.json"), "images", 3, 90, b"{}", 0, 1).name
        'images[3]'
        """
        return f"{self.member}[{self.number}]"

    def value(self) -> Any:
        """The item as plain Python data, in which whole numbers may be of any size.

        Raises:
            RecordError: `bad-json`, with the file's and the item's name.
            DataError: it has not the grammar of JSON, so that its end is not certain.
        """
        value = self._read(_value)
        if members_of(value) != self.members:
            self._check_names()
        return value

    def of_type(self, decode: Callable[[bytes], T]) -> T:
        """The item as the type of a msgspec decoder; members that it does not name are not looked at.

        Raises:
            RecordError: as for :meth:`value`, or `bad-type` where a member has another type.
            DataError: it has not the grammar of JSON, so that its end is not certain.
        """
        value = self._read(decode)
        # Objects within the item are rare, and the only ones that need all of it read.
        if len(_members(self.text)) != self.members and members_of(self._read(_value)) != self.members:
            self._check_names()
        return value

    def told(self, *members: str) -> Any | Unread:
        """The item's :meth:`value` or, where it cannot be read, why, with what some of its members are.

        Raises:
            DataError: it has not the grammar of JSON, so that its end is not certain.
        """
        try:
            return self.value()
        except RecordError as error:
            return Unread(error, self.lenient(*members))

    def lenient(self, *members: str) -> dict[str, Any]:
        """What some members of an item are that cannot be read; None where they are absent or not certain."""
        if self.depth > MAX_DEPTH:
            return dict.fromkeys(members)
        return lenient_members(self.text, members)

    def broken(self, what: str) -> DataError:
        """The error of a file that cannot be read from this item on; it names file, line and item."""
        return DataError(f"{self.path}: line {line_of(self.path, self.start)}: {self.name}: {what}")

    def _read(self, decode: Callable[[bytes], T]) -> T:
        if self.depth > MAX_DEPTH:
            self._refuse(f"nested {self.depth:,} levels deep, {MAX_DEPTH} are allowed")
        try:
            return decode(self.text)
        except msgspec.ValidationError as error:
            if decode is _value:
                self._refuse(str(error).lower())
            raise RecordError("bad-type", f"{self.name}: {error}") from None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            if fault := fault_in(self.text):
                self._refuse(fault)
            raise self.broken(f"not JSON: {error}") from None

    def _check_names(self) -> None:
        if fault := fault_in(self.text):
            self._refuse(fault)

    def _refuse(self, what: str | None) -> NoReturn:
        raise RecordError("bad-json", f"{self.path.name}: {self.name}: {what}")


def item_in(path: Path, text: bytes, *, number: int = 0) -> Item:
    """A text that is one item, such as a whole file or a line of one.

    Raises:
        RecordError: `bad-json`, it is longer than :data:`MAX_BYTES`, or no object or list and nothing else.
    """
    if len(text) > MAX_BYTES:
        raise RecordError("bad-json", f"{path.name}: longer than {MAX_BYTES:,} bytes")
    found = outline(text)
    if found.close >= 0 or len(found.starts) != 1:
        raise RecordError("bad-json", f"{path.name}: expected one JSON object or list")
    members, depth = int(found.members[0]), int(found.depths[0])
    return Item(path, "", number, 0, text, members, depth)


def members_of(value: Any) -> int:
    """How many members the objects in a value have together, but for those in a list whose first item is simple.

    Such lists are numbers, and long.

    >>> members_of({"a": [{"b": 1}, {}], "c": [1.5, {"d": 2}]})
    3
    """
    count, left = 0, [value]
    while left:
        inner = left.pop()
        if type(inner) is dict:
            count += len(inner)
            left += [one for one in inner.values() if type(one) is dict or type(one) is list]
        elif type(inner) is list and inner and (type(inner[0]) is dict or type(inner[0]) is list):
            left += inner
    return count


def line_of(path: Path, offset: int) -> int:
    """The number of the line, from 1, that a byte of a file stands in."""
    line, left = 1, offset
    with open_file(path) as file:
        while left > 0 and (data := file.read(min(left, 1 << 20))):
            line += data.count(b"\n")
            left -= len(data)
    return line
