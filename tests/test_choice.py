"""Draws depend on seed and id alone, and are even."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from t4s_data.choice import draw, pick, pick_weighted


@given(st.integers(0, 2**32), st.text(), st.text())
def test_a_draw_is_a_number_of_64_bits(seed: int, one: str, other: str):
    assert 0 <= draw(seed, one, other) < 2**64
    assert draw(seed, one, other) == draw(seed, one, other)


def test_parts_do_not_run_into_each_other():
    assert draw(0, "ab", "c") != draw(0, "a", "bc")


def test_weights_are_shares_and_the_order_of_names_is_nothing():
    weights = {"b": 3.0, "a": 1.0, "never": 0.0}
    counts = Counter(pick_weighted(weights, 0, str(number)) for number in range(4000))
    assert set(counts) == {"a", "b"}
    assert abs(counts["b"] / 4000 - 0.75) < 0.03
    turned = dict(reversed(weights.items()))
    assert all(pick_weighted(turned, 1, str(n)) == pick_weighted(weights, 1, str(n)) for n in range(100))


def test_picks_are_even():
    counts = Counter(pick("abcd", 0, str(number)) for number in range(4000))
    assert all(abs(count / 4000 - 0.25) < 0.03 for count in counts.values())
