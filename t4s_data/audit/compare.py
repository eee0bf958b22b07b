"""Two corpora side by side: which rows are in one alone, which changed, and in what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from t4s_data.corpus.folder import read_build
from t4s_data.corpus.reader import read_column, read_shard
from t4s_data.corpus.record import Build, Shard
from t4s_data.corpus.row import TOKEN_COLUMNS, Row
from t4s_data.counts import Distribution, Histogram

PARTS: Mapping[str, Sequence[str]] = {
    "place": ("split", "task"),
    "image": ("images", "width", "height", "image_id", "license"),
    "messages": ("messages",),
    "regions": ("regions", "codec"),
    "tokens": TOKEN_COLUMNS,
}
"""What can differ in a row, and the columns it stands in."""
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
    """The differences of every source in either corpus; shards with equal digests in ``build.json`` are skipped.

    Raises:
        CorpusError: one is not a whole corpus.
    """
    builds = read_build(first), read_build(second)
    sources = dict.fromkeys(account.source for build in builds for account in build.accounts)
    return [_difference(source, (first, second), builds) for source in sources]


def build_changes(first: Build, second: Build) -> list[str]:
    """The fields of two build records that differ and shape rows: recipe, seed, code, tokenizer, inputs, libraries."""
    fields = ("recipe", "seed", "code", "tokenizer", "vocabulary", "inputs", "libraries")
    return [field for field in fields if getattr(first, field) != getattr(second, field)]


def _difference(source: str, folders: tuple[Path, Path], builds: tuple[Build, Build]) -> Difference:
    shards = [_shards(build, source) for build in builds]
    equal = {shard.sha256 for shard in shards[0]} & {shard.sha256 for shard in shards[1]}
    ones, others = (
        _Rows.of([folder / shard.name for shard in found if shard.sha256 not in equal])
        for folder, found in zip(folders, shards, strict=True)
    )
    place = pc.index_in(ones.ids, value_set=others.ids)
    in_both = pc.is_valid(place).to_numpy(zero_copy_only=False)
    unequal = ones.digests[in_both] != others.digests[place.drop_null().to_numpy()]
    changed = ones.ids.filter(pa.array(in_both)).filter(pa.array(unequal.any(axis=1)))
    names = [
        tuple(name for name, differs in zip(PARTS, row, strict=True) if differs) for row in unequal[unequal.any(axis=1)]
    ]
    found_first = pc.is_in(others.ids, value_set=ones.ids)
    tokens = [_tokens([folder / shard.name for shard in found]) for folder, found in zip(folders, shards, strict=True)]
    return Difference(
        source=source,
        rows=(sum(shard.rows for shard in shards[0]), sum(shard.rows for shard in shards[1])),
        only_first=tuple(ones.ids.filter(pa.array(~in_both)).to_pylist()),
        only_second=tuple(others.ids.filter(pc.invert(found_first)).to_pylist()),
        changed=dict(zip(changed.to_pylist(), names, strict=True)),
        tokens={column: (tokens[0][column], tokens[1][column]) for column in TOKEN_COLUMNS},
    )


def _shards(build: Build, source: str) -> list[Shard]:
    return [shard for account in build.accounts if account.source == source for shard in account.shards]


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
        for row in (row for shard in shards for row in read_shard(shard, Row, rows=_BATCH)):
            ids.append(row.id)
            for columns in PARTS.values():
                text = msgspec.msgpack.encode([getattr(row, column) for column in columns])
                digests += blake2b(text, digest_size=8).digest()
        return cls(pa.array(ids, pa.string()), np.frombuffer(digests, np.uint64).reshape(-1, len(PARTS)))


def _tokens(shards: Sequence[Path]) -> dict[str, Distribution | None]:
    histograms: dict[str, Histogram] = {column: {} for column in TOKEN_COLUMNS}
    for path in shards:
        for column, histogram in histograms.items():
            for count in pc.value_counts(read_column(path, column)).to_pylist():
                histogram[count["values"]] = histogram.get(count["values"], 0) + count["counts"]
    return {column: Distribution.of(histogram) if histogram else None for column, histogram in histograms.items()}
