"""Predictions against a corpus, in as many processes as are wanted.

Batches of rows go out with their answers and sums come back, so a pool of processes does it: nothing is written
that a runner would have to place.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from multiprocessing import get_context

from pipelines.worker import end_with
from t4s_data.errors import WorkerError
from t4s_data.evaluation.batches import Batch, Evaluation, Report, batches, score_batch, summed

_AHEAD = 2
"""Most batches queued for each process."""


def evaluate(evaluation: Evaluation, *, workers: int = 1, on_rows: Callable[[int], object] = bool) -> Report:
    """The scores of each group, in the corpus's order; the number of workers does not change them.

    ``on_rows`` is told how many rows each batch had.

    Raises:
        DataError: a row has no prediction and that is not allowed, a prediction has no row, or the files
            are not right.
        CommandError: the corpus has no such split or source, or there is no such refiner.
        WorkerError: a worker process died.
    """
    # Closing ends the pool on an error or an interrupt too.
    with closing(_scored(batches(evaluation), workers)) as parts:
        return summed(_told(parts, on_rows))


def _told(parts: Iterable[tuple[int, Report]], on_rows: Callable[[int], object]) -> Iterator[tuple[int, Report]]:
    for rows, part in parts:
        on_rows(rows)
        yield rows, part


def _scored(batches: Iterator[Batch], workers: int) -> Generator[tuple[int, Report]]:
    if workers == 1:
        yield from map(score_batch, batches)
        return
    # A forked process would inherit locks of Arrow's threads.
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_start, initargs=(os.getpid(),))
    try:
        waiting: deque[Future[tuple[int, Report]]] = deque()
        for batch in batches:
            waiting.append(pool.submit(score_batch, batch))
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
