"""Pickles: any bytes in, plain data or a `DataError`, and nothing run.

The oracle is Python's own unpickler with every name refused: what this reads of plain data, ours reads as the same.
"""

from __future__ import annotations

import atexit
import io
import pickle
import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fuzz.faults import JUNK, mutated, mutated_bytes
from fuzz.target import Target
from t4s_data.errors import DataError
from t4s_data.files.pickles import load_plain

REF = {
    "ref_id": 1, "ann_id": 2, "image_id": 3, "category_id": 4, "file_name": "COCO_train2014_000000000003_1.jpg",
    "split": "train", "sent_ids": [5], "sentences": [{"sent_id": 5, "raw": "A cup", "sent": "a cup", "tokens": ["a"]}],
}  # fmt: skip
OPCODES = (b"(", b".", b"0", b"2", b"c", b"R", b"b", b"\x8c", b"\x80\x02", b"\x95", b"}", b"]", b"a", b"e", b"u", b"s",
           b"q\x00", b"h\x00", b"r\xff\xff\xff\x7f", b"P", b"Q", b"\x82\x01", b"i", b"o", b"\x85", b"t")  # fmt: skip

_FILE = Path(tempfile.mkdtemp(prefix="fuzz-")) / "fuzz.p"
atexit.register(shutil.rmtree, _FILE.parent, ignore_errors=True)


class _Plain(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"{module}.{name}")

    def persistent_load(self, _: Any) -> Any:
        raise pickle.UnpicklingError("external")


def plain(data: bytes) -> Any:
    """The plain data in a pickle.

    Raises:
        DataError: there is none. What a mutated pickle asks the standard unpickler for can be all of the memory, so
            that one reads only what ours has let pass.
    """
    _FILE.write_bytes(data)
    return load_plain(_FILE)


def check(data: bytes) -> None:
    """Read the pickle with both.

    Raises:
        AssertionError: they differ.
    """
    try:
        found = plain(data)
    except DataError:
        return
    try:
        expected = _Plain(io.BytesIO(data), encoding="utf-8", errors="surrogateescape").load()
    except Exception:
        # A frame of a wrong length is an error or none for the standard readers, of files and of bytes.
        return
    assert repr(found) == repr(expected), "another value than the standard unpickler's"


def seeds() -> Iterator[bytes]:
    """Refs and odd values under every protocol."""
    for protocol in range(6):
        yield pickle.dumps([REF, REF], protocol)
        yield pickle.dumps(list(JUNK), protocol)
    yield b"cos\nsystem\n(S'true'\ntR."
    yield b"(lp0\n" * 40 + b"." * 3


def mutate(data: bytes, size: int, seed: int) -> bytes:
    """Another value in the pickle, or other bytes."""
    rng = random.Random(seed)
    if rng.random() < 0.5:
        return mutated_bytes(data, size, rng)
    try:
        return pickle.dumps(mutated(plain(data), rng), rng.randrange(6))[:size]
    except (DataError, RecursionError):
        return mutated_bytes(data, size, rng)


TARGET = Target("pickles", check, seeds, mutate, OPCODES)
