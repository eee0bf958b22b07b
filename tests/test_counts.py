from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from t4s_data import counts
from t4s_data.build.tally import add
from t4s_data.counts import LIMITS, Distribution, Frequent, Histogram, merged, share_above

VALUES = st.lists(st.integers(0, 20_000), min_size=1, max_size=200)


def histogram(values: list[int]) -> Histogram:
    found: Histogram = {}
    for value in values:
        add(found, {value: 1})
    return found


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


STREAMS = st.lists(st.lists(st.sampled_from("abcdefghij"), max_size=30), max_size=6)


@pytest.fixture
def small_capacity(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(counts, "CAPACITY", 4)


@pytest.mark.usefixtures("small_capacity")
@given(STREAMS)
def test_counts_are_too_low_by_at_most_the_bound(parts: list[list[str]]):
    total = Frequent()
    for part in parts:
        one = Frequent()
        one.add(Counter(part))
        total.merge(one)
    truth = Counter(text for part in parts for text in part)
    assert len(total.counts) <= 4
    for text, times in truth.items():
        assert times - total.missed <= total.counts.get(text, 0) <= times
    # Misra and Gries: each count that is lost takes as many of each of the others kept with it.
    assert total.missed * (4 + 1) <= sum(truth.values())


def test_few_texts_are_counted_exactly():
    found = Frequent()
    found.add({"a": 2, "b": 5, "c": 2})
    found.merge(Frequent({"d": 1, "b": 1}))
    assert found.top(3) == [("b", 6), ("a", 2), ("c", 2)]
    assert found.missed == 0
