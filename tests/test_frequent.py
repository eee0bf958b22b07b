from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from t4s_data import frequent
from t4s_data.frequent import Frequent

STREAMS = st.lists(st.lists(st.sampled_from("abcdefghij"), max_size=30), max_size=6)


@pytest.fixture(autouse=True)
def small_capacity(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(frequent, "CAPACITY", 4)


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
