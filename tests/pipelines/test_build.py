"""Builds from end to end, through the command that users run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from t4s_data.build.steps import build_shard, stage_parts
from t4s_data.build.work import Work
from t4s_data.recipe.files import read_recipe
from t4s_data.recipe.parts import parts_of

RECIPE = """
name = "small"
[[source]]
name = "refcoco"
split_by = "unc"
splits = ["train", "val"]
repeat = 2
[[source]]
name = "refclef"
split_by = "berkeley"
[[source]]
name = "rrsis-d"
splits = ["val"]
as_split = "validation"
tasks = { "referring-comprehension" = 1 }
"""


def t4s(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipelines.cli", *map(str, arguments)]
    return subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=False)


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(RECIPE)
    return path


@pytest.fixture(scope="module")
def reference(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of the recipe, built by one worker."""
    folder = tmp_path_factory.mktemp("reference")
    (folder / "small.toml").write_text(RECIPE)
    done = t4s("build", folder / "small.toml", "--data-root", world, "--out", folder / "corpus")
    assert done.returncode == 0, done.stderr
    return folder / "corpus"


def test_workers_and_hash_seeds_do_not_change_a_byte(reference: Path, world: Path, recipe: Path, tmp_path: Path):
    expected = (reference / "SHA256SUMS").read_text()
    for workers, hash_seed in ((1, "1"), (2, "2")):
        out = tmp_path / f"corpus{workers}"
        done = t4s("build", recipe, "--data-root", world, "--out", out, "--workers", workers, PYTHONHASHSEED=hash_seed)
        assert done.returncode == 0, done.stderr
        assert (out / "SHA256SUMS").read_text() == expected
        assert t4s("verify", out).returncode == 0


def test_another_seed_asks_in_other_words(reference: Path, world: Path, recipe: Path, tmp_path: Path):
    done = t4s("build", recipe, "--data-root", world, "--out", tmp_path / "corpus", "--seed", 7)
    assert done.returncode == 0
    assert (tmp_path / "corpus/SHA256SUMS").read_text() != (reference / "SHA256SUMS").read_text()


def test_every_record_is_used_or_quarantined(reference: Path):
    build = json.loads((reference / "build.json").read_text())
    kept = {}
    for path in (reference / "quarantine").glob("*.jsonl"):
        for line in path.read_text().splitlines():
            key = json.loads(line)["key"]
            kept.setdefault(key.rsplit("/", 1)[0], []).append(key)
    for account in build["accounts"]:
        split = "-".join(filter(None, (account["split_by"], account["split"])))
        quarantined = sum(account["quarantined"].values())
        assert account["read"] == account["used"] + quarantined
        assert len(kept.get(f"{account['source']}/{split}", [])) == quarantined
        repeat = 2 if account["source"] == "refcoco" else 1
        assert account["rows"] == account["used"] * repeat
    assert build["totals"]["quarantined"] > 0


@pytest.mark.parametrize("state", ["lock", "parts/*/blocks", "parts/*/*.parquet", "corpus/build.json"])
def test_a_killed_build_goes_on_to_the_same_bytes(
    state: str, reference: Path, world: Path, recipe: Path, tmp_path: Path
):
    """The build is killed as soon as its work folder has come so far."""
    out = tmp_path / "corpus"
    command = [sys.executable, "-m", "pipelines.cli", "build", recipe, "--data-root", world, "--out", out]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and not any(out.with_name("corpus.work").glob(state)):
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not out.exists()
    done = t4s(*command[3:])
    assert done.returncode == 0, done.stderr
    assert (out / "SHA256SUMS").read_text() == (reference / "SHA256SUMS").read_text()
    assert not out.with_name("corpus.work").exists()


def test_finished_shards_are_not_built_again(world: Path, recipe: Path, tmp_path: Path):
    out = tmp_path / "corpus"
    parts, work = parts_of(read_recipe(recipe)[0], world), Work.beside(out)
    stage_parts(parts[:1], work)
    unit = next(work.units(0, parts[0]))
    build_shard(parts[0], unit, work, strict=False)
    finished = work.shard(parts[0], unit).stat().st_mtime_ns
    assert t4s("build", recipe, "--data-root", world, "--out", out).returncode == 0
    assert (out / "data/refcoco/train-00000-of-00004.parquet").stat().st_mtime_ns == finished


def test_strict_ends_at_the_first_record_that_cannot_be_used(world: Path, recipe: Path, tmp_path: Path):
    done = t4s("build", recipe, "--data-root", world, "--out", tmp_path / "corpus", "--strict")
    assert done.returncode == 1
    assert "refcoco/unc-train: record 900000000-900000000: unknown-annotation" in done.stderr
    assert not (tmp_path / "corpus").exists()


def test_a_corpus_in_the_way_is_replaced_only_by_force(reference: Path, world: Path, recipe: Path, tmp_path: Path):
    out = tmp_path / "corpus"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    refused = t4s("build", recipe, "--data-root", world, "--out", out)
    assert refused.returncode == 1
    assert "--force" in refused.stderr
    no_corpus = t4s("build", recipe, "--data-root", world, "--out", out, "--force")
    assert no_corpus.returncode == 1
    assert (out / "notes.txt").read_text() == "mine"


def test_missing_annotations_end_the_build_before_any_work(recipe: Path, tmp_path: Path):
    (tmp_path / "data").mkdir()
    out = tmp_path / "corpus"
    done = t4s("build", recipe, "--data-root", tmp_path / "data", "--out", out)
    assert done.returncode == 1
    for path in ("refcoco/refs(unc).p", "refclef/instances.json", "rrsisd/refs(unc).p"):
        assert str(tmp_path / "data/refer_seg" / path) in done.stderr
    assert "how to get refcoco" in done.stderr
    assert "Traceback" not in done.stderr
    assert not out.exists()
    assert not out.with_name("corpus.work").exists()


def test_a_dry_run_writes_nothing(world: Path, recipe: Path, tmp_path: Path):
    done = t4s("build", recipe, "--data-root", world, "--out", tmp_path / "corpus", "--dry-run")
    assert done.returncode == 0
    assert "berkeley-train" in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["small.toml"]


def test_a_limit_counts_the_records_of_a_source_over_its_splits(world: Path, recipe: Path, tmp_path: Path):
    done = t4s("build", recipe, "--data-root", world, "--out", tmp_path / "corpus", "--limit", 62)
    assert done.returncode == 0, done.stderr
    accounts = json.loads((tmp_path / "corpus/build.json").read_text())["accounts"]
    assert [(account["source"], account["split"], account["read"]) for account in accounts] == [
        ("refcoco", "train", 61),
        ("refcoco", "val", 1),
        ("refclef", "train", 62),
        ("rrsis-d", "val", 3),
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('naem = "x"', ["naem", "no such key", "codec"]),
        ("seed = -1", ["seed", "greater than or equal to 0"]),
        ('[[source]]\nname = "refcocco"', ["source[4].name", "refcoco+"]),
        ('[[source]]\nname = "refcoco+"\nsplits = ["testC"]', ["testC", "testA"]),
        ('[[source]]\nname = "refcoco+"\ntasks = { "panoptic-segmentation" = 1 }', ["panoptic", "referring-compreh"]),
    ],
)
def test_a_wrong_recipe_is_answered_with_the_key_and_what_is_allowed(
    line: str, expected: list[str], recipe: Path, world: Path, tmp_path: Path
):
    top, rest = RECIPE.split("\n", 2)[1], RECIPE.split("\n", 2)[2]
    recipe.write_text(f"{top}\n{rest}\n{line}" if line.startswith("[[") else f"{top}\n{line}\n{rest}")
    done = t4s("build", recipe, "--data-root", world, "--out", tmp_path / "corpus")
    assert done.returncode == 2
    for words in expected:
        assert words in done.stderr
    assert "Traceback" not in done.stderr
