"""Fixtures shared by all tests."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, settings

from pipelines.audit import AuditOptions, audit
from pipelines.build import RunOptions
from pipelines.build import build as run_build
from t4s_data.build.assembly import Assembly
from t4s_data.corpus.row import Row
from t4s_data.recipe.files import read_recipe
from t4s_data.recipe.parts import parts_of
from t4s_data.synthetic.generate import write_world

SHARED = Path(__file__).resolve().parents[2] / "shared"

settings.register_profile("ci", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci")


def _shared(name: str) -> Path:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{name} is not beside this checkout")
    return path


@pytest.fixture(scope="session")
def real() -> Path:
    """The folder of small real files, laid out like a data root."""
    return _shared("real")


@pytest.fixture(scope="session")
def spec() -> Path:
    """The folder with the independent test vectors."""
    return _shared("spec")


REFER_SOURCES = ("refcoco", "refcoco+", "refcocog", "refclef", "rrsis-d")


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data root with the synthetic world of the sources in the `refer` layout; read only."""
    root = tmp_path_factory.mktemp("world")
    write_world(root, scale=0.0005, seed=0, sources=REFER_SOURCES)
    return root


AUDITED_SOURCES = ("refcoco", "grefcoco", "muse", "coco-panoptic", "llava")
RECIPE = """
name = "small"
quarantine.max_share = 1.0
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
    write_world(root, scale=0.0004, seed=1, sources=AUDITED_SOURCES)
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
    audit(out, AuditOptions())
    return out


@pytest.fixture
def own_corpus(corpus: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(corpus, tmp_path / "corpus"))


def rows_of(corpus: Path) -> dict[str, Row]:
    """All rows by id."""
    shards = sorted(corpus.glob("data/*/*.parquet"))
    every = [row for shard in shards for row in pq.ParquetFile(shard).read().to_pylist()]
    return {row.id: row for row in msgspec.convert(every, list[Row])}


@pytest.fixture(scope="session")
def rows(corpus: Path) -> dict[str, Row]:
    return rows_of(corpus)


@pytest.fixture(scope="session")
def read_all() -> Callable[[Path], dict[str, Row]]:
    return rows_of
