"""The top-level lists of a large JSON object, read as a stream: memory holds one item at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from t4s_data.errors import DataError


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
    import ijson

    try:
        with path.open("rb") as file:
            yield from ijson.items(file, prefix, use_float=True)
    except ijson.JSONError as error:
        # The parser adds an excerpt of the file, as bytes where it is not UTF-8.
        message = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else str(error)
        raise DataError(f"{path}: not JSON: {message.splitlines()[0]}") from None
