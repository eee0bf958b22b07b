"""The work folder beside a corpus that is being built: what is done stays done when a build is interrupted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from t4s_data.build.blocks import Block, read_index
from t4s_data.build.tally import Tally
from t4s_data.files.writing import write_whole
from t4s_data.recipe.parts import Part


@dataclass(frozen=True, slots=True)
class Unit:
    """The work on one shard: a block of a part in one pass of `repeat`; all that crosses a shuffle."""

    part: int
    block: str
    passing: int


@dataclass(frozen=True, slots=True)
class Work:
    """Where a build keeps staged blocks, finished shards and their tallies."""

    root: Path

    @classmethod
    def beside(cls, out: Path) -> Work:
        """The work folder of a corpus: its name with `.work`."""
        return cls(out.with_name(out.name + ".work"))

    @property
    def corpus(self) -> Path:
        """The corpus while it is put together."""
        return self.root / "corpus"

    @property
    def quarantine(self) -> Path:
        """The folder of quarantine lists that a build leaves when it fails because too many records cannot be used."""
        return self.root / "quarantine"

    def held(self, digest: str) -> Path:
        """The folder of the held-out images, by the digest of what is in it."""
        return self.root / "held" / digest

    def holdout_counts(self, part: Part) -> Path:
        """The file of counts that the holdout made in a part; written before the part's blocks."""
        return self.folder(part) / "holdout.json"

    def folder(self, part: Part) -> Path:
        """The folder of one part; its name holds a fingerprint of everything that could change its rows."""
        return self.root / "parts" / f"{part.name.replace('/', '--')}--{part.fingerprint()}"

    def blocks(self, part: Part) -> Path:
        """The staged blocks of a part; there when they are complete."""
        return self.folder(part) / "blocks"

    def shard(self, part: Part, unit: Unit) -> Path:
        """The Parquet file of one unit; there when it is complete."""
        return self.folder(part) / f"{unit.block.split('.')[0]}-{unit.passing}.parquet"

    def tally(self, part: Part, unit: Unit) -> Path:
        """The tally of one unit, written after its shard."""
        return self.shard(part, unit).with_suffix(".json")

    def units(self, number: int, part: Part) -> Iterator[Unit]:
        """The units of a part that is staged, pass by pass in the source's order; none before."""
        blocks: list[Block] = read_index(self.blocks(part)) or []
        for passing in range(part.repeat):
            for block in blocks:
                yield Unit(number, block.path, passing)

    def fail(self, error: Exception) -> None:
        """Keep an error that ends the build for the process that reports it."""
        write_whole(self.root / "error.json", msgspec.json.encode([type(error).__name__, str(error)]))

    def failure(self) -> tuple[str, str] | None:
        """The type and text of the error that a worker kept, or None."""
        try:
            return msgspec.json.decode((self.root / "error.json").read_bytes(), type=tuple[str, str])
        except FileNotFoundError:
            return None

    def done(self, parts: Sequence[Part]) -> list[tuple[Part, Unit, Tally]]:
        """Every finished unit with its counts, in the order of the recipe and of each source."""
        return [
            (part, unit, Tally.load(self.tally(part, unit)))
            for number, part in enumerate(parts)
            for unit in self.units(number, part)
        ]
