"""Exact histograms of whole numbers, and the figures that are read off them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import accumulate
from math import isqrt

import msgspec

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


def merged(histograms: Iterable[Mapping[int, int]]) -> Histogram:
    """The sum of histograms."""
    total: Histogram = {}
    for histogram in histograms:
        for value, times in histogram.items():
            total[value] = total.get(value, 0) + times
    return total


def _at_rank(values: list[int], ranks: list[int], rank: int) -> int:
    return next(value for value, reached in zip(values, ranks, strict=True) if reached >= rank)


def _root(square: int) -> float:
    # The variance's numerator is a whole number that a float may not hold.
    return isqrt(square << 40) / (1 << 20)
