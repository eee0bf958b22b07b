"""Rows of a corpus, read in order and checked for what every trainer needs of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import msgspec

from t4s_data.codecs.labels import Label, neutralizer_beside
from t4s_data.corpus.reader import read_shard
from t4s_data.corpus.row import Count, Messages, RowImage
from t4s_data.errors import CorpusError
from t4s_data.export.pictures import Pictures
from t4s_data.sample import Turn
from t4s_data.tokens.tokenizers import IMAGE

BATCH_ROWS = 256


class _Row(msgspec.Struct):
    """The columns of a row that a trainer sees."""

    id: str
    images: list[RowImage]
    width: Count | None
    height: Count | None
    messages: Messages


@dataclass(frozen=True, slots=True)
class Example:
    """One row for a trainer: its turns, and the paths of its images as they will stand in the record.

    ``<image>`` stands in the turns once for each image. After an optional system turn, user and assistant
    take turns and the assistant has the last word. ``width`` and ``height`` are None without an image.
    ``reserved`` counts the marks of model families that had to be neutralized in the turns.
    """

    id: str
    turns: tuple[Turn, ...]
    images: tuple[str, ...] = ()
    width: int | None = None
    height: int | None = None
    reserved: int = 0

    @property
    def image(self) -> str | None:
        """The only image, or None; raises :class:`CorpusError` where there are several."""
        if len(self.images) > 1:
            raise CorpusError(f"row {self.id!r} has {len(self.images)} images; this format holds one")
        return self.images[0] if self.images else None


def read_examples(
    corpus: Path, shards: Iterable[str], pictures: Pictures, limit: int = 0, marks: Collection[str] = ()
) -> Iterator[Example]:
    """The rows of these shards as examples, at most ``limit`` of them (0: all), a small batch in memory at a time.

    No turn holds a mark of a model family but the ``marks``, the corpus's own vocabulary: a corpus may have been built
    by a version that knew fewer.

    Raises:
        CorpusError: a shard is missing or no shard, or a row is not what :class:`Example` says.
    """
    neutral = neutralizer_beside([IMAGE, *marks])
    rows = (row for name in shards for row in read_shard(corpus / name, _Row, rows=BATCH_ROWS))
    for row in islice(rows, limit or None):
        yield _example(row, pictures, neutral)


def _example(row: _Row, pictures: Pictures, neutral: Callable[[str], Label]) -> Example:
    places = sum(turn.content.count(IMAGE) for turn in row.messages)
    if places != len(row.images):
        raise CorpusError(f"row {row.id!r} has {places} {IMAGE} in its turns and {len(row.images)} images")
    roles = [turn.role for turn in row.messages]
    spoken = roles[1:] if roles[:1] == ["system"] else roles
    if not spoken or len(spoken) % 2 or spoken != ["user", "assistant"] * (len(spoken) // 2):
        raise CorpusError(f"row {row.id!r}: user and assistant do not take turns: {', '.join(roles)}")
    images = tuple(pictures.path(image) for image in row.images)
    safe = [neutral(turn.content) for turn in row.messages]
    turns = tuple(Turn(turn.role, label.text) for turn, label in zip(row.messages, safe, strict=True))
    return Example(row.id, turns, images, row.width, row.height, sum(label.reserved for label in safe))
