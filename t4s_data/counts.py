"""Sums that merge: exact histograms of whole numbers, and the most frequent texts of a stream."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import accumulate
from math import isqrt
from typing import TypeVar

import msgspec

Key = TypeVar("Key")
Histogram = dict[int, int]
"""Value to number of times; adding two gives that of both, in any order."""

LIMITS = (1024, 2048, 4096, 8192)
"""Token limits of trainers: how much of a corpus is longer."""


class Distribution(msgspec.Struct, frozen=True):
    """How numbers are distributed; percentiles are by nearest rank, `std` is that of a whole population.

    ``above`` is the share of values above each of :data:`LIMITS`.
    """

    count: int
    mean: float
    std: float
    p50: int
    p90: int
    p95: int
    p99: int
    max: int
    above: tuple[float, ...]

    @classmethod
    def of(cls, histogram: Mapping[int, int]) -> Distribution:
        """The distribution of a histogram that is not empty.

        >>> one = Distribution.of({1: 9, 11: 1})
        >>> one.mean, one.std, one.p50, one.p95
        (2.0, 3.0, 1, 11)
        """
        values = sorted(histogram)
        ranks = list(accumulate(histogram[value] for value in values))
        count = ranks[-1]
        total = sum(value * times for value, times in histogram.items())
        squares = sum(value * value * times for value, times in histogram.items())
        p50, p90, p95, p99 = (_at_rank(values, ranks, -(-count * percent // 100)) for percent in (50, 90, 95, 99))
        return cls(
            count=count,
            mean=total / count,
            std=_root(count * squares - total * total) / count,
            p50=p50,
            p90=p90,
            p95=p95,
            p99=p99,
            max=values[-1],
            above=tuple(share_above(histogram, limit) for limit in LIMITS),
        )


def share_above(histogram: Mapping[int, int], limit: int) -> float:
    """The share of values above a limit.

    >>> share_above({1: 3, 5: 1}, 1)
    0.25
    """
    return sum(times for value, times in histogram.items() if value > limit) / sum(histogram.values())


def add(total: dict[Key, int], counts: Mapping[Key, int]) -> None:
    """Add counts to a total, key by key."""
    for key, count in counts.items():
        total[key] = total.get(key, 0) + count


def merged(histograms: Iterable[Mapping[int, int]]) -> Histogram:
    """The sum of histograms."""
    total: Histogram = {}
    for histogram in histograms:
        add(total, histogram)
    return total


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


def _at_rank(values: list[int], ranks: list[int], rank: int) -> int:
    return next(value for value, reached in zip(values, ranks, strict=True) if reached >= rank)


def _root(square: int) -> float:
    # The variance's numerator is a whole number that a float may not hold.
    return isqrt(square << 40) / (1 << 20)
