"""The most frequent texts of a stream, in memory that does not grow with it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

CAPACITY = 4096
"""How many texts are counted at a time."""


class Frequent(msgspec.Struct):
    """Counts of the most frequent texts, each at most ``missed`` too low (Misra and Gries, 1982).

    A text that is not in ``counts`` stood at most ``missed`` times in the stream; while the stream has no
    more than :data:`CAPACITY` different texts, ``missed`` is 0 and all counts are exact. Merging in another
    order may give other counts within the same bound.
    """

    counts: dict[str, int] = {}
    missed: int = 0

    def add(self, counts: Mapping[str, int]) -> None:
        """Count texts of the stream."""
        for text, times in counts.items():
            self.counts[text] = self.counts.get(text, 0) + times
        self._shrink()

    def merge(self, other: Frequent) -> None:
        """Count what another has counted."""
        self.missed += other.missed
        self.add(other.counts)

    def top(self, number: int) -> list[tuple[str, int]]:
        """The most frequent texts and their counts, falling; equal counts in alphabetical order."""
        return sorted(self.counts.items(), key=lambda item: (-item[1], item[0]))[:number]

    def _shrink(self) -> None:
        if len(self.counts) <= CAPACITY:
            return
        excess = sorted(self.counts.values(), reverse=True)[CAPACITY]
        self.missed += excess
        self.counts = {text: times - excess for text, times in self.counts.items() if times > excess}
