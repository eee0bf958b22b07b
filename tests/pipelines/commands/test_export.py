from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from pipelines.commands import export
from t4s_data.corpus.record import Build
from t4s_data.errors import CommandError, CorpusError
from t4s_data.export.format import FORMATS


def run(*arguments: object) -> Result:
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(export.export)
    return CliRunner().invoke(app, list(map(str, arguments)))


def test_the_help_names_every_format_and_so_does_the_refusal_of_another(corpus: Path, tmp_path: Path) -> None:
    shown = " ".join(run("--help").output.replace("│", " ").split())
    assert f"the trainer's format: {', '.join(FORMATS)}, or a plugged-in one" in shown
    refused = run(corpus, "--format", "megatron", "--out", tmp_path / "out")
    assert isinstance(refused.exception, CommandError)
    assert str(refused.exception) == f"no export format is named 'megatron'; there are {', '.join(FORMATS)}"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", FORMATS)
def test_a_built_corpus_is_exported_and_the_command_is_printed(name: str, corpus: Path, tmp_path: Path) -> None:
    done = run(corpus, "--format", name, "--out", tmp_path / "out", "--json", tmp_path / "figures.json")
    assert done.exit_code == 0, done.output
    figures = json.loads((tmp_path / "figures.json").read_text())
    build = Build.model_validate_json((corpus / "build.json").read_bytes())
    assert sum(figures["rows"].values()) == build.totals.rows
    assert figures["command"] in done.stderr
    assert figures["tokens"] in done.stderr
    assert f"cd {tmp_path / 'out'}" in done.stderr
    assert "tokens" in figures["command"]


def test_a_data_root_makes_paths_absolute_and_they_exist(corpus: Path, world: Path, tmp_path: Path) -> None:
    run(corpus, "--format", "ms-swift", "--out", tmp_path / "out", "--data-root", world, "--split", "val")
    (file,) = (tmp_path / "out").glob("*.jsonl")
    paths = [path for line in file.read_text().splitlines() for path in json.loads(line)["images"]]
    assert file.name == "val.jsonl"
    assert paths
    assert all(Path(path).is_absolute() and Path(path).is_file() for path in paths)


def test_what_does_not_go_together_is_told(corpus: Path, tmp_path: Path) -> None:
    both = run(corpus, "--format", "trl", "--out", tmp_path / "out", "--data-root", "/d", "--image-prefix", "x/")
    assert isinstance(both.exception, CommandError)
    assert re.search("--data-root and --image-prefix", str(both.exception))
    there = run(corpus, "--format", "trl", "--out", corpus, "--force")
    assert isinstance(there.exception, CorpusError)
    assert list(tmp_path.iterdir()) == []
