"""How long texts are, in tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LengthSummary:
    """How long texts are, in tokens; percentiles are by nearest rank."""

    mean: float
    p50: int
    p90: int
    p99: int
    max: int

    @classmethod
    def of(cls, histogram: Mapping[int, int]) -> LengthSummary:
        """The summary of a non-empty histogram, length to number of texts.

        >>> LengthSummary.of({1: 9, 11: 1})
        LengthSummary(mean=2.0, p50=1, p90=1, p99=11, max=11)
        """
        total = sum(histogram.values())
        mean = sum(length * count for length, count in histogram.items()) / total
        p50, p90, p99 = (_percentile(histogram, percent, total) for percent in (50, 90, 99))
        return cls(mean, p50, p90, p99, max(histogram))


def _percentile(histogram: Mapping[int, int], percent: int, total: int) -> int:
    left = -(-percent * total // 100)
    for length in sorted(histogram):
        left -= histogram[length]
        if left <= 0:
            return length
    raise ValueError("the histogram is empty")


@dataclass(frozen=True, slots=True)
class TaskLengths:
    """The token lengths of one source's rows of one task."""

    source: str
    task: str
    rows: int
    descriptor: LengthSummary
    answer: LengthSummary
    total: LengthSummary
