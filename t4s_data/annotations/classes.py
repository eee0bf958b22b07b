"""Lists of classes by the number that index PNGs hold for them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from t4s_data.errors import DataError, RecordError
from t4s_data.files.json.faults import fault_in
from t4s_data.files.texts import decoded, shown, text_of
from t4s_data.reading.opening import read_file

_NUMBERED = re.compile(r"(\d+)\s*[\s:,]\s*(\S.*)")
_ADE20K_HEADER = "Idx"


def read_classes(path: Path) -> dict[int, str]:
    """The name of each class by its number, in the file's order.

    A ``.json`` file holds a list of names, numbered from 0, a list of ``{"id", "name"}``, or one object of
    names by number. Any other file has one class a line: all lines with a number in front (``7 sky``,
    ``7: sky``) or none, then numbered from 0. In a line with tabs the first column is the number and the
    last one the name, as in ADE20K's ``objectInfo150.txt``, whose head line is left out.

    Raises:
        DataError: the file holds none of these, or a number or an empty name twice.
    """
    try:
        text = decoded(read_file(path))
        pairs = _of_json(text) if path.suffix == ".json" else _of_lines(text.splitlines())
        classes = {number: text_of(name, f"class {number}") for number, name in pairs}
    except (OSError, ValueError, RecursionError, RecordError) as error:
        raise DataError(f"{path}: not a list of classes: {error}") from None
    if not classes or len(classes) < len(pairs):
        raise DataError(f"{path}: not a list of classes: {'a number stands twice' if pairs else 'it is empty'}")
    return classes


def has_synonyms(path: Path) -> bool:
    """Whether a list of classes is ADE20K's, where each line holds all synonyms of a class."""
    try:
        return read_file(path).lstrip(b"\xef\xbb\xbf").startswith(_ADE20K_HEADER.encode())
    except OSError:
        return False


def parents(categories: Iterable[tuple[str, Any]]) -> set[str]:
    """The names that stand above others, from pairs of a COCO category's name and its ``supercategory``.

    Roboflow, for one, lists the project's name as a category that no annotation ever has.

    >>> parents([("dogs", None), ("collie", "dogs"), ("person", "person")])
    {'dogs'}
    """
    return {above for name, above in categories if isinstance(above, str) and above != name}


def _of_json(text: str) -> list[tuple[int, Any]]:
    if fault := fault_in(text.encode()):
        raise ValueError(fault)
    found = json.loads(text)
    if isinstance(found, dict):
        return [(_number(number), name) for number, name in found.items()]
    if not isinstance(found, list):
        raise ValueError(f"expected a list or an object, found {shown(found)}")
    if all(isinstance(item, dict) for item in found):
        return [(_number(item.get("id")), item.get("name")) for item in found]
    return list(enumerate(found))


def _of_lines(lines: Iterable[str]) -> list[tuple[int, Any]]:
    filled = [line.strip() for line in lines if line.strip() and not line.startswith(_ADE20K_HEADER)]
    columns = [_columns(line) for line in filled]
    bare = [line for line, found in zip(filled, columns, strict=True) if found is None]
    if len(bare) == len(filled):
        return list(enumerate(filled))
    if bare:
        raise ValueError(f"some lines begin with a number, {shown(bare[0])} does not")
    return [found for found in columns if found is not None]


def _columns(line: str) -> tuple[int, str] | None:
    """The number and name in a line, or None where it does not begin with a number."""
    first, *others = line.split("\t")
    if len(others) > 1:
        return (int(first), others[-1].strip()) if first.strip().isdecimal() else None
    found = _NUMBERED.fullmatch(line)
    return (int(found[1]), found[2]) if found else None


def _number(value: Any) -> int:
    if isinstance(value, int) and value >= 0:
        return value
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    raise ValueError(f"expected a class number, found {shown(value)}")
