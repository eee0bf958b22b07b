from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from t4s_data.codecs.spec import CodecSpec
from t4s_data.corpus.record import Account, Build, InputFile, Shard, TokenSums, Totals
from t4s_data.recipe.spec import Recipe, SourceSpec


def shard(number: int, rows: int) -> Shard:
    name = f"data/refcoco/train-{number:05d}-of-00002.parquet"
    return Shard(name=name, rows=rows, bytes=10, data_bytes=20, sha256="a" * 64)


def account(**changes: Any) -> Account:
    values: dict[str, Any] = {
        "source": "refcoco",
        "split_by": "unc",
        "split": "train",
        "as_split": "train",
        "codec": "isd-32-rrle",
        "read": 5,
        "used": 3,
        "quarantined": {"no-mask": 2},
        "rows": 6,
        "tasks": {"referring-segmentation": 6},
        "tokens": TokenSums(descriptor=1, answer=2, total=3),
        "shards": (shard(0, 4), shard(1, 2)),
    }
    return Account(**(values | changes))


def build(*accounts: Account) -> Build:
    return Build(
        recipe=Recipe(
            name="x",
            codec=CodecSpec(name="isd", n=32),
            source=[SourceSpec(name="refcoco", tasks={"referring-segmentation": 2})],
        ),
        code="1",
        seed=0,
        tokenizer="qwen2",
        libraries={"pyarrow": "24"},
        inputs=(InputFile(path="refer_seg/refcoco/refs(unc).p", bytes=3, sha256="b" * 64),),
        accounts=accounts,
        totals=Totals.of(accounts),
    )


def test_reads_back_what_it_writes() -> None:
    record = build(account(), account(split="val", as_split="val"))
    assert Build.model_validate_json(record.to_json()) == record


def test_totals_are_the_sums() -> None:
    totals = build(account(), account(split="val")).totals
    assert (totals.read, totals.used, totals.quarantined, totals.rows) == (10, 6, 4, 12)
    assert totals.tokens == TokenSums(descriptor=2, answer=4, total=6)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"read": 6}, "6 read, but 3 used, 2 quarantined, 0 left out"),
        ({"rows": 7}, "7 rows, but 6 in its shards"),
        ({"tasks": {"referring-segmentation": 5}}, "6 rows, but 5 over its tasks"),
    ],
)
def test_an_account_that_does_not_add_up_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        account(**changes)


def test_totals_that_differ_from_the_accounts_are_refused() -> None:
    record = build(account())
    other = record.totals.model_copy(update={"rows": 1})
    with pytest.raises(ValidationError, match="totals"):
        Build(**(dict(record) | {"totals": other}))


@pytest.mark.parametrize("path", ["/data/refs.p", "\\\\server\\refs.p", ""])
def test_paths_are_relative(path: str) -> None:
    with pytest.raises(ValidationError):
        InputFile(path=path, bytes=1, sha256="b" * 64)
