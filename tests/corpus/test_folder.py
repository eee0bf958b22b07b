from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from t4s_data.corpus import folder as corpus
from t4s_data.corpus.folder import BUILD, CHECKSUMS, put_in_place, read_build, read_checksums, verify, write_checksums
from t4s_data.corpus.record import Account, Build, Shard, Totals
from t4s_data.errors import CorpusError
from t4s_data.recipe.spec import Recipe, SourceSpec

SHARDS = ("data/refcoco+/train-00000-of-00002.parquet", "data/refcoco+/train-00001-of-00002.parquet")


def write_ids(path: Path, ids: list[str]) -> Shard:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"id": ids}), path)
    name = path.relative_to(path.parents[2]).as_posix()
    return Shard(name=name, rows=len(ids), bytes=path.stat().st_size, data_bytes=1, sha256="0" * 64)


def write_corpus(folder: Path, ids: tuple[list[str], list[str]] = (["a", "b"], ["c"])) -> Path:
    shards = tuple(write_ids(folder / name, part) for name, part in zip(SHARDS, ids, strict=True))
    rows = sum(shard.rows for shard in shards)
    account = Account(
        source="refcoco+",
        split="train",
        as_split="train",
        codec="bsd-64",
        read=rows,
        used=rows,
        rows=rows,
        tasks={"referring-segmentation": rows},
        shards=shards,
    )
    build = Build(
        recipe=Recipe(name="tiny", source=[SourceSpec(name="refcoco+")]),
        code="1",
        seed=0,
        tokenizer="qwen2",
        libraries={},
        accounts=(account,),
        totals=Totals.of((account,)),
    )
    (folder / BUILD).write_text(build.to_json(), encoding="utf-8")
    (folder / "README.md").write_text("card", encoding="utf-8")
    write_checksums(folder)
    return folder


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    return write_corpus(tmp_path / "whole")


def test_a_whole_corpus_has_no_problems(whole: Path) -> None:
    assert verify(whole) == []


def test_checksums_are_sorted_and_cover_every_other_file(whole: Path) -> None:
    names = [line.split("  ")[1] for line in (whole / CHECKSUMS).read_text().splitlines()]
    assert names == sorted(names) == sorted([*SHARDS, BUILD, "README.md"])


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum on this machine")
def test_sha256sum_accepts_the_file_and_sees_a_change(whole: Path) -> None:
    check = ["sha256sum", "--check", "--strict", "--quiet", CHECKSUMS]
    assert subprocess.run(check, cwd=whole, capture_output=True, check=False).returncode == 0
    (whole / "README.md").write_text("other")
    assert subprocess.run(check, cwd=whole, capture_output=True, check=False).returncode == 1


def test_known_digests_are_taken_as_they_are(whole: Path) -> None:
    write_checksums(whole, {SHARDS[0]: "f" * 64})
    assert read_checksums(whole)[SHARDS[0]] == "f" * 64
    assert verify(whole) == [f"{SHARDS[0]}: altered"]


def _altered(folder: Path) -> None:
    (folder / "README.md").write_text("another card")


def _missing(folder: Path) -> None:
    (folder / SHARDS[1]).unlink()


def _extra(folder: Path) -> None:
    shutil.copy(folder / SHARDS[1], folder / "data/refcoco+/train-00002-of-00002.parquet")


def _cut(folder: Path) -> None:
    path = folder / SHARDS[0]
    path.write_bytes(path.read_bytes()[:-9])
    write_checksums(folder)


def _fewer_rows(folder: Path) -> None:
    pq.write_table(pa.table({"id": ["a"]}), folder / SHARDS[0])
    write_checksums(folder)


def _repeated_id(folder: Path) -> None:
    pq.write_table(pa.table({"id": ["b"]}), folder / SHARDS[1])
    write_checksums(folder)


def _no_ids(folder: Path) -> None:
    pq.write_table(pa.table({"key": ["c"]}), folder / SHARDS[1])
    write_checksums(folder)


def _no_record(folder: Path) -> None:
    (folder / BUILD).unlink()
    write_checksums(folder)


def _broken_record(folder: Path) -> None:
    (folder / BUILD).write_text("{")
    write_checksums(folder)


def _no_checksums(folder: Path) -> None:
    (folder / CHECKSUMS).unlink()


def _broken_checksums(folder: Path) -> None:
    (folder / CHECKSUMS).write_text("abc\n")


@pytest.mark.parametrize(
    ("damage", "problems"),
    [
        (_altered, ["README.md: altered"]),
        (_missing, [f"{SHARDS[1]}: missing", f"{SHARDS[1]}: named in build.json, but missing"]),
        (
            _extra,
            ["train-00002-of-00002.parquet: not in SHA256SUMS", "train-00002-of-00002.parquet: not in build.json"],
        ),
        (_cut, [f"{SHARDS[0]}: not a Parquet file"]),
        (_fewer_rows, [f"{SHARDS[0]}: 1 rows, but build.json says 2"]),
        (_repeated_id, ["data/refcoco+: id 'b' stands in 2 rows"]),
        (_no_ids, [f"{SHARDS[1]}: no column 'id'"]),
        (_no_record, ["no build.json"]),
        (_broken_record, ["build.json: record: Invalid JSON"]),
        (_no_checksums, ["no SHA256SUMS"]),
        (_broken_checksums, ["SHA256SUMS, line 1: not a digest and a path: 'abc'"]),
    ],
)
def test_damage_is_told(damage: Callable[[Path], None], problems: list[str], whole: Path) -> None:
    damage(whole)
    found = verify(whole)
    assert len(found) == len(problems)
    for text, expected in zip(found, problems, strict=True):
        assert expected in text


def test_a_new_corpus_is_put_in_its_place(whole: Path, tmp_path: Path) -> None:
    put_in_place(whole, tmp_path / "deep" / "out", force=False)
    assert verify(tmp_path / "deep" / "out") == []
    assert not whole.exists()


def test_an_empty_folder_is_no_obstacle(whole: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    put_in_place(whole, tmp_path / "out", force=False)
    assert verify(tmp_path / "out") == []
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_corpus_is_replaced_only_by_force(whole: Path, tmp_path: Path) -> None:
    out = write_corpus(tmp_path / "out", (["old", "b"], ["c"]))
    with pytest.raises(CorpusError, match="--force"):
        put_in_place(whole, out, force=False)
    assert whole.exists()
    assert pq.read_table(out / SHARDS[0]).column("id").to_pylist() == ["old", "b"]


@pytest.mark.parametrize("in_one_step", [True, False])
def test_force_replaces_a_corpus(
    in_one_step: bool, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not in_one_step:
        monkeypatch.setattr(corpus, "_exchange", lambda one, other: False)
    out = write_corpus(tmp_path / "out", (["old", "b"], ["c"]))
    (out / "mine.txt").write_text("x")
    put_in_place(whole, out, force=True)
    assert verify(out) == []
    assert pq.read_table(out / SHARDS[0]).column("id").to_pylist() == ["a", "b"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("in_one_step", [True, False])
def test_a_rename_that_fails_leaves_the_old_corpus(
    in_one_step: bool, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = write_corpus(tmp_path / "out", (["old", "b"], ["c"]))
    rename = Path.rename

    def fail(self: Path, target: Any) -> Path:
        if self == whole:
            raise OSError("no")
        return rename(self, target)

    def fail_exchange(one: Path, other: Path) -> bool:
        if in_one_step:
            raise OSError("no")
        return False

    monkeypatch.setattr(corpus, "_exchange", fail_exchange)
    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(OSError, match="no"):
        put_in_place(whole, out, force=True)
    assert pq.read_table(out / SHARDS[0]).column("id").to_pylist() == ["old", "b"]


@pytest.mark.parametrize("force", [True, False])
@pytest.mark.parametrize("kind", ["folder", "file", "link"])
def test_what_is_no_corpus_is_never_removed(kind: str, force: bool, whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    if kind == "folder":
        out.mkdir()
        (out / "thesis.tex").write_text("x")
    elif kind == "file":
        out.write_text("x")
    else:
        out.symlink_to(write_corpus(tmp_path / "elsewhere"))
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(CorpusError):
        put_in_place(whole, out, force=force)
    assert sorted(tmp_path.rglob("*")) == before


def test_the_record_reads_back(whole: Path) -> None:
    record = read_build(whole)
    assert record.to_json() == (whole / BUILD).read_text()
    assert [shard.name for account in record.accounts for shard in account.shards] == list(SHARDS)
