from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from msgspec.structs import replace
from typer.testing import CliRunner

from pipelines.commands.compare import compare as command
from t4s_data.audit.compare import compare
from t4s_data.corpus.folder import read_build, write_checksums
from t4s_data.corpus.row import Row
from t4s_data.corpus.shards import write_shard
from t4s_data.errors import CorpusError
from t4s_data.sample import Turn

Rows = dict[str, Row]


def rewrite(corpus: Path, source: str, rows: list[Row]) -> None:
    """Put rows into the one shard of a source, as a build would."""
    path = next(corpus.glob(f"data/{source}/*.parquet"))
    stats = write_shard(path, rows, embed=True)
    record = json.loads((corpus / "build.json").read_text())
    for account in record["accounts"]:
        for shard in account["shards"]:
            if shard["name"] == path.relative_to(corpus).as_posix():
                difference = stats.rows - shard["rows"]
                shard.update(rows=stats.rows, sha256=stats.sha256)
                account["rows"] += difference
                account["tasks"][next(iter(account["tasks"]))] += difference
                record["totals"]["rows"] += difference
    (corpus / "build.json").write_text(json.dumps(record))


def test_a_corpus_is_the_same_as_itself(corpus: Path):
    found = compare(corpus, corpus)
    assert {one.source for one in found} == {account.source for account in read_build(corpus).accounts}
    assert all(one.same for one in found)
    for one in found:
        first, second = one.tokens["total_tokens"]
        assert first == second
        assert first is not None
        assert first.count == one.rows[0]


def test_differences_are_named(corpus: Path, own_corpus: Path, rows: Rows):
    muse = [row for row in rows.values() if row.source == "muse"]
    changed = [
        replace(muse[1], answer_tokens=muse[1].answer_tokens + 1),
        muse[2],
        replace(muse[3], messages=[*muse[3].messages[:1], Turn("assistant", "other")], license="other"),
        replace(muse[4], id="muse/new#0"),
        *muse[5:],
    ]
    rewrite(own_corpus, "muse", changed)
    found = {one.source: one for one in compare(corpus, own_corpus)}
    one = found.pop("muse")
    assert one.only_first == (muse[0].id, muse[4].id)
    assert one.only_second == ("muse/new#0",)
    assert one.changed == {muse[1].id: ("tokens",), muse[3].id: ("image", "messages")}
    assert one.rows == (len(muse), len(muse) - 1)
    assert all(other.same for other in found.values())


def test_image_bytes_count(corpus: Path, own_corpus: Path, rows: Rows):
    muse = [row for row in rows.values() if row.source == "muse"]
    image = muse[0].images[0]
    assert image.bytes
    longer = replace(image, bytes=image.bytes + b"\0")
    rewrite(own_corpus, "muse", [replace(muse[0], images=[longer]), *muse[1:]])
    found = {one.source: one for one in compare(corpus, own_corpus)}
    assert found["muse"].changed == {muse[0].id: ("image",)}


def test_the_command_writes_every_id(corpus: Path, own_corpus: Path, rows: Rows, tmp_path: Path):
    llava = [row for row in rows.values() if row.source == "llava"]
    rewrite(own_corpus, "llava", llava[:1])
    app = typer.Typer()
    app.command()(command)
    done = CliRunner().invoke(app, [str(corpus), str(own_corpus), "--json", str(tmp_path / "out.json")])
    assert done.exit_code == 0, done.output
    assert "The rows differ." in done.output
    assert f"and {len(llava) - 1 - 8} more" in done.output
    figures = json.loads((tmp_path / "out.json").read_text())
    assert figures["same"] is False
    one = next(one for one in figures["sources"] if one["source"] == "llava")
    assert one["only_a"] == [row.id for row in llava[1:]]


def test_a_folder_that_is_no_corpus_is_named(corpus: Path, tmp_path: Path):
    with pytest.raises(CorpusError, match=tmp_path.name):
        compare(corpus, tmp_path)


def test_a_text_edited_behind_the_record_is_found(corpus: Path, own_corpus: Path, rows: Rows):
    record = (own_corpus / "build.json").read_bytes()
    muse = [row for row in rows.values() if row.source == "muse"]
    rewrite(own_corpus, "muse", [*muse[:-1], replace(muse[-1], license="edited")])
    (own_corpus / "build.json").write_bytes(record)
    write_checksums(own_corpus)
    found = {one.source: one for one in compare(corpus, own_corpus)}
    assert found["muse"].changed == {muse[-1].id: ("image",)}


def test_a_new_column_never_goes_unnoticed(corpus: Path, own_corpus: Path):
    path = next(own_corpus.glob("data/muse/*.parquet"))
    table = pq.read_table(path)
    pq.write_table(table.append_column("secret", pa.array([None] * len(table), pa.string())), path)
    found = {one.source: one for one in compare(corpus, own_corpus)}
    assert set(found["muse"].changed) == set(table["id"].to_pylist())
    assert set(found["muse"].changed.values()) == {("other columns",)}


def test_a_column_that_is_gone_is_noticed(corpus: Path, own_corpus: Path):
    path = next(own_corpus.glob("data/llava/*.parquet"))
    pq.write_table(pq.read_table(path).drop_columns(["license"]), path)
    found = {one.source: one for one in compare(corpus, own_corpus)}
    assert set(found["llava"].changed.values()) == {("image",)}


def test_a_source_that_no_record_names_is_noticed(corpus: Path, own_corpus: Path):
    shutil.copytree(own_corpus / "data/muse", own_corpus / "data/hidden")
    found = {one.source: one for one in compare(corpus, own_corpus)}
    assert found["hidden"].rows[0] == 0 < found["hidden"].rows[1] == len(found["hidden"].only_second)
