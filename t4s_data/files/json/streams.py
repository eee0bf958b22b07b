"""The lists in JSON files of any size, item by item: memory holds a block of the file and one item.

A file is one array, or an object whose members are lists. White space, a byte-order mark and the order of members
make no difference. An item is read as values when it is asked for: one that cannot be read costs no other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from t4s_data.errors import DataError
from t4s_data.files.json.item import Item
from t4s_data.files.json.text import Text
from t4s_data.reading.opening import open_file


@dataclass(frozen=True, slots=True)
class JsonArray:
    """The items of the array in a file, which can be iterated more than once.

    Raises:
        DataError: while iterating, where the file turns out not to be one JSON array; it names file, line and item.
    """

    path: Path

    def __iter__(self) -> Iterator[Item]:
        with _opened(self.path) as text:
            if text.peek() != b"[":
                raise DataError(f"{self.path}: not a JSON array: it does not begin with [")
            yield from text.items("")
            text.check_end()


def items_of(path: Path, *members: str, optional: Collection[str] = ()) -> Iterator[Item]:
    """The items of the lists in some members of the object in a file, in the file's order.

    A member that is ``optional`` may be absent or null. The file is read to its end.

    Raises:
        DataError: the file is no JSON object, a member stands there twice, or one of those asked for is no list.
    """
    absent = dict.fromkeys([*members, *optional])
    with _opened(path) as text:
        for member in text.members():
            if text.peek() != b"[":
                value = text.value(member)
                if member in members or (member in optional and value != b"null"):
                    raise text.error(f"{member}: expected a list, found {value[:60].decode('utf-8', 'replace')}")
            elif member in absent:
                yield from text.items(member)
                absent.pop(member)
            else:
                text.skip_items(member)
        text.check_end()
    if missing := [member for member in absent if member not in optional]:
        raise DataError(f"{path}: expected an object with a list {missing[0]!r}")


@contextmanager
def _opened(path: Path) -> Iterator[Text]:
    try:
        with open_file(path) as file:
            yield Text(path, file)
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from None
