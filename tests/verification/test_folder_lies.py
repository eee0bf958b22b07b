"""Lies about the folder: shards, the build record, the card, the lists, with digests made to fit."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.cli import main
from t4s_data.corpus.folder import BUILD, CHECKSUMS, write_checksums
from t4s_data.errors import CorpusError
from t4s_data.verification import shards
from t4s_data.verification.whole import Rules, verify

SHARD = "data/refcoco/train-00000-of-00001.parquet"


def flipped(liar) -> None:
    path = liar.corpus / SHARD
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def flipped_and_summed(liar) -> None:
    flipped(liar)
    write_checksums(liar.corpus)


def edited_and_summed(liar) -> None:
    """What an editor would do: the text of one answer changed, and SHA256SUMS written anew."""
    record = (liar.corpus / BUILD).read_text()
    liar.change("refcoco", lambda row: True, lambda row: row.update(license="other"))
    (liar.corpus / BUILD).write_text(record)
    write_checksums(liar.corpus)


def missing(liar) -> None:
    (liar.corpus / SHARD).unlink()
    write_checksums(liar.corpus)


def extra(liar) -> None:
    (liar.corpus / "data/refcoco/train-00001-of-00002.parquet").write_bytes((liar.corpus / SHARD).read_bytes())
    write_checksums(liar.corpus)


def no_parquet(liar) -> None:
    (liar.corpus / SHARD).write_bytes(b"PAR1")
    liar.admit(SHARD)


def new_column(liar) -> None:
    table = pq.read_table(liar.corpus / SHARD)
    pq.write_table(table.append_column("secret", pa.array(["x"] * len(table))), liar.corpus / SHARD)
    liar.admit(SHARD)


def column_gone(liar) -> None:
    table = pq.read_table(liar.corpus / SHARD)
    pq.write_table(table.drop_columns(["license"]), liar.corpus / SHARD)
    liar.admit(SHARD)


def wider_column(liar) -> None:
    table = pq.read_table(liar.corpus / SHARD)
    number = table.schema.get_field_index("width")
    pq.write_table(table.set_column(number, "width", table["width"].cast(pa.int64())), liar.corpus / SHARD)
    liar.admit(SHARD)


def other_metadata(liar) -> None:
    table = pq.read_table(liar.corpus / SHARD)
    pq.write_table(table.replace_schema_metadata({}), liar.corpus / SHARD)
    liar.admit(SHARD)


def row_gone(liar) -> None:
    liar.write(SHARD, liar.rows(SHARD)[1:])


def row_twice(liar) -> None:
    rows = liar.rows(SHARD)
    liar.write(SHARD, [*rows[:-1], rows[0]])


def another_pass(liar) -> None:
    liar.change("coco-panoptic", lambda row: row["id"].endswith("#1"), lambda row: row.update(id=f"{row['id'][:-1]}7"))


def quarantine(change: Callable[[list[str]], list[str]]) -> Callable[..., None]:
    def tell(liar) -> None:
        path = next(iter(sorted((liar.corpus / "quarantine").glob("*.jsonl"))))
        path.write_text("".join(change(path.read_text().splitlines(keepends=True))))
        write_checksums(liar.corpus)

    return tell


def quarantine_gone(liar) -> None:
    for path in (liar.corpus / "quarantine").glob("*.jsonl"):
        path.unlink()
    write_checksums(liar.corpus)


def quarantine_of_nobody(liar) -> None:
    (liar.corpus / "quarantine/nobody.jsonl").write_text("")
    write_checksums(liar.corpus)


def left_out_but_there(liar) -> None:
    (liar.corpus / "left-out").mkdir(exist_ok=True)
    record = liar.rows(SHARD)[0]["id"].rpartition("#")[0]
    line = {"id": record, "rule": "holdout", "detail": "x"}
    (liar.corpus / "left-out/refcoco.jsonl").write_text(json.dumps(line) + "\n")
    write_checksums(liar.corpus)


def accounts(**more: int) -> Callable[..., None]:
    def tell(liar) -> None:
        def change(record: dict) -> None:
            for name, plus in more.items():
                record["accounts"][0][name] += plus
                if name in record["totals"]:
                    record["totals"][name] += plus

        liar.record(change)

    return tell


def more_tokens(liar) -> None:
    def change(record: dict) -> None:
        record["accounts"][0]["tokens"]["total"] += 5
        record["totals"]["tokens"]["total"] += 5

    liar.record(change)


def another_seed(liar) -> None:
    liar.record(lambda record: record.update(seed=record["seed"] + 1))


def fewer_tokens_to_add(liar) -> None:
    path = liar.corpus / "tokens/new_special_tokens.txt"
    path.write_text(path.read_text().partition("\n")[2])
    write_checksums(liar.corpus)


def card(old: str, new: str) -> Callable[..., None]:
    def tell(liar) -> None:
        path = liar.corpus / "README.md"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
        write_checksums(liar.corpus)

    return tell


def no_card(liar) -> None:
    (liar.corpus / "README.md").unlink()
    write_checksums(liar.corpus)


LIES = {
    "a byte of a shard": (flipped, [f"{SHARD}: sha256 is", f"{SHARD}: altered: sha256 is"]),
    "a byte of a shard, summed": (flipped_and_summed, [f"{SHARD}: sha256 is"]),
    "an edited text, summed": (edited_and_summed, [f"{SHARD}: sha256 is"]),
    "a shard gone": (missing, [f"{SHARD}: named in build.json, but No such file"]),
    "a shard more": (extra, ["data/refcoco/train-00001-of-00002.parquet: not in build.json"]),
    "a shard that is none": (no_parquet, [f"{SHARD}: not a Parquet file", f"{SHARD}: 0 rows, build.json says 24"]),
    "a new column": (new_column, [f"{SHARD}: its columns are not those of a corpus: 'secret'"]),
    "a column gone": (column_gone, [f"{SHARD}: no column 'license'"]),
    "a column of another type": (wider_column, [f"{SHARD}: its schema or the schema's metadata"]),
    "other metadata": (other_metadata, [f"{SHARD}: its schema or the schema's metadata"]),
    "a row gone": (row_gone, [f"{SHARD}: 23 rows, build.json says 24", "build.json: accounts[0], refcoco train: rows"]),
    "a row twice": (row_twice, [f"{SHARD}: row 23 'refcoco/", "its id stands in row 0 of"]),
    "a row of a pass that there is not": (another_pass, ["another number of rows in each pass"]),
    "a line of the quarantine gone": (quarantine(lambda lines: lines[1:]), ["quarantine/", "build.json says"]),
    "a line of the quarantine twice": (
        quarantine(lambda lines: [*lines, lines[0]]),
        ["quarantine/", "build.json says"],
    ),
    "a line of the quarantine broken": (quarantine(lambda lines: ["{", *lines[1:]]), ["line 1: Input data was trunc"]),
    "another reason": (
        quarantine(lambda lines: [json.dumps({**json.loads(lines[0]), "reason": "mood"}) + "\n", *lines[1:]]),
        ["line 1: 'mood' is no reason", "build.json says"],
    ),
    "a quarantined record of another split": (
        quarantine(lambda lines: [json.dumps({**json.loads(lines[0]), "key": "a/b/c"}) + "\n", *lines[1:]]),
        ["line 1: 'a/b/c' is of no split that was read"],
    ),
    "no quarantine": (quarantine_gone, ["quarantine/", "lists {} of"]),
    "a quarantine of nobody": (quarantine_of_nobody, ["quarantine/nobody.jsonl: is the list of no source"]),
    "a record left out that is there": (left_out_but_there, ["left-out/refcoco.jsonl: line 1: 'refcoco/"]),
    "a record left out that build.json does not count": (
        left_out_but_there,
        ["left-out/refcoco.jsonl: lists {'holdout': 1} of train, build.json says {}"],
    ),
    "regions of an account": (accounts(regions=1), ["build.json: accounts[0], refcoco train: regions is"]),
    "rescued of an account": (accounts(rescued=1), ["build.json: accounts[0], refcoco train: rescued is"]),
    "records of an account": (accounts(read=1, used=1), ["build.json: accounts[0], refcoco train: used is"]),
    "tokens of an account": (more_tokens, ["build.json: accounts[0], refcoco train: tokens.total is"]),
    "another seed": (another_seed, ["build.json: seed is 1, its recipe's is 0"]),
    "tokens to add": (fewer_tokens_to_add, ["tokens/new_special_tokens.txt: does not hold the 132 tokens"]),
    "rows of the card": (
        card("num_examples: ", "num_examples: 1"),
        ["dataset_info of coco-panoptic: splits"],
    ),
    "bytes of the card": (card("num_bytes: ", "num_bytes: 1"), ["dataset_info of coco-panoptic: splits"]),
    "size of the card": (
        card("download_size: ", "download_size: 1"),
        ["dataset_info of coco-panoptic: downl"],
    ),
    "a config of the card": (card("config_name: refcoco", "config_name: refclef"), ["dataset_info: 'refclef' is only"]),
    "no metadata": (card("---\n", "--\n"), ["README.md: no metadata to read"]),
    "no card": (no_card, ["README.md: no metadata to read"]),
    "no checksums": (lambda liar: (liar.corpus / CHECKSUMS).unlink(), [f"{CHECKSUMS}: "]),
    "a file that is not listed": (lambda liar: (liar.corpus / "x").write_text(""), ["x: not in SHA256SUMS"]),
}


@pytest.mark.parametrize("name", LIES)
def test_a_lie_about_the_folder_is_found(liar, name: str):
    tell, said = LIES[name]
    tell(liar)
    problems = [str(problem) for problem in verify(liar.corpus).problems]
    for text in said:
        assert any(text in problem for problem in problems), problems


@pytest.mark.parametrize("damage", [b"", b"{", b'{"recipe": 1}'])
def test_without_a_build_record_there_is_nothing_to_check(liar, damage: bytes):
    (liar.corpus / BUILD).write_bytes(damage)
    with pytest.raises(CorpusError, match=r"build\.json"):
        verify(liar.corpus)


def test_many_problems_of_a_shard_are_counted(path_liar, monkeypatch: pytest.MonkeyPatch):
    shard = path_liar.shards("llava")[0]
    rows = path_liar.rows(shard)
    for row in rows:
        row.update(width=3, source="x", split="y", task="z", codec="c", license="w", total_tokens=1)
    path_liar.write(shard, rows)
    report = verify(path_liar.corpus)
    monkeypatch.setattr(shards, "MOST_PROBLEMS", 10_000)
    told = sum(problem.file == shard for problem in report.problems)
    everything = sum(problem.file == shard for problem in verify(path_liar.corpus).problems)
    assert (told, told + report.unsaid) == (200, everything)
    assert report.unsaid > 0


def test_the_order_of_workers_changes_nothing(liar):
    liar.change("refcoco", lambda row: True, lambda row: row.update(total_tokens=1))
    liar.change("muse", lambda row: True, lambda row: row.update(total_tokens=2))
    assert verify(liar.corpus) == verify(liar.corpus, Rules(workers=2))


def test_the_command_names_file_row_and_value(liar, capsys: pytest.CaptureFixture[str], tmp_path: Path):
    shard, number, row_id = liar.change("refcoco", lambda row: True, lambda row: row.update(total_tokens=1))
    with pytest.raises(SystemExit) as ending:
        main(["verify", str(liar.corpus), "--workers", "1", "--json", str(tmp_path / "found.json")])
    assert ending.value.code == 1
    said = capsys.readouterr().err
    assert f"{shard}: row {number} '{row_id}': total_tokens is 1, counted " in said
    found = json.loads((tmp_path / "found.json").read_text())["problems"]
    assert (found[0]["file"], found[0]["row"], found[0]["id"]) == (shard, number, row_id)
