"""Shards: rows to one Parquet file, with the settings that the Hub expects.

Everything that shapes the file is asked of the installed ``datasets`` library, so that a shard is what its
``Dataset.to_parquet`` would write: schema with its ``huggingface`` key, compression per column, page index
and content-defined chunking (its ``io/parquet.py``).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from t4s_data.corpus.row import Row, features
from t4s_data.files.writing import replacing

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

BATCH_ROWS = 1000
BATCH_BYTES = 16 << 20
"""Most rows, and about the most bytes of images and text, held as Python objects at a time."""


@dataclass(frozen=True, slots=True)
class ShardStats:
    """One written shard: rows, bytes of the file, bytes of its rows in memory (Arrow), SHA-256 of the file."""

    rows: int
    bytes: int
    data_bytes: int
    sha256: str


def write_shard(path: Path, rows: Iterable[Row], *, embed: bool) -> ShardStats:
    """Write rows as one Parquet file under a temporary name, flush it to disk and rename it to ``path``.

    Memory is bounded by a row group, however many rows there are. The bytes depend on the rows and the
    libraries' versions alone.
    """
    schema = features(embed=embed).arrow_schema
    count = size = 0
    with replacing(path) as part:
        with _open_writer(part, embed=embed) as writer:
            for table in _row_groups(_batches(rows), schema):
                writer.write_table(table, row_group_size=table.num_rows)
                count += table.num_rows
                size += table.nbytes
        with part.open("rb+") as file:
            os.fsync(file.fileno())
            digest = file_digest(file, "sha256").hexdigest()
            file_bytes = file.seek(0, os.SEEK_END)
    return ShardStats(count, file_bytes, size, digest)


@contextmanager
def _open_writer(path: Path, *, embed: bool) -> Iterator[pq.ParquetWriter]:
    import pyarrow.parquet as pq
    from datasets import config
    from datasets.arrow_writer import get_parquet_column_options

    columns = features(embed=embed)
    schema = columns.arrow_schema
    chunking = config.DEFAULT_CDC_OPTIONS
    with pq.ParquetWriter(
        path,
        schema,
        use_content_defined_chunking=chunking,
        write_page_index=True,
        **get_parquet_column_options(columns, schema),
    ) as writer:
        yield writer
        writer.add_key_value_metadata({"content_defined_chunking": json.dumps(chunking)})


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    weight = 0
    for row in rows:
        batch.append(row)
        weight += _weight(row)
        if len(batch) == BATCH_ROWS or weight >= BATCH_BYTES:
            yield batch
            batch, weight = [], 0
    if batch:
        yield batch


def _weight(row: Row) -> int:
    images = sum(len(image.bytes or b"") for image in row.images)
    return images + sum(len(turn.content) for turn in row.messages)


def _row_groups(batches: Iterable[list[Row]], schema: pa.Schema) -> Iterator[pa.Table]:
    """Tables of at most a row group's bytes as the library sets them, unless one batch is larger."""
    import pyarrow as pa
    from datasets import config
    from datasets.utils.py_utils import convert_file_size_to_int

    limit = convert_file_size_to_int(config.MAX_ROW_GROUP_SIZE)
    group: list[pa.RecordBatch] = []
    size = 0
    for rows in batches:
        batch = pa.RecordBatch.from_pylist(msgspec.to_builtins(rows, builtin_types=(bytes,)), schema)
        if group and size + batch.nbytes > limit:
            yield pa.Table.from_batches(group)
            group, size = [], 0
        group.append(batch)
        size += batch.nbytes
    if group:
        yield pa.Table.from_batches(group)
