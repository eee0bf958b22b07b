from __future__ import annotations

from typing import Any

from t4s_data.audit.picks import KEPT, Picks

KINDS = {"one": [False], "several": [False, False], "rescued": [True], "no target": []}


def row(number: int, *, codec: str = "bsd-64", rescued: tuple[bool, ...] = (False,)) -> dict[str, Any]:
    regions = [{"rescued": one} for one in rescued]
    return {"id": f"a/b/{number}#0", "source": "a", "task": "t", "codec": codec, "regions": regions, "images": [{}]}


def offered(numbers: range) -> Picks:
    picks = Picks()
    for number in numbers:
        picks.offer(row(number), "shard", number)
    return picks


def test_merging_does_not_depend_on_cuts_or_order():
    whole = offered(range(100))
    first, second = offered(range(37)), offered(range(37, 100))
    second.merge(first)
    assert second == whole
    assert len(whole.places()) == KEPT


def test_every_kind_comes_first_once():
    picks = Picks()
    for number in range(40):
        for place, rescued in enumerate(KINDS.values()):
            picks.offer(row(4 * number + place, rescued=tuple(rescued)), "shard", 4 * number + place)
    picks.offer(row(999, codec="none", rescued=()), "shard", 999)
    assert len(picks.kinds) == len(KINDS) + 1
    first = picks.places()[: len(KINDS) + 1]
    assert {number % 4 for _, number in first if number != 999} == {0, 1, 2, 3}
    assert ("shard", 999) in first
    assert len(set(picks.places())) == len(picks.places())
