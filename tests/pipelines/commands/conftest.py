"""A small corpus, and the commands that read answers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import datasets
import pytest
import typer
from typer.testing import CliRunner

from pipelines.commands import decode, evaluate
from t4s_data.errors import T4SError

RECIPE = """
name = "small"
[[source]]
name = "refcoco"
splits = ["val", "testA"]
as_split = "val"
[[source]]
name = "refcoco+"
splits = ["val"]
as_split = "val"
[[source]]
name = "rrsis-d"
splits = ["test"]
as_split = "test"
tasks = { "referring-comprehension" = 1 }
"""


@dataclass(frozen=True)
class Done:
    """How a command ended; an error that is reported without a traceback is in ``stderr``."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture(scope="session")
def t4s() -> Run:
    """Runs a command in this process, where a refused argument or an error gives the exit code of `t4s`."""
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command("decode")(decode.decode)
    app.command("evaluate")(evaluate.evaluate)

    def run(*arguments: object, text: str | None = None) -> Done:
        result = CliRunner().invoke(app, list(map(str, arguments)), input=text)
        if isinstance(result.exception, T4SError):
            return Done(result.exception.exit_code, result.stdout, str(result.exception))
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Done(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture(scope="session")
def corpus(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus in path mode of three sources in two splits; its images lie in `world`."""
    folder = tmp_path_factory.mktemp("evaluated")
    (folder / "small.toml").write_text(RECIPE)
    build = [sys.executable, "-m", "pipelines.cli", "build", folder / "small.toml", "--data-root", world]
    subprocess.run([*build, "--out", folder / "corpus"], check=True, capture_output=True)
    return folder / "corpus"


@pytest.fixture(scope="session")
def answers(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """The corpus's own answers by split and id, in the order that `datasets` gives them."""
    cache = str(tmp_path_factory.mktemp("cache"))
    loaded = {name: datasets.load_dataset(str(corpus), split=name, cache_dir=cache) for name in ("val", "test")}
    return {name: {row["id"]: row["messages"][-1]["content"] for row in rows} for name, rows in loaded.items()}
