"""Every source's parser, from files on disk to rows.

A small synthetic world of the source lies in a temporary folder; an input takes the place of one of its files (its
first byte says which). The law: a `T4SError`, or entries whose every record ends as a row or as a reject with a
reason of the fixed list; and reading again gives the same.
"""

from __future__ import annotations

import atexit
import json
import pickle
import random
import shutil
import tempfile
from collections.abc import Iterator
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import msgspec

from fuzz.faults import mutated, mutated_bytes, mutated_json
from fuzz.pickles import plain
from fuzz.target import Target
from t4s_data.build.rows import RowMaker
from t4s_data.errors import DataError, RecordError, T4SError
from t4s_data.recipe.parts import Part, parts_of
from t4s_data.recipe.spec import Recipe, SourceSpec
from t4s_data.sample import REASONS, RULES, Entry, Reject, Sample
from t4s_data.sources.entries import without_repeats
from t4s_data.synthetic.generate import MARKER, WRITERS, write_world

SPLITS = {"mask-folder": ("train", "index"), "coco-instances": ("train2017",)}
"""The splits that are read, where they are not `train`."""
SMALLEST = 1e-6
"""A scale so small that each split has the few records that every world has."""
PER_FOLDER = 3
"""Files of one folder and kind that inputs take the place of."""


class Layout:
    """A source's files in a folder of their own, made when they are first needed."""

    def __init__(self, name: str) -> None:
        self.name = name

    @cached_property
    def root(self) -> Path:
        """The data root."""
        root = Path(tempfile.mkdtemp(prefix="fuzz-"))
        atexit.register(shutil.rmtree, root, ignore_errors=True)
        write_world(root, scale=SMALLEST, sources=[self.name])
        return root

    @cached_property
    def parts(self) -> list[Part]:
        """The parts that are read."""
        splits = list(SPLITS.get(self.name, ("train",)))
        return parts_of(Recipe(name="fuzz", source=[SourceSpec(name=self.name, splits=splits)]), self.root)

    @cached_property
    def files(self) -> dict[Path, bytes]:
        """The files that inputs take the place of, and what is in them."""
        taken: dict[tuple[Path, str], list[Path]] = {}
        for path in sorted(self.root.rglob("*")):
            if path.is_file() and path.name != MARKER:
                taken.setdefault((path.parent, path.suffix), []).append(path)
        return {path: path.read_bytes() for paths in taken.values() for path in paths[:PER_FOLDER]}

    def check(self, data: bytes) -> None:
        """Read the source with one file replaced.

        Raises:
            AssertionError: a record was lost, or reading again gave something else.
        """
        if not data:
            return
        paths = list(self.files)
        path = paths[data[0] % len(paths)]
        path.write_bytes(data[1:])
        try:
            for part in self.parts:
                assert _outcomes(part) == _outcomes(part), f"{part.name}: reading twice gave two results"
        finally:
            path.write_bytes(self.files[path])

    def seeds(self) -> Iterator[bytes]:
        """The files as they are."""
        for number, content in enumerate(self.files.values()):
            yield bytes([number]) + content

    def mutate(self, data: bytes, size: int, seed: int) -> bytes:
        """The file with faults in the values it holds."""
        if not data:
            return data
        path = list(self.files)[data[0] % len(self.files)]
        return data[:1] + _MUTATORS.get(path.suffix, _mutated_bytes)(data[1:], size - 1, seed)


def _outcomes(part: Part) -> list[Any]:
    """What becomes of every record: a row, or its reject; or the error that ends the source."""
    found: list[Any] = []
    try:
        for item in without_repeats(part.open().entries()):
            found += [item] if isinstance(item, Reject) else _made(part, item)
    except T4SError as error:
        found.append(str(error))
    assert all(reject.reason in REASONS or reject.reason in RULES for reject in found if isinstance(reject, Reject)), (
        "an unknown reason"
    )
    return found


def _made(part: Part, entry: Entry) -> list[Any]:
    maker = RowMaker(part, 0)
    staged = Entry(entry.keys, msgspec.json.decode(msgspec.json.encode(entry.payload)), entry.image)
    try:
        outcomes = list(part.open().samples(staged))
    except RecordError as error:
        return [Reject.of(key, error) for key in entry.keys]
    assert tuple(outcome.key for outcome in outcomes) == entry.keys, "a record was lost"
    return [_row(maker, outcome) for outcome in outcomes]


def _row(maker: RowMaker, outcome: Sample | Reject) -> Any:
    if isinstance(outcome, Reject):
        return outcome
    try:
        return maker.make(outcome)
    except RecordError as error:
        return Reject.of(outcome.key, error)


def _mutated_pickle(data: bytes, size: int, seed: int) -> bytes:
    rng = random.Random(seed)
    if rng.random() < 0.3:
        return mutated_bytes(data, size, rng)
    try:
        return pickle.dumps(mutated(plain(data), rng), protocol=rng.choice((0, 1, 2)))[:size]
    except (DataError, RecursionError):
        return mutated_bytes(data, size, rng)


def _mutated_lines(data: bytes, size: int, seed: int) -> bytes:
    rng = random.Random(seed)
    lines = data.splitlines() or [b""]
    number = rng.randrange(len(lines))
    try:
        lines[number] = json.dumps(mutated(json.loads(lines[number]), rng)).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError):
        lines[number] = mutated_bytes(lines[number], size, rng)
    return b"\n".join(lines)[:size]


def _mutated_bytes(data: bytes, size: int, seed: int) -> bytes:
    return mutated_bytes(data, size, random.Random(seed))


_MUTATORS = {".json": mutated_json, ".p": _mutated_pickle, ".jsonl": _mutated_lines}


def _target(name: str) -> Target:
    layout = Layout(name)
    return Target(name, layout.check, layout.seeds, partial(layout.mutate))


TARGETS = tuple(_target(name) for name in WRITERS)
