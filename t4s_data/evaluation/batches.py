"""The rows of a corpus in batches, each with its predictions: what one process scores at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from t4s_data.corpus.reader import read_batches, typed_rows
from t4s_data.corpus.row import columns_of
from t4s_data.errors import DataError
from t4s_data.evaluation.metrics import Scores
from t4s_data.evaluation.predictions import Prediction, pair
from t4s_data.evaluation.refiner import load_refiner
from t4s_data.evaluation.scoring import Group, Reading, score
from t4s_data.evaluation.truth import Shard, TruthRow, find_shards, read_ids, truth_of

if TYPE_CHECKING:
    import pyarrow as pa

Report = dict[Group, Scores]

_ROWS = 1000
_ROWS_REFINED = 50
"""Rows of a batch; a refiner takes long for each."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What is evaluated, and how; ``splits`` and ``sources`` are all of the corpus if none is named.

    ``name`` is what messages call the predictions, ``allowing`` what they say allows missing ones.
    """

    predictions: Sequence[Prediction]
    corpus: Path
    splits: Sequence[str] = ()
    sources: Sequence[str] = ()
    allow_missing: bool = False
    reading: Reading = field(default_factory=Reading)
    name: str = "predictions"
    allowing: str = "--allow-missing"


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one shard with their answers: all that a process needs."""

    shard: Shard
    rows: pa.RecordBatch
    texts: Sequence[str | None]
    reading: Reading


def batches(evaluation: Evaluation) -> Iterator[Batch]:
    """The rows that are evaluated, in the corpus's order.

    Raises:
        DataError: a row has no prediction and that is not allowed, or a prediction has no row.
        CommandError: the corpus has no such split or source, or there is no such refiner.
    """
    shards = find_shards(evaluation.corpus, evaluation.splits, evaluation.sources)
    if evaluation.reading.refiner is not None:
        load_refiner(evaluation.reading.refiner)
    texts = _texts(evaluation, shards)
    refined = evaluation.reading.refiner is not None
    columns, size = columns_of(TruthRow, pictures=refined), _ROWS_REFINED if refined else _ROWS
    start = 0
    for shard in shards:
        for rows in read_batches(shard.path, columns, size):
            end = start + rows.num_rows
            yield Batch(shard, rows, texts[start:end], evaluation.reading)
            start = end


def score_batch(batch: Batch) -> tuple[int, Report]:
    """How many rows a batch has, and their scores by group."""
    report: Report = {}
    rows = typed_rows(batch.rows, TruthRow, batch.shard.path)
    for row, text in zip(rows, batch.texts, strict=True):
        truth = truth_of(row)
        group = Group(batch.shard.source, truth.split, batch.shard.source_split, truth.task)
        score(truth, text, batch.reading, report.setdefault(group, Scores()))
    return len(rows), report


def summed(parts: Iterable[tuple[int, Report]]) -> Report:
    """The scores of each group over all batches, in the corpus's order."""
    report: Report = {}
    for _, part in parts:
        for group, scores in part.items():
            report.setdefault(group, Scores()).merge(scores)
    return report


def _texts(evaluation: Evaluation, shards: Sequence[Shard]) -> list[str | None]:
    ids = read_ids(shards)
    texts, surplus = pair(evaluation.predictions, ids)
    if surplus:
        _check_elsewhere(evaluation, surplus)
    missing = [row_id for row_id, text in zip(ids, texts, strict=True) if text is None]
    if missing and not evaluation.allow_missing:
        raise DataError(
            f"{evaluation.name}: no prediction for {len(missing):,} of {len(ids):,} rows, the first one "
            f"{missing[0]}; {evaluation.allowing} counts them as misses"
        )
    return texts


def _check_elsewhere(evaluation: Evaluation, surplus: Sequence[Prediction]) -> None:
    """Refuse predictions whose id is no row of the corpus; those of other splits and sources are ignored."""
    known = set(read_ids(find_shards(evaluation.corpus)))
    if unknown := [prediction for prediction in surplus if prediction.id not in known]:
        raise DataError(
            f"{unknown[0].place}: {evaluation.corpus} has no row {unknown[0].id!r} ({len(unknown):,} such predictions)"
        )
