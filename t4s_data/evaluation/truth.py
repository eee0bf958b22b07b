"""What an evaluation needs of a corpus: its rows in order, each with its masks and its own answer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from t4s_data.corpus.folder import read_build
from t4s_data.corpus.record import Account
from t4s_data.errors import CorpusError, RecordError
from t4s_data.export.examples import Choice, shards_of
from t4s_data.masks.mask import Mask, union
from t4s_data.sample import Region

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS = ("id", "split", "task", "width", "height", "messages", "regions", "codec")


class Shard(NamedTuple):
    """One Parquet file; ``source_split`` is the split of the source that its rows come from."""

    path: Path
    source: str
    source_split: str


@dataclass(frozen=True, slots=True)
class Truth:
    """One row: its regions at full size in the order of its answer, and the answer's own text.

    ``size`` is height and width in pixels, (0, 0) for a row without an image. ``row`` are the row's columns
    as they were read.
    """

    id: str
    split: str
    task: str
    codec: str
    size: tuple[int, int]
    regions: tuple[Region, ...]
    answer: str
    row: Mapping[str, Any]

    @property
    def mask(self) -> Mask | None:
        """All regions' pixels; None without a region."""
        return union([region.mask for region in self.regions]) if self.regions else None


def find_shards(corpus: Path, splits: Sequence[str] = (), sources: Sequence[str] = ()) -> list[Shard]:
    """The shards of these splits and sources (all, if none is named), in the order that `datasets` reads them in.

    Raises:
        CorpusError: the folder is no corpus.
        CommandError: the corpus has no such split or source.
    """
    build = read_build(corpus)
    names = sorted(name for found in shards_of(build, Choice(splits, sources)).values() for name in found)
    accounts = {shard.name: account for account in build.accounts for shard in account.shards}
    return [_shard(corpus / name, accounts[name]) for name in names]


def read_ids(shards: Iterable[Shard]) -> list[str]:
    """The ids of all rows, in order."""
    return [row_id for shard in shards for batch in read_batches(shard, ("id",)) for row_id in batch["id"].to_pylist()]


def read_rows(corpus: Path, ids: Collection[str], columns: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Some columns of the rows with these ids; an id that the corpus does not have is left out."""
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = pa.array(sorted(ids), pa.string())
    rows: dict[str, dict[str, Any]] = {}
    for shard in find_shards(corpus):
        for batch in read_batches(shard, columns):
            found = batch.filter(pc.is_in(batch["id"], wanted)).to_pylist()
            rows.update((row["id"], row) for row in found)
    return rows


def read_batches(shard: Shard, columns: Sequence[str] = COLUMNS, rows: int = 1000) -> Iterator[pa.RecordBatch]:
    """Some columns of a shard, so many rows at a time.

    Raises:
        CorpusError: the file is absent or not a shard.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(shard.path) as file:
            yield from file.iter_batches(rows, columns=list(columns))
    except FileNotFoundError:
        raise CorpusError(f"{shard.path}: named in build.json, but missing") from None
    except (pa.ArrowException, KeyError) as error:
        raise CorpusError(f"{shard.path}: not a shard of a corpus: {error}") from None


def truth_of(row: Mapping[str, Any]) -> Truth:
    """A row as an evaluation sees it; the answer is what the assistant says last.

    Raises:
        CorpusError: a region of the row is no mask of its image.
    """
    size = (row["height"] or 0, row["width"] or 0)
    try:
        regions = tuple(Region(one["label"], Mask.from_rle(one["rle"], *size)) for one in row["regions"])
    except RecordError as error:
        raise CorpusError(f"row {row['id']}: {error}") from None
    said = [message["content"] for message in row["messages"] if message["role"] == "assistant"]
    return Truth(row["id"], row["split"], row["task"], row["codec"], size, regions, said[-1] if said else "", row)


def _shard(path: Path, account: Account) -> Shard:
    by = f"{account.split_by}-" if account.split_by else ""
    return Shard(path, account.source, f"{by}{account.split}")
