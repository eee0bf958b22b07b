"""Predictions as a model's user has them: answers by row id, or a list of responses in row order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from t4s_data.errors import DataError


@dataclass(frozen=True, slots=True)
class Prediction:
    """One answer; ``place`` says where it stands, for messages.

    ``codec``, ``height`` and ``width`` (pixels) and ``image`` (a path) are for answers that are decoded
    without a corpus.
    """

    place: str
    text: str
    id: str | None = None
    codec: str | None = None
    height: int | None = None
    width: int | None = None
    image: str | None = None


class _Record(msgspec.Struct):
    """A prediction as JSON; ``response`` is what ms-swift calls the text. Other keys are left alone."""

    text: str | None = None
    response: str | None = None
    id: str | None = None
    codec: str | None = None
    height: int | None = None
    width: int | None = None
    image: str | None = None


_RECORD = msgspec.json.Decoder(str | _Record)


def read_predictions(path: Path) -> Iterator[Prediction]:
    """The predictions of a file: one JSON value a line, or one JSON array of them.

    A value is an object with ``text`` (or ``response``) and, unless all stand in row order, ``id``; or the
    text itself. Empty lines are left out.

    Raises:
        DataError: the file is absent, or a value is none of these; names the file and the line or item.
    """
    for place, raw in _values(path):
        yield _prediction(place, raw)


def pair(predictions: Sequence[Prediction], ids: Sequence[str]) -> tuple[list[str | None], list[Prediction]]:
    """The text for each id, None where there is none, and the predictions that belong to no id.

    Without ids, predictions stand in the order of the rows, and there must be as many.

    Raises:
        DataError: an id is predicted twice, some predictions have ids and some have not, or there are more
            or fewer of them than rows.
    """
    named = [prediction for prediction in predictions if prediction.id is not None]
    if not named and predictions:
        if len(predictions) != len(ids):
            raise DataError(f"{len(predictions)} predictions without ids for {len(ids)} rows")
        return [prediction.text for prediction in predictions], []
    if len(named) < len(predictions):
        bare = next(prediction for prediction in predictions if prediction.id is None)
        raise DataError(f"{bare.place}: no id, but other predictions have one")
    by_id = _by_id(named)
    texts = [found.text if (found := by_id.pop(row_id, None)) else None for row_id in ids]
    return texts, list(by_id.values())


def _by_id(predictions: Iterable[Prediction]) -> dict[str, Prediction]:
    by_id: dict[str, Prediction] = {}
    for prediction in predictions:
        first = by_id.setdefault(prediction.id or "", prediction)
        if first is not prediction:
            raise DataError(f"{prediction.place}: id {prediction.id!r} is predicted at {first.place} already")
    return by_id


def _values(path: Path) -> Iterator[tuple[str, bytes | msgspec.Raw]]:
    try:
        with path.open("rb") as file:
            lines = ((f"{path}, line {number}", line) for number, line in enumerate(file, start=1) if line.strip())
            place, first = next(lines, ("", b""))
            if first.lstrip().startswith(b"["):
                yield from _items(path, first + file.read())
            elif place:
                yield place, first
                yield from lines
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from None


def _items(path: Path, text: bytes) -> Iterator[tuple[str, msgspec.Raw]]:
    try:
        items = msgspec.json.decode(text, type=list[msgspec.Raw])
    except msgspec.DecodeError as error:
        raise DataError(f"{path}: not a JSON array: {error}") from None
    yield from ((f"{path}, item {number}", item) for number, item in enumerate(items, start=1))


def _prediction(place: str, raw: bytes | msgspec.Raw) -> Prediction:
    try:
        record = _RECORD.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{place}: {error}: {bytes(raw)[:80]!r}") from None
    if isinstance(record, str):
        return Prediction(place, record)
    text = record.response if record.text is None else record.text
    if text is None:
        raise DataError(f"{place}: no 'text' or 'response': {bytes(raw)[:80]!r}")
    return Prediction(place, text, record.id, record.codec, record.height, record.width, record.image)
