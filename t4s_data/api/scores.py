"""Answers of a model against a corpus."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from t4s_data.api.corpus import Corpus
from t4s_data.api.given import folder_of
from t4s_data.errors import InputError
from t4s_data.evaluation.batches import Evaluation, batches, score_batch, summed
from t4s_data.evaluation.metrics import Scores
from t4s_data.evaluation.predictions import Prediction, read_predictions
from t4s_data.evaluation.scoring import Group, Reading

Figures = dict[str, float | int | None]


def score(  # noqa: PLR0913
    predictions: Mapping[str, str] | Iterable[str | Mapping[str, str]] | os.PathLike[str],
    corpus: Corpus | str | os.PathLike[str],
    *,
    split: str | None = None,
    source: str | None = None,
    strict: bool = False,
    allow_missing: bool = False,
) -> dict[Group, Figures]:
    """Score a model's answers: figures in percent for each source, split and task, with counts of rows and repairs.

    >>> answers = {row.id: row.answer for row in Corpus("OUT")}
    >>> for group, figures in score(answers, "OUT").items():
    ...     print(group.task, figures["rows"], figures["box_accuracy"])
    referring-segmentation 3 100.0
    referring-comprehension 3 100.0

    Args:
        predictions: answers by row id, ``{"id", "text"}`` records, texts in the order of the rows, or the path of a
            file of either.
        corpus: the corpus with the true answers, or its path.
        split: only this split of the corpus.
        source: only this source.
        strict: an answer that is not what an encoder writes counts as a miss; else it is repaired.
        allow_missing: rows without a prediction count as misses; else they are an error.

    Raises:
        InputError: the predictions are none of these.
        DataError: a row has no prediction, or a prediction has no row.
        CommandError: the corpus has no such split or source.
    """
    path = corpus.path if isinstance(corpus, Corpus) else folder_of(corpus, "a corpus, or a Corpus")
    evaluation = Evaluation(
        _predictions(predictions),
        path,
        () if split is None else (split,),
        () if source is None else (source,),
        allow_missing,
        Reading(strict),
        allowing="allow_missing=True",
    )
    return {group: _figures(scores) for group, scores in summed(map(score_batch, batches(evaluation))).items()}


def _predictions(given: Any) -> list[Prediction]:
    if isinstance(given, os.PathLike):
        return list(read_predictions(Path(given)))
    if isinstance(given, str):
        raise InputError(f"expected predictions, found the text {given!r:.60}; a file is Path(...)")
    if isinstance(given, Mapping):
        return [_prediction({"id": row_id, "text": text}, row_id) for row_id, text in given.items()]
    if not isinstance(given, Iterable):
        raise InputError(f"expected texts by row id, records, texts in row order or a Path, found {given!r:.60}")
    return [_prediction(one, f"number {number}") for number, one in enumerate(given)]


def _prediction(given: Any, place: str) -> Prediction:
    record = {"text": given} if isinstance(given, str) else given
    if not isinstance(record, Mapping) or not isinstance(record.get("text"), str):
        raise InputError(f"prediction {place}: expected a text, or a record with id and text, found {given!r:.80}")
    return Prediction(f"prediction {place}", record["text"], record.get("id"))


def _figures(scores: Scores) -> Figures:
    counts = {"rows": scores.samples, "missing": scores.missing, "unreadable": scores.unreadable}
    return {**counts, "repaired": scores.repaired, **scores.figures()}
