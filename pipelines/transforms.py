"""The steps of the pipelines: each calls one function of `t4s_data` and passes names on, never data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import apache_beam as beam

from t4s_data.audit.summary import Measures, audit_shard
from t4s_data.build.steps import build_shard, stage_parts
from t4s_data.build.work import Unit, Work
from t4s_data.errors import DataError, T4SError
from t4s_data.recipe.parts import Part


@contextmanager
def _kept(work: Work) -> Iterator[None]:
    """Keep the error of a step for the process that reports it; one of the disk gets a path."""
    try:
        yield
    except T4SError as error:
        work.fail(error)
        raise
    except OSError as error:
        reason = error.strerror or str(error)
        named = DataError(f"{error.filename or work.root}: {reason}; what is done is kept: run the command again")
        with suppress(OSError):
            # On a full disk there may be no room for these words either.
            work.fail(named)
        raise named from error


class StageSource(beam.DoFn):
    """Numbers of parts that share a limit -> the units of their blocks."""

    def __init__(self, parts: Sequence[Part], work: Work) -> None:
        self._parts = parts
        self._work = work

    def process(self, element: tuple[int, ...]) -> Iterator[Unit]:
        """Stage the parts one after the other, unless that is done."""
        with _kept(self._work):
            stage_parts([self._parts[number] for number in element], self._work)
        for number in element:
            yield from self._work.units(number, self._parts[number])


class BuildShard(beam.DoFn):
    """A unit -> its shard and tally on disk, and the unit's name."""

    def __init__(self, parts: Sequence[Part], work: Work, *, strict: bool) -> None:
        self._parts = parts
        self._work = work
        self._strict = strict

    def process(self, element: Unit) -> Iterator[Unit]:
        """Build the shard, unless that is done."""
        part = self._parts[element.part]
        with _kept(self._work):
            build_shard(part, element, self._work, strict=self._strict)
        yield element


class AuditShard(beam.DoFn):
    """A shard's name and a path -> the summary of the shard at that path, and the name."""

    def __init__(self, corpus: Path, measures: Measures, work: Work) -> None:
        self._corpus = corpus
        self._measures = measures
        self._work = work

    def process(self, element: tuple[str, str]) -> Iterator[str]:
        """Summarize the shard."""
        shard, target = element
        with _kept(self._work):
            audit_shard(self._corpus, shard, self._measures).save(Path(target))
        yield shard
