"""Entries in blocks on disk: what crosses from the sequential read to the parallel build."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from t4s_data.reading.opening import FileDigest
from t4s_data.sample import Entry, Reject
from t4s_data.sources.entries import records_of

BLOCK_RECORDS = 8192
"""Most records of a block: about two seconds of work where no image is opened."""
Inputs = dict[str, FileDigest]
"""Size and digest of every file that was read, by its path below the data root."""
BLOCK_BYTES = 400_000_000
"""Most image bytes of a block whose images are embedded: keeps shards below the Hub's 500 MB."""


@dataclass(frozen=True, slots=True)
class Block:
    """A file of staged entries: its path relative to the work folder, and how many records it holds."""

    path: str
    records: int


_SIZE = struct.Struct("<I")
"""In front of each line of a block, whose bytes it counts: a line may hold any byte."""


class _Line(msgspec.Struct, omit_defaults=True):
    """One line of a block: an entry, or the reject of one record."""

    keys: tuple[str, ...] = ()
    payload: Any = None
    image: str | None = None
    reject: tuple[str, str, str] | None = None
    group: str = ""


def write_blocks(
    items: Iterable[Entry | Reject],
    folder: Path,
    *,
    image_root: Path | None = None,
    inputs: Callable[[], Inputs] = dict,
) -> list[Block]:
    """Write the items to `folder` as blocks, all of them or none.

    Args:
        items: entries and rejects in the source's order.
        folder: the target, which must not exist; it appears only when it is complete.
        image_root: where image paths start, if images will be embedded: blocks are then cut by bytes too.
        inputs: says, once the items are through, from which files they were read.
    """
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    blocks: list[Block] = []
    pending = iter(items)
    while block := list(_block(pending, image_root)):
        name = f"{len(blocks):05d}.jsonl.zst"
        _write(partial / name, block)
        blocks.append(Block(name, sum(map(records_of, block))))
    index = [[block.path, block.records] for block in blocks]
    (partial / "inputs.json").write_bytes(msgspec.json.encode(inputs()))
    (partial / "blocks.json").write_bytes(msgspec.json.encode(index))
    partial.rename(folder)
    return blocks


def read_inputs(folder: Path) -> Inputs:
    """The files that the blocks of a complete folder were read from."""
    return msgspec.json.decode((folder / "inputs.json").read_bytes(), type=Inputs)


def read_index(folder: Path) -> list[Block] | None:
    """The blocks of a folder that is complete, or None."""
    try:
        index = msgspec.json.decode((folder / "blocks.json").read_bytes(), type=list[tuple[str, int]])
    except FileNotFoundError:
        return None
    return [Block(path, records) for path, records in index]


def read_block(path: Path) -> Iterator[Entry | Reject]:
    """The entries and rejects of one block, in order."""
    decode = msgspec.json.Decoder(_Line).decode
    with pa.CompressedInputStream(pa.OSFile(str(path)), "zstd") as file:
        data = file.read()
        start = 0
        while start < len(data):
            (size,) = _SIZE.unpack_from(data, start)
            start += _SIZE.size + size
            line = decode(data[start - size : start])
            if line.reject:
                yield Reject(*line.reject, line.group)
            else:
                yield Entry(line.keys, line.payload, line.image, line.group)


def _block(items: Iterator[Entry | Reject], image_root: Path | None) -> Iterator[Entry | Reject]:
    records = size = 0
    while records < BLOCK_RECORDS and size < BLOCK_BYTES and (item := next(items, None)) is not None:
        records += records_of(item)
        size += _image_bytes(item, image_root)
        yield item


def _image_bytes(item: Entry | Reject, image_root: Path | None) -> int:
    if image_root is None or isinstance(item, Reject) or item.image is None:
        return 0
    try:
        return (image_root / item.image).stat().st_size * len(item.keys)
    except OSError:
        return 0


def _write(path: Path, items: list[Entry | Reject]) -> None:
    encode = msgspec.json.Encoder().encode
    with pa.CompressedOutputStream(pa.OSFile(str(path), "wb"), "zstd") as file:
        for item in items:
            text = encode(_line(item))
            file.write(_SIZE.pack(len(text)) + text)


def _line(item: Entry | Reject) -> _Line:
    if isinstance(item, Reject):
        return _Line(reject=(item.key, item.reason, item.detail), group=item.group)
    return _Line(item.keys, item.payload, item.image, group=item.group)
