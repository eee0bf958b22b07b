"""Predictions against a corpus, in as many processes as are wanted.

Batches of rows go out with their answers and sums come back, so a pool of processes does it: nothing is written
that a runner would have to place.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.worker import end_with
from t4s_data.corpus.reader import read_batches, typed_rows
from t4s_data.corpus.row import columns_of
from t4s_data.errors import DataError, WorkerError
from t4s_data.evaluation.metrics import Scores
from t4s_data.evaluation.predictions import Prediction, pair, read_predictions
from t4s_data.evaluation.refiner import load_refiner
from t4s_data.evaluation.scoring import Group, Reading, score
from t4s_data.evaluation.truth import Shard, TruthRow, find_shards, read_ids, truth_of

if TYPE_CHECKING:
    import pyarrow as pa

Report = dict[Group, Scores]

_AHEAD = 2
"""Most batches queued for each process."""
_ROWS = 1000
_ROWS_REFINED = 50
"""Rows of a batch; a refiner takes long for each."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What is evaluated, and how; ``splits`` and ``sources`` are all of the corpus if none is named."""

    predictions: Path
    corpus: Path
    splits: Sequence[str] = ()
    sources: Sequence[str] = ()
    allow_missing: bool = False
    reading: Reading = field(default_factory=Reading)


@dataclass(frozen=True, slots=True)
class _Batch:
    """Rows of one shard with their answers: all that a process needs."""

    shard: Shard
    rows: pa.RecordBatch
    texts: Sequence[str | None]
    reading: Reading


def evaluate(evaluation: Evaluation, *, workers: int = 1, on_rows: Callable[[int], object] = bool) -> Report:
    """The scores of each group, in the corpus's order; the number of workers does not change them.

    ``on_rows`` is told how many rows each batch had.

    Raises:
        DataError: a row has no prediction and that is not allowed, a prediction has no row, or the files
            are not right.
        CommandError: the corpus has no such split or source, or there is no such refiner.
        WorkerError: a worker process died.
    """
    shards = find_shards(evaluation.corpus, evaluation.splits, evaluation.sources)
    if evaluation.reading.refiner is not None:
        load_refiner(evaluation.reading.refiner)
    texts = _texts(evaluation, shards)
    report: Report = {}
    # Closing ends the pool on an error or an interrupt too.
    with closing(_scored(_batches(evaluation, shards, texts), workers)) as parts:
        for rows, part in parts:
            for group, scores in part.items():
                report.setdefault(group, Scores()).merge(scores)
            on_rows(rows)
    return report


def _texts(evaluation: Evaluation, shards: Sequence[Shard]) -> list[str | None]:
    ids = read_ids(shards)
    texts, surplus = pair(list(read_predictions(evaluation.predictions)), ids)
    if surplus:
        _check_elsewhere(evaluation, surplus)
    missing = [row_id for row_id, text in zip(ids, texts, strict=True) if text is None]
    if missing and not evaluation.allow_missing:
        raise DataError(
            f"{evaluation.predictions}: no prediction for {len(missing):,} of {len(ids):,} rows, the first one "
            f"{missing[0]}; --allow-missing counts them as misses"
        )
    return texts


def _check_elsewhere(evaluation: Evaluation, surplus: Sequence[Prediction]) -> None:
    """Refuse predictions whose id is no row of the corpus; those of other splits and sources are ignored."""
    known = set(read_ids(find_shards(evaluation.corpus)))
    if unknown := [prediction for prediction in surplus if prediction.id not in known]:
        raise DataError(
            f"{unknown[0].place}: {evaluation.corpus} has no row {unknown[0].id!r} ({len(unknown):,} such predictions)"
        )


def _batches(evaluation: Evaluation, shards: Iterable[Shard], texts: Sequence[str | None]) -> Iterator[_Batch]:
    refined = evaluation.reading.refiner is not None
    columns, size = columns_of(TruthRow, pictures=refined), _ROWS_REFINED if refined else _ROWS
    start = 0
    for shard in shards:
        for rows in read_batches(shard.path, columns, size):
            end = start + rows.num_rows
            yield _Batch(shard, rows, texts[start:end], evaluation.reading)
            start = end


def _scored(batches: Iterator[_Batch], workers: int) -> Generator[tuple[int, Report]]:
    if workers == 1:
        yield from map(_score_batch, batches)
        return
    # A forked process would inherit locks of Arrow's threads.
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_start, initargs=(os.getpid(),))
    try:
        waiting: deque[Future[tuple[int, Report]]] = deque()
        for batch in batches:
            waiting.append(pool.submit(_score_batch, batch))
            if len(waiting) > workers * _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool:
        raise WorkerError("a worker process died (killed, or out of memory)") from None
    finally:
        pool.shutdown(cancel_futures=True)


def _start(parent: int) -> None:
    """Leave Ctrl-C to the parent, which ends the pool, and end with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with(parent)


def _score_batch(batch: _Batch) -> tuple[int, Report]:
    report: Report = {}
    rows = typed_rows(batch.rows, TruthRow, batch.shard.path)
    for row, text in zip(rows, batch.texts, strict=True):
        truth = truth_of(row)
        group = Group(batch.shard.source, truth.split, batch.shard.source_split, truth.task)
        score(truth, text, batch.reading, report.setdefault(group, Scores()))
    return len(rows), report
