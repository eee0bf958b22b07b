"""The sources by name, and what a source is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Protocol

from t4s_data.errors import DataError, RecordError
from t4s_data.files.location import Location
from t4s_data.manifest import names
from t4s_data.registry import Registry
from t4s_data.sample import Entry, Reject, Sample


class Source(Protocol):
    """A reader of one layout, bound to one split of it. Implementations are frozen dataclasses."""

    def inputs(self) -> list[Path]:
        """The annotation files and folders that must exist before any work starts."""

    def entries(self) -> Iterator[Entry | Reject]:
        """The split in the source's own order: sequential, streaming, no pixels touched."""

    def samples(self, entry: Entry) -> Iterator[Sample | Reject]:
        """A sample or a reject for each key of the entry; pure, so that entries can be read in parallel.

        Raises:
            RecordError: none of the entry's records can be used.
        """


SOURCES: Registry[Callable[[Location], Source]] = names.SOURCES
"""The reader of every source by name; a plugged-in one has its manifest beside it (``manifest``, a mapping)."""


def outcomes_of(name: str, source: Source, items: Iterable[Entry | Reject]) -> Iterator[Sample | Reject]:
    """What becomes of the records of a source's entries, in order; ``name`` is the part's, for messages.

    Raises:
        DataError: the reader lost a record, or made one up.
    """
    for item in items:
        if isinstance(item, Reject):
            yield item
            continue
        try:
            outcomes = list(source.samples(item))
        except RecordError as error:
            outcomes = [Reject.of(key, error) for key in item.keys]
        found = tuple(outcome.key for outcome in outcomes)
        if found != item.keys:
            raise DataError(f"{name}: the reader gave {found!r} for the records {item.keys!r}")
        yield from outcomes
