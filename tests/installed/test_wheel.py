"""What is installed, and that it works wherever it is used."""

from __future__ import annotations

import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.installed.conftest import REPO, run_in

CODE = ("t4s_data", "pipelines")
MANIFESTS = {path.relative_to(REPO).as_posix() for path in (REPO / "manifests").rglob("*") if path.is_file()}


def test_the_wheel_owns_two_names_and_holds_the_manifests(dist: Path):
    with zipfile.ZipFile(next(dist.glob("*.whl"))) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert {name.split("/")[0] for name in names} == set(CODE)
    assert len(MANIFESTS) > 20
    assert {name for name in names if "/manifests/" in name} == {f"t4s_data/{name}" for name in MANIFESTS}
    code = {
        path.relative_to(REPO).as_posix() for top in ("t4s_data", "pipelines") for path in (REPO / top).rglob("*.py")
    }
    assert {name for name in names if "/manifests/" not in name} == {*code, "t4s_data/py.typed"}


def test_the_source_distribution_holds_all_it_takes_to_build_and_test(dist: Path):
    with tarfile.open(next(dist.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert names >= MANIFESTS
    assert {
        "schemas/recipe.schema.json",
        "examples/score_answers.py",
        "tests/conftest.py",
        "Makefile",
        "constraints.txt",
        "LICENSE",
    } <= names


@pytest.fixture
def crowded(tmp_path: Path) -> Path:
    """A user's folder that has folders of our names, which do nothing but fail."""
    for name in ("schemas", "manifests", "pipelines"):
        package = tmp_path / name
        package.mkdir()
        (package / "__init__.py").write_text(f"raise ImportError('the user\\'s own {name}')\n")
    return tmp_path


def test_it_is_imported_beside_folders_of_our_names(bare: Path, crowded: Path):
    where = run_in(crowded, bare / "python", "-c", "import t4s_data; print(t4s_data.__file__, t4s_data.__version__)")
    assert Path(where.stdout.split()[0]).is_relative_to(bare.parent)
    assert run_in(crowded, bare / "python", "-c", "import pipelines", fails=True).stderr.endswith("own pipelines\n")
    for command in (["-m", "t4s_data"], [bare / "t4s"]):
        assert "refcoco" in run_in(crowded, bare / "python", *command, "sources").stdout


def test_it_builds_with_two_workers_beside_folders_of_our_names(bare: Path, crowded: Path):
    t4s, module = [bare / "t4s"], [bare / "python", "-m", "t4s_data"]
    run_in(crowded, *t4s, "synth", "data", "--scale", "0.0002", "--source", "refcoco", "--source", "refcoco+")
    (crowded / "mine.toml").write_text('name = "mine"\n[[source]]\nname = "refcoco"\n[[source]]\nname = "refcoco+"\n')
    for out, command in {"one": t4s, "two": module}.items():
        workers = 1 if out == "one" else 2
        run_in(crowded, *command, "build", "mine.toml", "--data-root", "data", "--out", out, "--workers", workers)
        run_in(crowded, *command, "verify", out)
    assert shards(crowded / "one") == shards(crowded / "two") != {}


def shards(corpus: Path) -> dict[str, bytes]:
    return {path.relative_to(corpus).as_posix(): path.read_bytes() for path in corpus.glob("data/*/*.parquet")}


@pytest.mark.slow
def test_a_really_empty_environment(dist: Path, tmp_path: Path):
    """Needs a package index, or its mirror."""
    run_in(tmp_path, sys.executable, "-m", "venv", "env")
    python = tmp_path / "env" / "bin" / "python"
    wheel = next(dist.glob("*.whl"))
    run_in(tmp_path, python, "-m", "pip", "install", "--quiet", "--constraint", REPO / "constraints.txt", wheel)
    run_in(tmp_path, python, "-m", "pip", "check")
    run_in(tmp_path, python.with_name("t4s"), "demo", "demo", "--workers", "2")
    run_in(tmp_path, python.with_name("t4s"), "verify", "demo/corpus")
