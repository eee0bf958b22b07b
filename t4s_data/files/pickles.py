"""Pickles of plain data, read without ever running what they ask for, and within bounds."""

from __future__ import annotations

import gc
import io
import pickle
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from t4s_data.errors import DataError, UnsafePickleError
from t4s_data.files.texts import shown
from t4s_data.reading.bounds import MAX_PICKLE_DEPTH, MAX_PICKLE_TUPLES
from t4s_data.reading.opening import read_file

_LEAST_MEMO = 1 << 16
_FREE_NODES = 100_000
_NODES_PER_BYTE = 10
_SHORT = 64
_SAFE_TUPLES = 1000
# Each level of a tuple that is a key takes some 200 bytes of stack when it is hashed.
_STACK = 128 << 20
_SIZED = {b"X": 4, b"T": 4, b"B": 4, b"\x8b": 4, b"U": 1, b"C": 1, b"\x8c": 1, b"\x8a": 1, b"\x8d": 8, b"\x8e": 8}
_TUPLES = frozenset(b"t\x85\x86\x87")
_NOT_PLAIN = frozenset(b"Rbo\x81\x92\x82\x83\x84\x8f\x90\x91\x96\x97\x98")
_CONTAINERS = frozenset({list, dict, tuple})


class _Stream(io.BytesIO):
    """Bytes that an unpickler looks ahead in: without ``peek`` it would ask for each value with two calls."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._bytes = data

    def peek(self, size: int = -1) -> bytes:
        """The next bytes, which stay."""
        start = self.tell()
        return self._bytes[start : start + max(size, 1)]


class _PlainUnpickler(pickle.Unpickler):
    """Builds lists, tuples, dicts, strings, numbers, booleans and None; refuses every name."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        # Python 2 wrote `str` as bytes. UTF-8 reads the ASCII of nearly all of them, and the escaped
        # rest stays recognisable, so that a reader can decode or reject it record by record.
        super().__init__(file, encoding="utf-8", errors="surrogateescape")
        self._path = path

    def find_class(self, module: str, name: str) -> NoReturn:
        raise UnsafePickleError(f"{self._path}: refused: the pickle asks for {module}.{name}; only plain data is read")

    def persistent_load(self, pid: Any) -> NoReturn:
        raise UnsafePickleError(f"{self._path}: refused: the pickle asks for the external object {shown(pid)}")


def load_plain(path: Path) -> Any:
    """The object in a pickle of plain containers, strings and numbers.

    Byte strings of Python 2 come back as UTF-8 text, with bytes that are not UTF-8 as lone surrogates
    (``surrogateescape``). The stream is looked through before the unpickler gets it: one of a few bytes can ask
    for gigabytes.

    Raises:
        UnsafePickleError: the stream names a class, a function or an external object.
        DataError: the stream is not a whole pickle, or passes a bound: of its memo, of tuples, of levels, or of
            what it comes to where parts of it stand in many places.
    """
    try:
        data = read_file(path)
        tuples = _scanned(data, path)
        with _uncollected():
            value = _loaded(data, path, tuples)
            _check_shape(value, len(data), path, tuples=tuples)
    except DataError:
        raise
    except (pickle.UnpicklingError, EOFError, ValueError, TypeError, KeyError, IndexError, AttributeError,
            OverflowError, MemoryError, RecursionError, OSError) as error:  # fmt: skip
        raise DataError(f"{path}: not a whole pickle: {type(error).__name__}: {error}") from error
    return value


def _scanned(data: bytes, path: Path) -> int:
    """How many tuples a stream makes, once all its opcodes are seen to be those of plain data.

    It ends at whatever the unpickler will refuse: a name, a byte that is no opcode, the end of the file.
    """
    limit = max(_LEAST_MEMO, len(data))
    common = _common(limit)
    position = tuples = 0
    while True:
        found = common.match(data, position)
        position = found.end() if found else position
        code = data[position : position + 1]
        if code and code[0] in _NOT_PLAIN:
            raise DataError(f"{path}: not a whole pickle: opcode {code!r} at byte {position} is not one of plain data")
        if code and code[0] in _TUPLES:
            tuples += 1
            position += 1
        elif code in _SIZED:
            start = position + 1 + _SIZED[code]
            position = start + int.from_bytes(data[position + 1 : start], "little")
        elif code in (b"p", b"r"):
            position = _checked_put(data, position, limit, path)
        else:
            break
    if tuples > MAX_PICKLE_TUPLES:
        raise DataError(f"{path}: too large: {tuples:,} tuples, {MAX_PICKLE_TUPLES:,} allowed")
    return tuples


def _checked_put(data: bytes, position: int, limit: int, path: Path) -> int:
    """The end of an opcode that puts something into the memo, whose table grows to the number that is asked for."""
    if data[position] == ord("r"):
        end = position + 5
        number = int.from_bytes(data[position + 1 : end], "little")
    else:
        end = data.find(b"\n", position) + 1 or len(data)
        digits = data[position + 1 : end].strip()
        number = int(digits) if digits.isdigit() and len(digits) < 20 else limit
    if number >= limit:
        raise DataError(f"{path}: too large: the pickle asks for a memo of {number:,} at byte {position}")
    return end


def _common(limit: int) -> re.Pattern[bytes]:
    """Runs of the opcodes that nearly all of a stream consists of; of memo numbers those that are below a limit."""
    low, high = ((limit - 1) >> 16) & 0xFF, (limit - 1) >> 24
    third, fourth = (rb"[\x00-\xff]", high - 1) if high else (rb"[\x00-\x%02x]" % max(low - 1, 0), 0)
    number = rb"..%s[\x00-\x%02x]" % (third, min(fourth, 255))
    choices = [
        rb"[N\x88\x89\]})(eusald012\x94]",
        rb"[Khq\x80].",
        rb"[rj]" + number,
        rb"[Jj].{4}",
        rb"M..",
        rb"[G\x95].{8}",
        *(_short_strings(code, width) for code, width in ((b"X", 4), (b"U", 1), (b"\x8c", 1))),
        rb"[IFLSVg][^\n]*\n",
        rb"p[0-9]{1,%d}\n" % (len(str(limit)) - 1),
    ]
    return re.compile(rb"(?s:" + b"|".join(choices) + rb")*+")


def _short_strings(code: bytes, width: int) -> bytes:
    """Strings of less than :data:`_SHORT` bytes with their length in front, the usual lengths first."""
    lengths = (re.escape(n.to_bytes(width, "little")) + b".{%d}" % n for n in range(_SHORT))
    return re.escape(code) + b"(?:" + b"|".join(lengths) + b")"


def _loaded(data: bytes, path: Path, tuples: int) -> Any:
    if tuples <= _SAFE_TUPLES:
        return _PlainUnpickler(_Stream(data), path).load()
    outcome: list[Any] = []
    before = threading.stack_size(_STACK)
    try:
        thread = threading.Thread(target=_load_into, args=(data, path, outcome))
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    if isinstance(outcome[0], Exception):
        raise outcome[0]
    return outcome[0]


def _load_into(data: bytes, path: Path, outcome: list[Any]) -> None:
    try:
        outcome.append(_PlainUnpickler(_Stream(data), path).load())
    except Exception as error:
        outcome.append(error)


def _check_shape(value: Any, size: int, path: Path, *, tuples: int) -> None:
    """Bound the levels of a value, and what it comes to where every part counts as often as it stands somewhere."""
    most = _FREE_NODES + _NODES_PER_BYTE * size
    level, nodes, depth = [value] if type(value) in _CONTAINERS else [], 0, 0
    while level:
        depth += 1
        nodes += sum(map(len, level))
        if depth > MAX_PICKLE_DEPTH:
            raise DataError(f"{path}: too large: nested more than {MAX_PICKLE_DEPTH} deep")
        if nodes > most:
            raise DataError(f"{path}: too large: {size:,} bytes that come to more than {most:,} values")
        if tuples and any(tuple in map(type, item) for item in level if type(item) is dict):
            raise DataError(f"{path}: a tuple is a key, which no refs have")
        level = [
            part
            for item in level
            for part in (item.values() if type(item) is dict else item)
            if type(part) in _CONTAINERS
        ]


@contextmanager
def _uncollected() -> Iterator[None]:
    """Hold the garbage collector, which would go through all that is loaded again and again."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
