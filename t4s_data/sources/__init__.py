"""The sources by name, and what a source is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

from t4s_data.location import Location
from t4s_data.sample import Entry, Reject, Sample
from t4s_data.sources.refer import Refer


class Source(Protocol):
    """A reader of one layout, bound to one split of it. Implementations are frozen dataclasses."""

    def inputs(self) -> list[Path]:
        """The annotation files and folders that must exist before any work starts."""

    def entries(self) -> Iterator[Entry | Reject]:
        """The split in the source's own order: sequential, streaming, no pixels touched."""

    def samples(self, entry: Entry) -> Iterator[Sample | Reject]:
        """What the entry's records come to, one item for each of its keys: parallel and pure.

        Raises:
            RecordError: none of the entry's records can be used.
        """


SOURCES: Mapping[str, Callable[[Location], Source]] = {
    "refcoco": Refer,
    "refcoco+": Refer,
    "refcocog": Refer,
    "refclef": Refer,
    "rrsis-d": Refer,
}
"""The reader of every source, in the order of the paper's Table I."""
