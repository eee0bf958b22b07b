"""Rows of a finished corpus by their id or place, and the images that go with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from PIL import Image as Pillow

from t4s_data.codecs.codec import Codec, from_name
from t4s_data.errors import CommandError, CorpusError, RecordError
from t4s_data.files.images import read_image
from t4s_data.reading.pictures import opened
from t4s_data.recipe.parts import NO_CODEC

Row = Mapping[str, Any]
"""One row as `t4s_data.corpus.row.Row` dumps it."""
Place = tuple[str, int]
"""A shard's name below the corpus, and the number of a row in it."""


def find_row(corpus: Path, row_id: str) -> dict[str, Any]:
    """The row of that id.

    Raises:
        CommandError: there is none; names ids of that source that there are.
        CorpusError: there is no shard at all.
    """
    shards = sorted(path.relative_to(corpus).as_posix() for path in corpus.glob("data/*/*.parquet"))
    if not shards:
        raise CorpusError(f"{corpus}: no data/*/*.parquet; not a corpus")
    source = row_id.partition("/")[0]
    own = [name for name in shards if name.split("/")[1] == source]
    for name in own:
        if (number := _number_of(corpus / name, row_id)) is not None:
            return next(iter(read_rows(corpus, [(name, number)]).values()))
    known = ", ".join(_first_ids(corpus / (own or shards)[0]))
    raise CommandError(f"{corpus}: no row {row_id!r}; ids look like {known}")


def read_rows(corpus: Path, places: Iterable[Place]) -> dict[Place, dict[str, Any]]:
    """The rows at those places, one row group in memory at a time."""
    import pyarrow.parquet as pq

    wanted: dict[str, set[int]] = {}
    for name, number in places:
        wanted.setdefault(name, set()).add(number)
    found: dict[Place, dict[str, Any]] = {}
    for name, numbers in sorted(wanted.items()):
        with pq.ParquetFile(corpus / name) as file:
            for number, row in _rows_of(file, numbers):
                found[name, number] = row
    return found


def open_image(row: Row, data_root: Path | None) -> Pillow.Image | None:
    """The image of a row in RGB: its own bytes, or the file below ``data_root``; None where there is neither.

    Raises:
        RecordError: the file is absent (``image-missing``), cannot be opened (``image-unreadable``) or has
            another size than the row says (``size-mismatch``).
    """
    if not row["images"]:
        return None
    stored = row["images"][0]
    data = stored["bytes"]
    if data is None:
        if data_root is None:
            return None
        data = read_image(data_root / stored["path"])
    with opened(data, stored["path"]) as found:
        image = found.convert("RGB")
    if row["width"] is not None and image.size != (row["width"], row["height"]):
        size = (row["width"], row["height"])
        raise RecordError("size-mismatch", f"{stored['path']} is {image.size}, the row says {size}")
    return image


def codec_of_row(row: Row) -> Codec | None:
    """The codec that a row is written in; None for text alone."""
    return None if row["codec"] == NO_CODEC else from_name(row["codec"])


def _number_of(shard: Path, row_id: str) -> int | None:
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    with pq.ParquetFile(shard) as file:
        number = pc.index(file.read(columns=["id"]).column("id"), row_id).as_py()
    return None if number < 0 else number


def _first_ids(shard: Path) -> list[str]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(shard) as file:
        return next(file.iter_batches(batch_size=3, columns=["id"])).column("id").to_pylist()


def _rows_of(file: Any, numbers: set[int]) -> Iterator[tuple[int, dict[str, Any]]]:
    start = 0
    for group in range(file.num_row_groups):
        end = start + file.metadata.row_group(group).num_rows
        here = sorted(number for number in numbers if start <= number < end)
        if here:
            rows = file.read_row_group(group).take([number - start for number in here]).to_pylist()
            yield from zip(here, rows, strict=True)
        start = end
