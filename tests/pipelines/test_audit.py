"""The audit from end to end: what it writes, that nothing else changes, and that no setting of the run shows."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from msgspec.structs import replace
from tokenizers import Tokenizer, models, pre_tokenizers
from typer.testing import CliRunner

from pipelines.audit import AuditOptions, audit
from pipelines.commands import audit as audit_command
from pipelines.commands import show as show_command
from t4s_data.audit.findings import Findings
from t4s_data.corpus.folder import read_build, read_checksums, verify
from t4s_data.corpus.row import Row
from t4s_data.errors import CommandError, CorpusError

WRITTEN = {"README.md", "SHA256SUMS", "report/index.html", "report/audit.json"}
WRITTEN |= {f"assets/{name}.png" for name in ("lengths", "figure7", "ceilings")}
Rows = dict[str, Row]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def command(name: str) -> typer.Typer:
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()({"audit": audit_command.audit, "show": show_command.show}[name])
    return app


def test_it_writes_its_files_and_no_others(own_corpus: Path):
    before = contents(own_corpus)
    assert before.keys() >= WRITTEN
    for name in WRITTEN - {"README.md"}:
        (own_corpus / name).unlink()
    (own_corpus / "report/left-over.html").write_text("old")
    audit(own_corpus, AuditOptions(codecs=["isd-16-rrle"]))
    after = contents(own_corpus)
    assert after.keys() == before.keys()
    assert {name for name in after if after[name] != before[name]} <= WRITTEN
    assert verify(own_corpus) == []
    assert not list(own_corpus.parent.glob("*.audit*"))


def test_workers_and_hash_seeds_do_not_change_a_byte(corpus: Path, own_corpus: Path):
    script = (
        "import sys; from pathlib import Path; from pipelines.audit import AuditOptions, audit; "
        "corpus = Path(sys.argv[1]); "
        "audit(corpus, AuditOptions(workers=2))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(own_corpus)],
        env={**os.environ, "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert contents(own_corpus) == contents(corpus)


def test_the_page_has_no_path_of_this_machine(corpus: Path):
    for name in WRITTEN:
        assert str(corpus.parent).encode() not in (corpus / name).read_bytes()


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tokenizer that knows single letters: lengths are easy to tell."""
    vocabulary = {chr(code): code - 32 for code in range(32, 127)} | {"\n": 95, "[UNK]": 96}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    tokenizer.save(str(path))
    return path


def test_any_tokenizer_counts_any_codec(own_corpus: Path, rows: Rows, letters: Path):
    options = AuditOptions(tokenizers=["qwen2", str(letters)], codecs=["own", "isd-16-rrle", "bsd-32-text"])
    findings = audit(own_corpus, options)
    assert len(findings.tokenizers) == 2
    assert not any("/" in name.partition(" sha256:")[0] for name in findings.tokenizers)
    own = [line for line in findings.lengths if line.tokenizer == findings.tokenizers[1] and line.codec == "own"]
    line = next(line for line in own if (line.source, line.text) == ("*", "answer"))
    tags = re.compile(r"</?(?:ref|box|seg)>|<[fb]g\d+>")
    answers = [
        sum(len(tags.sub("#", message.content)) for message in row.messages if message.role == "assistant")
        for row in rows.values()
    ]
    assert (line.tokens.count, line.tokens.max) == (len(answers), max(answers))
    assert line.tokens.mean == sum(answers) / len(answers)
    assert {line.codec for line in findings.lengths} == {"own", "isd-16-rrle", "bsd-32-text"}


def test_own_lengths_under_the_build_s_tokenizer_agree_with_counting_again(own_corpus: Path, corpus: Path):
    audit(own_corpus, AuditOptions(codecs=["own", "bsd-64"]))
    lines = Findings.load(own_corpus).lengths
    own = {
        tuple(getattr(line, name) for name in ("source", "task", "split", "text")): line.tokens
        for line in lines
        if line.codec == "own"
    }
    again = {
        tuple(getattr(line, name) for name in ("source", "task", "split", "text")): line.tokens
        for line in lines
        if line.codec == "bsd-64"
    }
    assert own == again


@pytest.mark.parametrize("options", [{"codecs": ["bsd-1"]}, {"codecs": ["isd-64"]}, {"tokenizers": ["nowhere.json"]}])
def test_what_there_is_not_is_refused_before_anything_is_written(options: dict[str, Any], own_corpus: Path):
    before = contents(own_corpus)
    with pytest.raises(CommandError, match=next(iter(options.values()))[0]):
        audit(own_corpus, AuditOptions(**options))
    assert contents(own_corpus) == before


def test_a_damaged_row_is_named_and_the_old_report_stays(own_corpus: Path, rows: Rows):
    from t4s_data.corpus.shards import write_shard

    muse = [row for row in rows.values() if row.source == "muse"]
    muse[2] = replace(muse[2], regions=[replace(region, rle="00") for region in muse[2].regions])
    write_shard(next(own_corpus.glob("data/muse/*.parquet")), muse, embed=True)
    report = (own_corpus / "report/index.html").read_bytes()
    with pytest.raises(CorpusError, match=muse[2].id):
        audit(own_corpus, AuditOptions())
    assert (own_corpus / "report/index.html").read_bytes() == report


def test_a_folder_that_is_no_corpus_is_named(tmp_path: Path):
    with pytest.raises(CorpusError, match=r"build\.json"):
        audit(tmp_path, AuditOptions())


def test_the_card_is_made_of_the_build_record_alone(own_corpus: Path):
    card = (own_corpus / "README.md").read_text(encoding="utf-8")
    command = read_build(own_corpus).command
    assert command.startswith("t4s build ")
    assert f"```sh\n{command}\n```" in card
    (own_corpus / "README.md").unlink()
    audit(own_corpus, AuditOptions())
    assert (own_corpus / "README.md").read_text(encoding="utf-8") == card


def test_path_mode_draws_what_it_finds(build_corpus: Callable[..., Path], data_root: Path, tmp_path: Path):
    out = build_corpus(tmp_path / "paths")
    pages = []
    for root in (None, data_root):
        audit(out, AuditOptions(data_root=root))
        pages.append((out / "report/index.html").read_text(encoding="utf-8"))
    assert pages[0].count("data:image/jpeg") == 0
    assert pages[1].count("data:image/jpeg") > 20
    assert "the image is not in the corpus" in pages[0]


def test_the_command_prints_and_keeps_the_card_s_command(own_corpus: Path, tmp_path: Path):
    card = (own_corpus / "README.md").read_bytes()
    done = CliRunner().invoke(
        command("audit"), [str(own_corpus), "--figure7", "--json", str(tmp_path / "figures.json")]
    )
    assert done.exit_code == 0, done.output
    assert "Choose N = " in done.output
    assert "767.6" in done.output
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert figures == json.loads((own_corpus / "report/audit.json").read_text())
    assert (own_corpus / "README.md").read_bytes() == card
    assert read_checksums(own_corpus).keys() == contents(own_corpus).keys() - {"SHA256SUMS"}


def test_show_draws_a_row_and_prints_it(corpus: Path, rows: Rows, tmp_path: Path):
    for row in (next(row for row in rows.values() if row.task == task) for task in {row.task for row in rows.values()}):
        target = tmp_path / "row.png"
        done = CliRunner().invoke(command("show"), [str(corpus), row.id, "--out", str(target)])
        assert done.exit_code == 0, done.output
        assert target.read_bytes().startswith(b"\x89PNG")
        for message in row.messages:
            assert message.content in done.output
        assert ("█" in done.output or "▀" in done.output or "▄" in done.output) == bool(row.regions)
        target.unlink()
