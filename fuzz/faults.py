"""One fault put into a JSON value: dropped, doubled, moved, or replaced by what a file could hold there instead."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

Path = tuple[Any, ...]

JUNK: tuple[Any, ...] = (
    None, True, False, -1, 0, 1, 2**31, 2**63, 2**64, -(2**63), 1.5, -0.0, 1e308, float("nan"), float("inf"),
    "", " ", "x", "\0", "\x1b[31m", "\u202e", "\ud800", "../x", "/etc/passwd", "C:\\x.jpg", "<image>", "<seg>",
    "e\u0301" * 50, "9" * 400, [], {}, [[]], [None], [["x"]], {"a": 1}, [0] * 300, [[0, 0, 5, 5, 0, 5]],
    {"size": [1, 1], "counts": [1]},
)  # fmt: skip
"""What stands in the place of a value. JSON as Python writes it has `NaN` and lone surrogates."""


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """The path of every value below a value, its own first."""
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, child in children:
        yield from paths(child, (*path, step))


def at(value: Any, path: Path) -> Any:
    """The value at a path."""
    for step in path:
        value = value[step]
    return value


def replaced(value: Any, path: Path, new: Any) -> Any:
    """A copy with another value at a path."""
    if not path:
        return new
    changed = copy.deepcopy(value)
    at(changed, path[:-1])[path[-1]] = new
    return changed


def dropped(value: Any, path: Path) -> Any:
    """A copy without the value at a path, which is not the root's."""
    changed = copy.deepcopy(value)
    del at(changed, path[:-1])[path[-1]]
    return changed


def shape(path: Path) -> Path:
    """The path with every index as 0: values of one shape are treated by the same code.

    >>> shape(("images", 17, "id"))
    ('images', 0, 'id')
    """
    return tuple(0 if isinstance(step, int) else step for step in path)


def faulty(value: Any) -> Iterator[tuple[str, Any]]:
    """The value with one fault, every shape of path with every junk once, and what the fault is."""
    seen: set[Path] = set()
    for path in paths(value):
        if shape(path) in seen:
            continue
        seen.add(shape(path))
        if path:
            yield f"{path} dropped", dropped(value, path)
        for number, junk in enumerate(JUNK):
            yield f"{path} = JUNK[{number}]", replaced(value, path, junk)


def mutated(value: Any, rng: random.Random) -> Any:
    """The value with one to three random faults."""
    for _ in range(rng.randint(1, 3)):
        path = rng.choice(list(paths(value)))
        kind = rng.randrange(5)
        if kind == 0 and path:
            value = dropped(value, path)
        elif kind == 1:
            value = replaced(value, path, at(value, rng.choice(list(paths(value)))))
        elif kind == 2 and isinstance(found := at(value, path), int | float):
            value = replaced(value, path, _other_number(found, rng))
        else:
            value = replaced(value, path, rng.choice(JUNK))
    return value


def _other_number(number: float, rng: random.Random) -> float:
    return rng.choice((-number, number + 1, number - 1, number * 1000, number / 7, number + rng.random()))


def mutated_json(data: bytes, size: int, seed: int) -> bytes:
    """JSON bytes with faults in their values, or, now and then, in their bytes."""
    rng = random.Random(seed)
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return mutated_bytes(data, size, rng)
    if rng.random() < 0.2:
        return mutated_bytes(data, size, rng)
    try:
        text = json.dumps(mutated(value, rng), indent=rng.choice((None, None, 1)), ensure_ascii=rng.random() < 0.8)
        return text.encode("utf-8", "surrogatepass")[:size]
    except (ValueError, RecursionError):
        return data[:size]


def mutated_bytes(data: bytes, size: int, rng: random.Random) -> bytes:
    """The bytes with one stretch cut out, doubled, or overwritten."""
    start = rng.randrange(len(data) + 1)
    end = min(len(data), start + rng.randrange(1, 40))
    middle = rng.choice((b"", data[start:end] * 2, rng.randbytes(end - start), b"\\u", b'"', b"[" * 50, b"\xff\xfe"))
    return (data[:start] + middle + data[end:])[:size]
