from __future__ import annotations

from t4s_data.audit.picks import MOST_KEPT, Picks
from t4s_data.corpus.row import Row, RowImage, RowRegion
from t4s_data.sample import Turn

KINDS = {"one": [False], "several": [False, False], "rescued": [True], "no target": []}


def row(number: int, *, codec: str = "bsd-64", rescued: tuple[bool, ...] = (False,)) -> Row:
    return Row(
        id=f"a/b/{number}#0",
        source="a",
        split="train",
        task="t",
        images=[RowImage("a.jpg")],
        width=1,
        height=1,
        messages=[Turn("user", "?")],
        regions=[RowRegion("it", [0, 0, 0, 0], "01", 1, one) for one in rescued],
        codec=codec,
        descriptor_tokens=0,
        answer_tokens=0,
        total_tokens=0,
        image_id=None,
        license=None,
    )


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
    assert len(whole.places()) == MOST_KEPT


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
