"""Records to a file, one at a time; how many there were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

Record = Mapping[str, Any]


def write_lines(path: Path, records: Iterable[Record]) -> int:
    """Write JSON lines."""
    encode = msgspec.json.Encoder().encode
    count = 0
    with path.open("wb") as file:
        for count, record in enumerate(records, start=1):  # noqa: B007
            file.write(encode(record) + b"\n")
    return count


def write_array(path: Path, records: Iterable[Record]) -> int:
    """Write one JSON array, a record a line."""
    encode = msgspec.json.Encoder().encode
    count = 0
    with path.open("wb") as file:
        file.write(b"[")
        for count, record in enumerate(records, start=1):
            file.write((b",\n" if count > 1 else b"\n") + encode(record))
        file.write(b"\n]\n")
    return count


def to_json(value: Any) -> str:
    """A small JSON file's text."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"
