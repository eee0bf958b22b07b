"""One contract for all sources: what is planted in the synthetic world is what a reader makes of it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from t4s_data.build.blocks import read_block, write_blocks
from t4s_data.errors import RecordError
from t4s_data.manifest.shipped import load_manifest
from t4s_data.recipe.parts import Part, parts_of
from t4s_data.recipe.spec import Recipe, SourceSpec
from t4s_data.sample import REASONS, Entry, Reject, Sample
from t4s_data.sources.entries import without_repeats
from t4s_data.sources.source import SOURCES
from t4s_data.synthetic.generate import write_world

Outcome = Sample | Reject


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    root = tmp_path_factory.mktemp("all")
    return root, write_world(root, scale=0.0003)


def parts(name: str, root: Path, planted: dict[str, Any]) -> dict[str, Part]:
    """The part of every split that was written, by the split's id."""
    found = {}
    for split_id in planted["splits"]:
        by, _, split = split_id.rpartition("-")
        spec = SourceSpec(name=name, splits=[split], split_by=by or None)
        found[split_id] = parts_of(Recipe(name="contract", source=[spec]), root)[0]
    return found


def outcomes(part: Part, folder: Path) -> list[Outcome]:
    """What becomes of every record, its entry having crossed to a worker and back."""
    source, found = part.open(), []
    blocks = write_blocks(without_repeats(source.entries()), folder / part.name.replace("/", "-"))
    for block in blocks:
        for item in read_block(folder / part.name.replace("/", "-") / block.path):
            found += [item] if isinstance(item, Reject) else read(source, item)
    return found


def read(source: Any, entry: Entry) -> list[Outcome]:
    try:
        found = list(source.samples(entry))
    except RecordError as error:
        return [Reject.of(key, error) for key in entry.keys]
    assert tuple(outcome.key for outcome in found) == entry.keys
    return found


@pytest.mark.parametrize("name", SOURCES)
def test_a_reader_finds_what_was_planted(name: str, worlds: tuple[Path, dict[str, Any]], tmp_path: Path):
    root, planted = worlds
    for split_id, part in parts(name, root, planted[name]).items():
        assert all(path.exists() for path in part.open().inputs())
        found = outcomes(part, tmp_path)
        keys = [outcome.key for outcome in found if isinstance(outcome, Sample)]
        reasons = Counter(outcome.reason for outcome in found if isinstance(outcome, Reject))
        assert reasons.keys() <= REASONS.keys()
        expected = planted[name]["splits"][split_id]
        assert (split_id, len(keys), dict(reasons)) == (split_id, expected["kept"], expected["quarantined"])
        assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("name", SOURCES)
def test_a_sample_is_whole(name: str, worlds: tuple[Path, dict[str, Any]], tmp_path: Path):
    root, planted = worlds
    for part in parts(name, root, planted[name]).values():
        for sample in outcomes(part, tmp_path):
            if isinstance(sample, Sample):
                check_sample(sample)


def check_sample(sample: Sample) -> None:
    for region in sample.regions:
        assert sample.image is not None
        assert (region.mask.height, region.mask.width) == (sample.image.height, sample.image.width)
        assert region.mask.area > 0
        assert region.label.strip()
    assert not sample.answer or len(sample.answer) == len(sample.regions) + 1
    assert sample.turns or sample.query or sample.regions
    if sample.image is not None:
        assert not sample.image.path.startswith("/")


@pytest.mark.parametrize("name", SOURCES)
def test_reading_twice_gives_the_same(name: str, worlds: tuple[Path, dict[str, Any]], tmp_path: Path):
    root, planted = worlds
    part = next(iter(parts(name, root, planted[name]).values()))
    assert outcomes(part, tmp_path / "once") == outcomes(part, tmp_path / "twice")


def test_every_source_has_a_manifest_and_is_in_the_synthetic_world(worlds: tuple[Path, dict[str, Any]]):
    assert set(worlds[1]) == set(SOURCES)
    for name in SOURCES:
        assert load_manifest(name).name == name
