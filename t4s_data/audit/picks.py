"""The rows that a gallery draws from: some of every kind of row, chosen by hash."""

from __future__ import annotations

from itertools import chain, zip_longest

import msgspec

from t4s_data.choice import draw
from t4s_data.codecs.codec import NO_CODEC
from t4s_data.corpus.reader import Place
from t4s_data.corpus.row import Row

MOST_KEPT = 12
"""Most rows of one kind that are kept."""

Kind = tuple[str, str, str]
"""Source, task, and what is special about a row."""
_Pick = tuple[int, str, int]
"""The row's hash, its shard and its number there."""


class Picks(msgspec.Struct):
    """A small fixed sample of rows of each kind: those with the smallest hashes, whatever the order of merging."""

    kinds: dict[Kind, list[_Pick]] = {}

    def offer(self, row: Row, shard: str, number: int) -> None:
        """Consider one row."""
        kept = self.kinds.setdefault((row.source, row.task, _trait(row)), [])
        chance = draw(0, "gallery", row.id)
        if len(kept) < MOST_KEPT or chance < kept[-1][0]:
            kept.append((chance, shard, number))
            kept.sort()
            del kept[MOST_KEPT:]

    def merge(self, other: Picks) -> None:
        """Consider all that another kept."""
        for kind, picks in other.kinds.items():
            self.kinds[kind] = sorted([*self.kinds.get(kind, []), *picks])[:MOST_KEPT]

    def places(self) -> list[Place]:
        """Where the rows are: the first of every kind, then the second of every kind, and so on."""
        rounds = zip_longest(*(picks for _, picks in sorted(self.kinds.items())))
        return [(pick[1], pick[2]) for pick in chain.from_iterable(rounds) if pick is not None]


def _trait(row: Row) -> str:
    if row.codec == NO_CODEC:
        return "text alone" if not row.images else "words"
    if not row.regions:
        return "no target"
    if any(region.rescued for region in row.regions):
        return "rescued"
    return "several" if len(row.regions) > 1 else "one"
