"""The one place that opens the shards of a finished corpus: typed rows in order, by id or place, and images."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import msgspec
from PIL import Image as Pillow

from t4s_data.corpus.row import Row, RowImage, columns_of
from t4s_data.errors import CommandError, CorpusError, RecordError
from t4s_data.files.images import read_image
from t4s_data.reading.pictures import opened

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

BATCH_ROWS = 1024
"""Rows that are in memory at a time where nothing else is asked for."""
Place = tuple[str, int]
"""A shard's name below the corpus, and the number of a row in it."""
View = TypeVar("View", bound=msgspec.Struct)
"""A row, or some of its columns (:func:`t4s_data.corpus.row.columns_of`)."""


class Pictured(Protocol):
    """What a row says of its image."""

    @property
    def images(self) -> Sequence[RowImage]:
        """The image, or none."""

    @property
    def width(self) -> int | None:
        """Its width in pixels, if that is known."""

    @property
    def height(self) -> int | None:
        """Its height in pixels, if that is known."""


def shard_names(corpus: Path) -> list[str]:
    """The paths of all shards below the corpus, sorted: the order in which `datasets` reads them.

    Raises:
        CorpusError: there is none.
    """
    if names := sorted(path.relative_to(corpus).as_posix() for path in corpus.glob("data/*/*.parquet")):
        return names
    raise CorpusError(f"{corpus}: no data/*/*.parquet; not a corpus")


def read_shard(path: Path, kind: type[View], *, rows: int = BATCH_ROWS, pictures: bool = True) -> Iterator[View]:
    """The rows of a shard in order, so many in memory at a time; only the columns of the view are read.

    Without ``pictures`` the bytes of images are left out.

    Raises:
        CorpusError: the file is absent or not a shard, or a row is not what the view says.
    """
    for batch in read_batches(path, columns_of(kind, pictures=pictures), rows):
        yield from typed_rows(batch, kind, path)


def read_batches(path: Path, columns: Sequence[str], rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
    """Some columns of a shard as Arrow data, so many rows at a time.

    Raises:
        CorpusError: the file is absent or not a shard.
    """
    with _opened(path, columns) as file:
        yield from file.iter_batches(rows, columns=list(columns))


def read_column(path: Path, column: str) -> pa.ChunkedArray:
    """One column of a shard as a whole.

    Raises:
        CorpusError: the file is absent or not a shard.
    """
    with _opened(path, [column]) as file:
        return file.read(columns=[column]).column(column)


def column_names(path: Path) -> list[str]:
    """The columns that a shard has, whatever they are.

    Raises:
        CorpusError: the file is absent or not a shard.
    """
    with _opened(path, ["id"]) as file:
        return list(file.schema_arrow.names)


def schema_of(path: Path) -> pa.Schema:
    """The Arrow schema of a shard, with its metadata.

    Raises:
        CorpusError: the file is absent or not a shard.
    """
    with _opened(path, []) as file:
        return file.schema_arrow


def row_count(path: Path) -> int:
    """How many rows a shard has.

    Raises:
        CorpusError: the file is absent or not a shard.
    """
    with _opened(path, ["id"]) as file:
        return int(file.metadata.num_rows)


def typed_rows(batch: pa.RecordBatch | pa.Table, kind: type[View], path: Path) -> list[View]:
    """Rows of a shard as Arrow data -> structs; ``path`` is for messages.

    Raises:
        CorpusError: a row is not what the view says.
    """
    rows = batch.to_pylist()
    try:
        return msgspec.convert(rows, list[kind])  # type: ignore[valid-type]
    except msgspec.ValidationError:
        for row in rows:
            _check(row, kind, path)
        raise


def find_row(corpus: Path, row_id: str) -> Row:
    """The row of that id.

    Raises:
        CommandError: there is none; names ids of that source that there are.
        CorpusError: there is no shard at all.
    """
    shards = shard_names(corpus)
    source = row_id.partition("/")[0]
    own = [name for name in shards if name.split("/")[1] == source]
    for name in own:
        if (number := _number_of(corpus / name, row_id)) is not None:
            return rows_at(corpus, [(name, number)])[name, number]
    first = next(read_batches(corpus / (own or shards)[0], ["id"], rows=3))
    raise CommandError(f"{corpus}: no row {row_id!r}; ids look like {', '.join(first.column('id').to_pylist())}")


def rows_by_id(corpus: Path, ids: Collection[str], kind: type[View], *, pictures: bool = True) -> dict[str, View]:
    """The rows with these ids; an id that the corpus does not have is left out.

    Raises:
        CorpusError: there is no shard at all, or a file is none, or a row is not what the view says.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = pa.array(sorted(ids), pa.string())
    columns = columns_of(kind, pictures=pictures)
    found: dict[str, View] = {}
    for path in (corpus / name for name in shard_names(corpus)):
        for batch in read_batches(path, ["id", *(column for column in columns if column != "id")]):
            here = batch.filter(pc.is_in(batch["id"], wanted))
            found.update(zip(here["id"].to_pylist(), typed_rows(here, kind, path), strict=True))
    return found


def rows_at(corpus: Path, places: Iterable[Place]) -> dict[Place, Row]:
    """The rows at those places, one row group in memory at a time."""
    wanted: dict[str, set[int]] = {}
    for name, number in places:
        wanted.setdefault(name, set()).add(number)
    found: dict[Place, Row] = {}
    for name, numbers in sorted(wanted.items()):
        with _opened(corpus / name, columns_of(Row)) as file:
            for number, row in _rows_among(file, numbers, corpus / name):
                found[name, number] = row
    return found


def open_image(row: Pictured, data_root: Path | None) -> Pillow.Image | None:
    """The image of a row in RGB: its own bytes, or the file below ``data_root``; None where there is neither.

    Raises:
        RecordError: the file is absent (``image-missing``), cannot be opened (``image-unreadable``) or has
            another size than the row says (``size-mismatch``).
    """
    if not row.images:
        return None
    stored = row.images[0]
    data = stored.bytes
    if data is None:
        if data_root is None or stored.path is None:
            return None
        data = read_image(data_root / stored.path)
    with opened(data, stored.path or "") as found:
        image = found.convert("RGB")
    if row.width is not None and image.size != (row.width, row.height):
        raise RecordError("size-mismatch", f"{stored.path} is {image.size}, the row says {(row.width, row.height)}")
    return image


@contextmanager
def _opened(path: Path, columns: Sequence[str]) -> Iterator[pq.ParquetFile]:
    """A shard that has those columns."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            names = set(file.schema_arrow.names)
            if missing := next((column for column in columns if column.split(".")[0] not in names), None):
                raise CorpusError(f"{path}: no column {missing.split('.')[0]!r}")
            yield file
    except FileNotFoundError:
        raise CorpusError(f"{path}: missing") from None
    except (pa.ArrowException, OSError) as error:
        raise CorpusError(f"{path}: not a Parquet file: {error}") from None


def _check(row: dict[str, Any], kind: type[msgspec.Struct], path: Path) -> None:
    try:
        msgspec.convert(row, kind)
    except msgspec.ValidationError as error:
        raise CorpusError(f"{path}: row {row.get('id')!r}: {error}") from None


def _number_of(shard: Path, row_id: str) -> int | None:
    import pyarrow.compute as pc

    number = pc.index(read_column(shard, "id"), row_id).as_py()
    return None if number < 0 else number


def _rows_among(file: pq.ParquetFile, numbers: set[int], path: Path) -> Iterator[tuple[int, Row]]:
    start = 0
    for group in range(file.num_row_groups):
        end = start + file.metadata.row_group(group).num_rows
        here = sorted(number for number in numbers if start <= number < end)
        if here:
            table = file.read_row_group(group).take([number - start for number in here])
            yield from zip(here, typed_rows(table, Row, path), strict=True)
        start = end
