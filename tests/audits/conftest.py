"""A small corpus of every kind of row, built once, and rows of the same records under other codecs."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipelines.audit import AuditOptions, audit
from pipelines.build import RunOptions
from pipelines.build import build as run_build
from t4s_data.assembly import Assembly
from t4s_data.parts import parts_of
from t4s_data.recipes import read_recipe
from t4s_data.synthetic import write_world

SOURCES = ("refcoco", "grefcoco", "muse", "coco-panoptic", "llava")
RECIPE = """
name = "small"
[codec]
{codec}
[images]
mode = "{mode}"
[[source]]
name = "refcoco"
limit = 24
{tasks}
[[source]]
name = "refcoco"
splits = ["val"]
as_split = "validation"
limit = 4
{tasks}
[[source]]
name = "grefcoco"
limit = 40
[[source]]
name = "muse"
limit = 16
[[source]]
name = "coco-panoptic"
limit = 6
repeat = 2
[[source]]
name = "llava"
limit = 40
"""
COMMAND = "t4s build small.toml --data-root DATA --out OUT"


@pytest.fixture(scope="session")
def data_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The synthetic world that the corpora are made from; read only."""
    root = tmp_path_factory.mktemp("data")
    write_world(root, scale=0.0004, seed=1, sources=SOURCES)
    return root


@pytest.fixture(scope="session")
def build_corpus(data_root: Path) -> Callable[..., Path]:
    def build(out: Path, *, codec: str = 'name = "bsd"', mode: str = "path", tasks: str = "") -> Path:
        out.parent.mkdir(parents=True, exist_ok=True)
        path = out.with_suffix(".toml")
        path.write_text(RECIPE.format(codec=codec, mode=mode, tasks=tasks))
        recipe, digest = read_recipe(path)
        assembly = Assembly(recipe, digest, parts_of(recipe, data_root), COMMAND)
        run_build(assembly, out, RunOptions(), progress=lambda _: None)
        return out

    return build


@pytest.fixture(scope="session")
def corpus(build_corpus: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus with embedded images, audited; read only."""
    out = build_corpus(tmp_path_factory.mktemp("corpora") / "small", mode="embed")
    audit(out, AuditOptions(), command=COMMAND)
    return out


@pytest.fixture
def own_corpus(corpus: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(corpus, tmp_path / "corpus"))


def rows_of(corpus: Path) -> dict[str, dict[str, Any]]:
    """All rows by id."""
    shards = sorted(corpus.glob("data/*/*.parquet"))
    return {row["id"]: row for shard in shards for row in pq.ParquetFile(shard).read().to_pylist()}


@pytest.fixture(scope="session")
def rows(corpus: Path) -> dict[str, dict[str, Any]]:
    return rows_of(corpus)


@pytest.fixture(scope="session")
def read_all() -> Callable[[Path], dict[str, dict[str, Any]]]:
    return rows_of
