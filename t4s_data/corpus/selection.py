"""Which rows of a corpus are wanted: splits, sources, and the shards that hold them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from t4s_data.corpus.record import Build
from t4s_data.errors import CommandError


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows are wanted: splits and sources by name (empty: all), and how many of each split (0: all)."""

    splits: Sequence[str] = ()
    sources: Sequence[str] = ()
    limit: int = 0


def shards_of(build: Build, selection: Selection) -> dict[str, list[str]]:
    """The wanted shards of each wanted split, by their names below the corpus.

    They stand in the order in which `datasets.load_dataset` reads them, which is the row order that
    answers without ids are paired in (:func:`t4s_data.evaluation.predictions.pair`).

    Raises:
        CommandError: the corpus has no such split or source, or none of the wanted sources in a wanted split.
    """
    accounts = [account for account in build.accounts if account.shards]
    _check_known("split", selection.splits, [account.as_split for account in accounts])
    _check_known("source", selection.sources, [account.source for account in accounts])
    shards: dict[str, list[str]] = {}
    for account in accounts:
        if account.as_split in (selection.splits or [account.as_split]) and account.source in (
            selection.sources or [account.source]
        ):
            shards.setdefault(account.as_split, []).extend(shard.name for shard in account.shards)
    if not shards:
        sources, splits = ", ".join(selection.sources), ", ".join(selection.splits)
        raise CommandError(f"the sources {sources} have no rows in {splits}")
    return {split: sorted(names) for split, names in shards.items()}


def _check_known(kind: str, asked: Sequence[str], present: Sequence[str]) -> None:
    if unknown := [name for name in asked if name not in present]:
        raise CommandError(f"the corpus has no {kind} {unknown[0]!r}; it has {', '.join(dict.fromkeys(present))}")
