"""What every reader's tests do: stage a split and read it back, as a build does."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import strategies as st

from t4s_data.build.blocks import read_block, write_blocks
from t4s_data.errors import RecordError
from t4s_data.files.location import Location
from t4s_data.manifest.shipped import load_manifest
from t4s_data.sample import REASONS, Entry, Reject, Sample
from t4s_data.sources.entries import without_repeats
from t4s_data.sources.source import Source
from t4s_data.synthetic.generate import write_world


@dataclass
class Walked:
    """Everything a reader made of a split."""

    entries: list[Entry] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)

    def reasons(self) -> dict[str, str]:
        """Why records are not used, by key."""
        return {reject.key: reject.reason for reject in self.rejects}


@pytest.fixture
def walk(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Source], Walked]:
    """Stages a reader's split to disk and builds the samples of what is read back."""

    def run(source: Source) -> Walked:
        folder = tmp_path_factory.mktemp("work") / "blocks"
        walked = Walked()
        for block in write_blocks(without_repeats(source.entries()), folder):
            for item in read_block(folder / block.path):
                _take(source, item, walked)
        assert all(reject.reason in REASONS and reject.detail for reject in walked.rejects)
        return walked

    return run


def _take(source: Source, item: Entry | Reject, walked: Walked) -> None:
    if isinstance(item, Reject):
        walked.rejects.append(item)
        return
    walked.entries.append(item)
    try:
        outcomes = list(source.samples(item))
    except RecordError as error:
        outcomes = [Reject.of(key, error) for key in item.keys]
    assert tuple(outcome.key for outcome in outcomes) == item.keys
    walked.samples += [outcome for outcome in outcomes if isinstance(outcome, Sample)]
    walked.rejects += [outcome for outcome in outcomes if isinstance(outcome, Reject)]


@pytest.fixture(scope="session")
def place() -> Callable[..., Location]:
    """Where a split of a source lies below a data root, as its manifest says."""

    def locate(
        name: str, data_root: Path, split: str = "train", root: str = "", by: str | None = None, **options: Any
    ) -> Location:
        manifest = load_manifest(name)
        files = {role: (file.path, *file.alternatives) for role, file in manifest.files.items()}
        split_by = by or manifest.default_split_by
        return Location(data_root, root or manifest.root, split, split_by, files, manifest.images, options)

    return locate


@pytest.fixture(scope="session")
def outcomes() -> Callable[[Source], list[Sample | Reject]]:
    """All that a reader makes of its split, in order; each entry has to give one outcome for each of its keys."""

    def read(source: Source) -> list[Sample | Reject]:
        found = [outcome for item in source.entries() for outcome in _outcomes_of(source, item)]
        assert all(isinstance(outcome, Sample) or outcome.reason in REASONS for outcome in found)
        assert all(outcome.key.encode() for outcome in found)
        return found

    return read


def _outcomes_of(source: Source, item: Entry | Reject) -> list[Sample | Reject]:
    if isinstance(item, Reject):
        return [item]
    assert item.keys
    staged = Entry(item.keys, msgspec.json.decode(msgspec.json.encode(item.payload)), item.image)
    try:
        found = list(source.samples(staged))
    except RecordError as error:
        found = [Reject.of(key, error) for key in item.keys]
    assert tuple(outcome.key for outcome in found) == item.keys
    return found


PLANTED = (
    "refcoco", "refcoco+", "refcocog", "refclef", "grefcoco", "reasonseg", "muse", "rrsis-d", "earthreason", "llava"
)  # fmt: skip


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A data root with synthetic data, large enough for every quirk, and what was planted there; read only."""
    root = tmp_path_factory.mktemp("planted")
    return root, write_world(root, scale=0.001, seed=0, sources=PLANTED)


@pytest.fixture(scope="session")
def check_planted(
    planted: tuple[Path, dict[str, Any]],
    place: Callable[..., Location],
    outcomes: Callable[[Source], list[Sample | Reject]],
) -> Callable[..., list[Sample]]:
    """Checks that a reader finds every planted record of its source, and no other; gives the samples."""
    root, report = planted

    def check(name: str, reader: Callable[[Location], Source]) -> list[Sample]:
        samples: list[Sample] = []
        for split_id, expected in report[name]["splits"].items():
            by, _, split = split_id.rpartition("-")
            found = outcomes(reader(place(name, root, split, by=by)))
            used = [outcome for outcome in found if isinstance(outcome, Sample)]
            rejects = Counter(outcome.reason for outcome in found if isinstance(outcome, Reject))
            assert (split_id, len(used), rejects) == (split_id, expected["kept"], Counter(expected["quarantined"]))
            assert len({outcome.key for outcome in found}) == len(found)
            samples += used
        return samples

    return check


JUNK = (None, True, -1, 0, 2**62, 1.5, "", " ", "x", "\0", "../x", "<image>", [], {}, [[]], [None], [["x"]], {"a": 1})


@pytest.fixture(scope="session")
def broken() -> Callable[[st.DataObject, Any], Any]:
    """A record with one fault, drawn by Hypothesis: something in it is dropped, doubled or replaced by junk."""

    def break_(data: st.DataObject, record: Any) -> Any:
        changed = {"record": copy.deepcopy(record)}
        path = data.draw(st.sampled_from([path for path in _paths(changed) if path]), label="path")
        holder: Any = changed
        for step in path[:-1]:
            holder = holder[step]
        faults = ("drop", "double", "junk", "deep") if len(path) > 1 else ("junk", "deep")
        fault = data.draw(st.sampled_from(faults), label="fault")
        if fault == "drop":
            del holder[path[-1]]
        elif fault == "double" and isinstance(holder, list):
            holder.append(holder[path[-1]])
        else:
            holder[path[-1]] = _nested(300) if fault == "deep" else data.draw(st.sampled_from(JUNK), label="junk")
        return changed["record"]

    return break_


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, child in children:
        yield from _paths(child, (*path, step))


def _nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value
