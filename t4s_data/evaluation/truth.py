"""What an evaluation needs of a corpus: its rows in order, each with its masks and its own answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import msgspec

from t4s_data.corpus.folder import read_build
from t4s_data.corpus.reader import read_column
from t4s_data.corpus.record import Account
from t4s_data.corpus.regions import masks_of
from t4s_data.corpus.row import Count, Messages, RowImage, RowRegion
from t4s_data.corpus.selection import Selection, shards_of
from t4s_data.masks.mask import Mask, union
from t4s_data.sample import Region


class TruthRow(msgspec.Struct):
    """The columns of a row that an evaluation needs; the bytes of images only for a refiner."""

    id: str
    split: str
    task: str
    images: list[RowImage]
    width: Count | None
    height: Count | None
    messages: Messages
    regions: list[RowRegion]
    codec: str


class Shard(NamedTuple):
    """One Parquet file; ``source_split`` is the split of the source that its rows come from."""

    path: Path
    source: str
    source_split: str


@dataclass(frozen=True, slots=True)
class Truth:
    """One row: its regions at full size in the order of its answer, and the answer's own text.

    ``size`` is height and width in pixels, (0, 0) for a row without an image. ``row`` is what was read.
    """

    id: str
    split: str
    task: str
    codec: str
    size: tuple[int, int]
    regions: tuple[Region, ...]
    answer: str
    row: TruthRow

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
    names = sorted(name for found in shards_of(build, Selection(splits, sources)).values() for name in found)
    accounts = {shard.name: account for account in build.accounts for shard in account.shards}
    return [_shard(corpus / name, accounts[name]) for name in names]


def read_ids(shards: Iterable[Shard]) -> list[str]:
    """The ids of all rows, in order."""
    return [row_id for shard in shards for row_id in read_column(shard.path, "id").to_pylist()]


def truth_of(row: TruthRow) -> Truth:
    """A row as an evaluation sees it; the answer is what the assistant says last.

    Raises:
        CorpusError: a region of the row is no mask of its image.
    """
    size = (row.height or 0, row.width or 0)
    regions = tuple(Region(one.label, mask) for one, mask in zip(row.regions, masks_of(row), strict=True))
    said = [turn.content for turn in row.messages if turn.role == "assistant"]
    return Truth(row.id, row.split, row.task, row.codec, size, regions, said[-1] if said else "", row)


def _shard(path: Path, account: Account) -> Shard:
    by = f"{account.split_by}-" if account.split_by else ""
    return Shard(path, account.source, f"{by}{account.split}")
