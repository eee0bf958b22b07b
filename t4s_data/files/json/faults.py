"""What is wrong with an item whose end is certain: it has the grammar of JSON, and something in it cannot be read."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from t4s_data.files.texts import shown

# Every escape, so that an escaped backslash is not taken for the start of the next one.
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)


def fault_in(text: bytes) -> str | None:
    """What keeps the text from being read, in words; None where it has not the grammar of JSON or nothing is wrong.

    Constants that are no JSON (`NaN`), the same key twice in one object, half a surrogate pair, control
    characters and bytes that are not UTF-8. Nesting is the caller's to check.

    >>> fault_in(b'{"a": NaN}'), fault_in(b'{"a": 1, "a": 2}')
    ('NaN is no JSON number', "the key 'a' stands twice in one object")
    >>> fault_in(b'{"a" 1}') is None
    True
    """
    found: list[str] = []

    def constant(name: str) -> None:
        found.append(f"{name} is no JSON number")

    def members(pairs: list[tuple[str, Any]]) -> None:
        names = [name for name, _ in pairs]
        if len(set(names)) < len(names):
            twice = next(name for place, name in enumerate(names) if name in names[:place])
            found.append(f"the key {shown(twice)} stands twice in one object")

    plain = text.decode("utf-8", "replace")
    try:
        json.loads(plain, strict=False, parse_constant=constant, object_pairs_hook=members, parse_int=len)
    except ValueError:
        return None
    if any(escape[1] for escape in _ESCAPE.finditer(text)):
        found.append("half a surrogate pair, which no text can hold")
    if plain.encode() != text:
        found.append("a text that is not UTF-8")
    if not found and not _is_strict(plain):
        found.append("a control character in a text")
    return found[0] if found else None


def _is_strict(text: str) -> bool:
    try:
        json.loads(text, parse_int=len)
    except ValueError:
        return False
    return True


def lenient_members(text: bytes, names: Sequence[str]) -> dict[str, Any]:
    """The values of some members of the object in a text with faults, None where they are absent or stand twice.

    >>> lenient_members(b'{"id": 5, "area": NaN, "a": 1, "a": 2}', ["id", "a"])
    {'id': 5, 'a': None}
    """
    pairs: list[tuple[str, Any]] = []

    def members(found: list[tuple[str, Any]]) -> None:
        # The outermost object is the last to be complete.
        nonlocal pairs
        pairs = found

    try:
        json.loads(text.decode("utf-8", "replace"), strict=False, object_pairs_hook=members, parse_int=_whole)
    except ValueError:
        return dict.fromkeys(names)
    found = {name: [value for other, value in pairs if other == name] for name in names}
    return {name: values[0] if len(values) == 1 else None for name, values in found.items()}


def _whole(digits: str) -> int | None:
    return int(digits) if len(digits) < 20 else None
