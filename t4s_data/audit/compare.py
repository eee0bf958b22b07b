"""Two corpora side by side: which rows are in one alone, which changed, and in what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from t4s_data.corpus.folder import read_build
from t4s_data.corpus.reader import column_names, read_batches, read_column, row_count, shard_names
from t4s_data.corpus.record import Build
from t4s_data.corpus.row import TOKEN_COLUMNS
from t4s_data.counts import Distribution, Histogram
from t4s_data.reading.opening import sha256_of

PARTS: Mapping[str, Sequence[str]] = {
    "place": ("split", "task"),
    "image": ("images", "width", "height", "image_id", "license"),
    "messages": ("messages",),
    "regions": ("regions", "codec"),
    "tokens": TOKEN_COLUMNS,
}
OTHER = "other columns"
"""The part of whatever stands in columns that no corpus of this version has."""
"""What can differ in a row, and the columns it stands in."""
_KNOWN = {"id", "source", *(column for columns in PARTS.values() for column in columns)}
_BATCH = 256


@dataclass(frozen=True, slots=True)
class Difference:
    """One source in two corpora: rows, ids in one alone, changed ids with the parts that did, tokens by column.

    ``tokens`` maps a column to its distribution in each corpus, None where the source has no row.
    """

    source: str
    rows: tuple[int, int]
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]
    changed: Mapping[str, tuple[str, ...]]
    tokens: Mapping[str, tuple[Distribution | None, Distribution | None]]

    @property
    def same(self) -> bool:
        """Whether both hold the same rows."""
        return not (self.only_first or self.only_second or self.changed)


def compare(first: Path, second: Path) -> list[Difference]:
    """The differences of every source in either corpus, from its shards and not from what ``build.json`` says of them.

    Shards whose bytes are equal are not read for their rows.

    Raises:
        CorpusError: one is not a whole corpus.
    """
    builds = read_build(first), read_build(second)
    told = [account.source for build in builds for account in build.accounts]
    found = [Path(name).parts[1] for folder in (first, second) for name in shard_names(folder)]
    return [_difference(source, (first, second)) for source in dict.fromkeys((*told, *found))]


def build_changes(first: Build, second: Build) -> list[str]:
    """The fields of two build records that differ and shape rows: recipe, seed, code, tokenizer, inputs, libraries."""
    fields = ("recipe", "seed", "code", "tokenizer", "vocabulary", "inputs", "libraries")
    return [field for field in fields if getattr(first, field) != getattr(second, field)]


def _difference(source: str, folders: tuple[Path, Path]) -> Difference:
    shards = [sorted(folder.glob(f"data/{source}/*.parquet")) for folder in folders]
    digests = [[sha256_of(path) for path in found] for found in shards]
    one_time, other_time = map(Counter, digests)
    equal = {digest for digest, times in one_time.items() if times == other_time[digest]}
    ones, others = (
        _Rows.of([path for path, digest in zip(paths, found, strict=True) if digest not in equal])
        for paths, found in zip(shards, digests, strict=True)
    )
    place = pc.index_in(ones.ids, value_set=others.ids)
    in_both = pc.is_valid(place).to_numpy(zero_copy_only=False)
    unequal = ones.digests[in_both] != others.digests[place.drop_null().to_numpy()]
    changed = ones.ids.filter(pa.array(in_both)).filter(pa.array(unequal.any(axis=1)))
    names = [
        tuple(name for name, differs in zip((*PARTS, OTHER), row, strict=True) if differs)
        for row in unequal[unequal.any(axis=1)]
    ]
    found_first = pc.is_in(others.ids, value_set=ones.ids)
    rows, more = (sum(map(row_count, paths)) for paths in shards)
    tokens = [_tokens(paths) for paths in shards]
    return Difference(
        source=source,
        rows=(rows, more),
        only_first=tuple(ones.ids.filter(pa.array(~in_both)).to_pylist()),
        only_second=tuple(others.ids.filter(pc.invert(found_first)).to_pylist()),
        changed=dict(zip(changed.to_pylist(), names, strict=True)),
        tokens={column: (tokens[0][column], tokens[1][column]) for column in TOKEN_COLUMNS},
    )


@dataclass(frozen=True, slots=True)
class _Rows:
    """The ids of rows, and a digest of each part of each row: uint64 (rows, parts)."""

    ids: pa.Array
    digests: np.ndarray[Any, np.dtype[np.uint64]]

    @classmethod
    def of(cls, shards: Sequence[Path]) -> _Rows:
        """Read shards, image bytes included, a few hundred rows at a time."""
        ids: list[str] = []
        digests = bytearray()
        encode = msgspec.msgpack.Encoder(enc_hook=repr).encode
        for row in _read(shards):
            ids.append(row["id"])
            others = sorted(row.keys() - _KNOWN)
            for columns in (*PARTS.values(), others):
                # A column that is gone differs from one that holds nothing.
                text = encode([(column, row.get(column)) for column in columns if column in row])
                digests += blake2b(text, digest_size=8).digest()
        return cls(pa.array(ids, pa.string()), np.frombuffer(digests, np.uint64).reshape(-1, len(PARTS) + 1))


def _read(shards: Sequence[Path]) -> Iterator[dict[str, Any]]:
    """Rows with whatever columns there are."""
    for path in shards:
        for batch in read_batches(path, column_names(path), _BATCH):
            yield from batch.to_pylist()


def _tokens(shards: Sequence[Path]) -> dict[str, Distribution | None]:
    histograms: dict[str, Histogram] = {column: {} for column in TOKEN_COLUMNS}
    for path in shards:
        for column, histogram in histograms.items():
            for count in pc.value_counts(read_column(path, column)).to_pylist():
                histogram[count["values"]] = histogram.get(count["values"], 0) + count["counts"]
    return {column: Distribution.of(histogram) if histogram else None for column, histogram in histograms.items()}
