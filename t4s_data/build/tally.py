"""What became of the records: counted where the work is done, added up at the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from t4s_data.corpus.row import TOKEN_COLUMNS, Row
from t4s_data.corpus.shards import ShardStats
from t4s_data.counts import Histogram, add
from t4s_data.files.writing import write_whole
from t4s_data.sample import Reject


class Tally(msgspec.Struct):
    """The account of some records in one pass of `repeat`.

    Every record read is used or among the rejects. They come in ``entries`` (images, refs, conversations), of
    which those in ``unusable`` have no usable record, and not because of a rule of the recipe. ``notes`` count
    by name what was left out or repaired within used records; ``tokens`` maps task and token column to a
    histogram over rows.
    """

    used: int = 0
    entries: int = 0
    unusable: int = 0
    rejects: list[Reject] = []
    notes: dict[str, int] = {}
    tokens: dict[str, dict[str, Histogram]] = {}
    shard: ShardStats | None = None

    @property
    def read(self) -> int:
        """How many records were read."""
        return self.used + len(self.rejects)

    def use(self, row: Row, notes: Mapping[str, int]) -> None:
        """Count one used record by its row and what was noted on the way."""
        self.used += 1
        add(self.notes, notes)
        columns = self.tokens.setdefault(row.task, {})
        for column in TOKEN_COLUMNS:
            add(columns.setdefault(column, {}), {getattr(row, column): 1})

    def save(self, path: Path) -> None:
        """Write the tally to a file that appears when it is complete."""
        write_whole(path, msgspec.json.encode(self))

    @classmethod
    def load(cls, path: Path) -> Tally:
        """Read a tally that was saved."""
        return msgspec.json.decode(path.read_bytes(), type=cls)


def merge_tokens(tallies: Iterable[Tally]) -> dict[str, dict[str, Histogram]]:
    """The token histograms of several tallies as one, tasks in alphabetical order."""
    merged: dict[str, dict[str, Histogram]] = {}
    for tally in tallies:
        for task, columns in tally.tokens.items():
            for column, histogram in columns.items():
                add(merged.setdefault(task, {}).setdefault(column, {}), histogram)
    return {task: merged[task] for task in sorted(merged)}
