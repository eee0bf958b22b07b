"""Annotation files written item by item, so that memory does not grow with them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

encode = msgspec.json.Encoder().encode
"""An object as compact JSON, key order kept, text as UTF-8."""


class JsonArray:
    """The items of one JSON array, appended to an open file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._between = b"["

    def add(self, item: Any) -> None:
        """Append one item."""
        self._file.write(self._between)
        self._file.write(encode(item))
        self._between = b",\n"

    def close(self) -> None:
        """End the array; the file stays open."""
        self._file.write(b"[]" if self._between == b"[" else b"]")


@contextmanager
def json_array(path: Path) -> Iterator[JsonArray]:
    """A file that is one JSON array."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        array = JsonArray(file)
        yield array
        array.close()


@contextmanager
def json_object(path: Path, head: Mapping[str, Any], *names: str) -> Iterator[tuple[JsonArray, ...]]:
    """A file that is one JSON object: the fields of ``head``, then the named arrays, filled in any order."""
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = [path.with_name(f"{path.name}.{name}.part") for name in names]
    with ExitStack() as stack:
        arrays = tuple(JsonArray(stack.enter_context(part.open("wb"))) for part in parts)
        yield arrays
        for array in arrays:
            array.close()
    with path.open("wb") as whole:
        whole.write(encode(head)[:-1])
        for name, part in zip(names, parts, strict=True):
            whole.write((b", " if head or name != names[0] else b"") + encode(name) + b": ")
            with part.open("rb") as file:
                shutil.copyfileobj(file, whole)
            part.unlink()
        whole.write(b"}")
