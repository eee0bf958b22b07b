"""Records opened as a build would open them, to find what is wrong before it starts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import msgspec

from t4s_data.errors import RecordError
from t4s_data.files.images import read_checked
from t4s_data.recipe.parts import Part
from t4s_data.sample import Entry, Reject, Sample
from t4s_data.sources.entries import without_repeats
from t4s_data.sources.source import Source


def opened_as_built(part: Part, records: int, most: int) -> list[Reject]:
    """Every record that cannot be used, among those that are opened: about ``most`` spread evenly, or all with 0.

    Masks are drawn or read; images are decoded where rows would hold them. What reading the annotations alone
    shows is told of all records.
    """
    step = max(1, records // most) if most else 1
    source, unusable = part.open(), []
    for number, item in enumerate(without_repeats(source.entries())):
        if isinstance(item, Reject):
            unusable.append(item)
        elif number % step == 0:
            unusable += _rejects(part, source, item)
    return unusable


def _rejects(part: Part, source: Source, entry: Entry) -> Iterator[Reject]:
    staged = replace(entry, payload=msgspec.json.decode(msgspec.json.encode(entry.payload)))
    try:
        for outcome in source.samples(staged):
            if isinstance(outcome, Reject):
                yield outcome
            elif reject := _unreadable(part, outcome):
                yield reject
    except RecordError as error:
        yield from (Reject.of(key, error) for key in entry.keys)


def _unreadable(part: Part, sample: Sample) -> Reject | None:
    """Why the image of a sample cannot be embedded, where it would be."""
    if not part.embed or sample.image is None:
        return None
    try:
        read_checked(sample.image, part.location.data_root)
    except RecordError as error:
        return Reject.of(sample.key, error)
    return None
