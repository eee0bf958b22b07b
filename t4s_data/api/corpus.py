"""A finished corpus: its rows by id and in order."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from t4s_data.api.given import folder_of
from t4s_data.corpus.folder import read_build
from t4s_data.corpus.reader import find_row, open_image, read_shard
from t4s_data.corpus.record import Build
from t4s_data.corpus.regions import masks_of
from t4s_data.corpus.row import Row
from t4s_data.corpus.selection import Selection, shards_of
from t4s_data.errors import CommandError, InputError
from t4s_data.masks.mask import Bools

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True, slots=True, eq=False)
class CorpusRow:
    """One training sample: a question about an image, its answer, and the true regions; ``row`` has all columns.

    >>> row = Corpus("OUT")["refcoco/unc-train/1-2#0"]
    >>> print(row.question)
    <image>
    Find the region that matches the description and report its bounding box.
    Description: black cup
    >>> row.answer, row.labels, row.boxes, row.masks[0].shape
    ('<ref>black cup</ref><box>[[3 16 13 30]]</box>', ['black cup'], [(32, 120, 136, 234)], (480, 640))
    """

    row: Row

    @property
    def id(self) -> str:
        """The row's id."""
        return self.row.id

    @property
    def task(self) -> str:
        """The task that the row trains."""
        return self.row.task

    @property
    def question(self) -> str:
        """The last turn of the user."""
        return self._last("user")

    @property
    def answer(self) -> str:
        """The last turn of the assistant: what a model is to write."""
        return self._last("assistant")

    @property
    def labels(self) -> list[str]:
        """The labels of the regions, in the order of the answer."""
        return [region.label for region in self.row.regions]

    @property
    def masks(self) -> list[Bools]:
        """The true masks of the regions at the size of the image, each bool (height, width)."""
        return [mask.dense() for mask in masks_of(self.row)]

    @property
    def boxes(self) -> list[tuple[int, int, int, int]]:
        """The tight boxes of the masks: left, top, and (exclusive) right and bottom in pixels."""
        return [mask.box for mask in masks_of(self.row)]

    def image(self, data_root: str | os.PathLike[str] | None = None) -> Image | None:
        """The image in RGB: from the row, or below ``data_root``; None where there is neither.

        Raises:
            RecordError: the file is absent, no image, or of another size than the row says.
        """
        return open_image(self.row, None if data_root is None else Path(data_root))

    def _last(self, role: str) -> str:
        return next((turn.content for turn in reversed(self.row.messages) if turn.role == role), "")


class Corpus:
    """A finished corpus, which `t4s build` wrote: its rows by id, and in order as they are read.

    >>> corpus = Corpus("OUT")
    >>> corpus, corpus.splits, corpus.sources
    (Corpus('OUT', rows=6), ['train'], ['refcoco'])
    >>> next(iter(corpus.rows(split="train"))).id
    'refcoco/unc-train/0-0#0'

    Raises:
        InputError: the path is none.
        CorpusError: there is no corpus at it.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = folder_of(path, "a corpus that `t4s build` wrote")
        self.build: Build = read_build(self.path)

    def __repr__(self) -> str:
        return f"Corpus({str(self.path)!r}, rows={len(self)})"

    def __len__(self) -> int:
        return self.build.totals.rows

    def __getitem__(self, row_id: str) -> CorpusRow:
        """The row of that id.

        Raises:
            CommandError: there is none; names ids that there are.
        """
        if not isinstance(row_id, str):
            raise InputError(f"expected the id of a row, found {row_id!r}; rows() gives all of them")
        return CorpusRow(find_row(self.path, row_id))

    def __contains__(self, row_id: object) -> bool:
        """Whether the corpus has a row of that id."""
        try:
            return isinstance(row_id, str) and bool(find_row(self.path, row_id))
        except CommandError:
            return False

    @property
    def splits(self) -> list[str]:
        """The splits that have rows."""
        return list(dict.fromkeys(account.as_split for account in self.build.accounts if account.rows))

    @property
    def sources(self) -> list[str]:
        """The sources that have rows."""
        return list(dict.fromkeys(account.source for account in self.build.accounts if account.rows))

    def __iter__(self) -> Iterator[CorpusRow]:
        return self.rows()

    def rows(self, *, split: str | None = None, source: str | None = None) -> Iterator[CorpusRow]:
        """The rows of a split and source, or all, split by split in the order in which `datasets` reads them.

        Raises:
            CommandError: there is no such split or source; says which there are.
            CorpusError: a shard is absent or damaged.
        """
        wanted = Selection(() if split is None else (split,), () if source is None else (source,))
        names = [name for found in shards_of(self.build, wanted).values() for name in found]
        return (CorpusRow(row) for name in names for row in read_shard(self.path / name, Row))
