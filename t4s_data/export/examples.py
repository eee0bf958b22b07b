"""Rows of a corpus, read in order and checked for what every trainer needs of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from t4s_data.corpus.record import Build
from t4s_data.errors import CommandError, CorpusError
from t4s_data.export.pictures import Pictures
from t4s_data.sample import Turn
from t4s_data.tokens.tokenizers import IMAGE

COLUMNS = ("id", "images", "width", "height", "messages")
BATCH_ROWS = 256


@dataclass(frozen=True, slots=True)
class Example:
    """One row for a trainer: its turns, and the paths of its images as they will stand in the record.

    ``<image>`` stands in the turns once for each image. After an optional system turn, user and assistant
    take turns and the assistant has the last word. ``width`` and ``height`` are None without an image.
    """

    id: str
    turns: tuple[Turn, ...]
    images: tuple[str, ...] = ()
    width: int | None = None
    height: int | None = None

    @property
    def image(self) -> str | None:
        """The only image, or None; raises :class:`CorpusError` where there are several."""
        if len(self.images) > 1:
            raise CorpusError(f"row {self.id!r} has {len(self.images)} images; this format holds one")
        return self.images[0] if self.images else None


@dataclass(frozen=True, slots=True)
class Choice:
    """Which rows are wanted: splits and sources by name (empty: all), and how many of each split (0: all)."""

    splits: Sequence[str] = ()
    sources: Sequence[str] = ()
    limit: int = 0


def shards_of(build: Build, choice: Choice) -> dict[str, list[str]]:
    """The wanted shards of each wanted split, by their names below the corpus.

    They stand in the order in which `datasets.load_dataset` reads them, which is the row order that
    answers without ids are paired in (:func:`t4s_data.evaluation.predictions.pair`).

    Raises:
        CommandError: the corpus has no such split or source, or none of the wanted sources in a wanted split.
    """
    accounts = [account for account in build.accounts if account.shards]
    _check_known("split", choice.splits, [account.as_split for account in accounts])
    _check_known("source", choice.sources, [account.source for account in accounts])
    shards: dict[str, list[str]] = {}
    for account in accounts:
        if account.as_split in (choice.splits or [account.as_split]) and account.source in (
            choice.sources or [account.source]
        ):
            shards.setdefault(account.as_split, []).extend(shard.name for shard in account.shards)
    if not shards:
        raise CommandError(f"the sources {', '.join(choice.sources)} have no rows in {', '.join(choice.splits)}")
    return {split: sorted(names) for split, names in shards.items()}


def read_examples(corpus: Path, shards: Iterable[str], pictures: Pictures, limit: int = 0) -> Iterator[Example]:
    """The rows of these shards as examples, at most ``limit`` of them (0: all), a small batch in memory at a time.

    Raises:
        CorpusError: a shard is missing or no shard, or a row is not what :class:`Example` says.
    """
    rows = (row for name in shards for row in _rows(corpus / name))
    for row in islice(rows, limit or None):
        yield _example(row, pictures)


def _check_known(kind: str, asked: Sequence[str], present: Sequence[str]) -> None:
    if unknown := [name for name in asked if name not in present]:
        raise CommandError(f"the corpus has no {kind} {unknown[0]!r}; it has {', '.join(dict.fromkeys(present))}")


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(BATCH_ROWS, columns=list(COLUMNS)):
                yield from batch.to_pylist()
    except FileNotFoundError:
        raise CorpusError(f"{path}: named in build.json, but missing") from None
    except (pa.ArrowException, KeyError) as error:
        raise CorpusError(f"{path}: not a shard of a corpus: {error}") from None


def _example(row: Mapping[str, Any], pictures: Pictures) -> Example:
    turns = tuple(Turn(message["role"], message["content"]) for message in row["messages"])
    places = sum(turn.content.count(IMAGE) for turn in turns)
    if places != len(row["images"]):
        raise CorpusError(f"row {row['id']!r} has {places} {IMAGE} in its turns and {len(row['images'])} images")
    roles = [turn.role for turn in turns]
    spoken = roles[1:] if roles[0] == "system" else roles
    if not spoken or len(spoken) % 2 or spoken != ["user", "assistant"] * (len(spoken) // 2):
        raise CorpusError(f"row {row['id']!r}: user and assistant do not take turns: {', '.join(roles)}")
    images = tuple(pictures.path(image) for image in row["images"])
    return Example(row["id"], turns, images, row["width"], row["height"])
