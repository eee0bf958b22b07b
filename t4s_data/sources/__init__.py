"""The sources by name, and what a source is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from t4s_data.sample import Entry, Reject, Sample


@dataclass(frozen=True, slots=True)
class Location:
    """Where one source's split lies: folders are absolute, ``root`` is below ``data_root``."""

    data_root: Path
    root: Path
    split: str
    split_by: str | None = None
    options: dict[str, Any] = field(default_factory=dict)


class Source(Protocol):
    """A reader of one layout, bound to one split of it. Implementations are frozen dataclasses."""

    def inputs(self) -> list[Path]:
        """The annotation files and folders that must exist before any work starts."""

    def entries(self) -> Iterator[Entry]:
        """The split in the source's own order: sequential, streaming, no pixels touched."""

    def samples(self, entry: Entry) -> Iterator[Sample | Reject]:
        """What one entry's records come to: parallel and pure, exactly ``entry.records`` items."""
