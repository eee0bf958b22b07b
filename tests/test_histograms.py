from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from t4s_data.account import add
from t4s_data.histograms import LIMITS, Distribution, Histogram, merged, share_above

VALUES = st.lists(st.integers(0, 20_000), min_size=1, max_size=200)


def histogram(values: list[int]) -> Histogram:
    counts: Histogram = {}
    for value in values:
        add(counts, {value: 1})
    return counts


@given(VALUES)
def test_figures_are_those_of_the_values(values: list[int]):
    found = Distribution.of(histogram(values))
    assert (found.count, found.max) == (len(values), max(values))
    assert found.mean == pytest.approx(np.mean(values))
    assert found.std == pytest.approx(np.std(values), abs=1e-6)
    for percent in (50, 90, 95, 99):
        expected = np.percentile(values, percent, method="inverted_cdf")
        assert getattr(found, f"p{percent}") == expected
    assert list(found.above) == [sum(value > limit for value in values) / len(values) for limit in LIMITS]


@given(st.lists(VALUES, min_size=1, max_size=5))
def test_merging_is_adding(parts: list[list[int]]):
    whole = histogram([value for part in parts for value in part])
    assert merged(map(histogram, parts)) == merged(map(histogram, reversed(parts))) == whole


def test_large_sums_stay_exact():
    # In floats the two halves of the variance would cancel to 0 or worse.
    found = Distribution.of({10**9: 10**6, 10**9 + 1: 10**6})
    assert found.std == pytest.approx(0.5)
    assert share_above({10**9: 1}, 10**9) == 0
