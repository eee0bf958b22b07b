from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from t4s_data.corpus.folder import read_build
from t4s_data.corpus.row import Row, RowImage
from t4s_data.corpus.selection import Selection, shards_of
from t4s_data.errors import CommandError, CorpusError
from t4s_data.evaluation.truth import find_shards, read_ids
from t4s_data.export.examples import read_examples
from t4s_data.export.format import FORMATS
from t4s_data.export.formats import Order, export
from t4s_data.export.pictures import Pictures
from t4s_data.sample import Turn

SWIFT = FORMATS["ms-swift"]


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def records(folder: Path, split: str = "train") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / f"{split}.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("mode", ["path", "embed"])
@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)
def test_the_same_plan_gives_the_same_bytes_anywhere(form: Any, mode: str, corpora: dict[str, Path], tmp_path: Path):
    export(Order(corpora[mode], form), tmp_path / "one")
    export(Order(corpora[mode], form), tmp_path / "else/where")
    assert tree(tmp_path / "one") == tree(tmp_path / "else/where")


def test_the_hash_seed_does_not_matter(corpora: dict[str, Path], tmp_path: Path):
    code = (
        "import sys; from pathlib import Path; from t4s_data.export.format import FORMATS;"
        "from t4s_data.export.formats import *;"
        "[export(Order(Path(sys.argv[1]), form), Path(sys.argv[2]) / name) for name, form in FORMATS.items()]"
    )
    for seed in ("1", "2"):
        words = [sys.executable, "-c", code, str(corpora["embed"]), str(tmp_path / seed)]
        subprocess.run(words, env={"PYTHONHASHSEED": seed, "HOME": str(tmp_path), "PATH": ""}, check=True)
    assert tree(tmp_path / "1") == tree(tmp_path / "2")


def test_embedded_images_are_written_once_under_the_digest_of_their_bytes(corpora: dict[str, Path], tmp_path: Path):
    export(Order(corpora["embed"], SWIFT), tmp_path / "out")
    shards = [pq.read_table(path) for path in corpora["embed"].glob("data/*/*.parquet")]
    contents = {image["bytes"] for shard in shards for images in shard["images"].to_pylist() for image in images}
    found = {path: path.read_bytes() for path in (tmp_path / "out/images").rglob("*.jpg")}
    assert set(found.values()) == contents
    assert len(found) == len(contents)
    for path, data in found.items():
        assert path.stem == sha256(data).hexdigest()
        assert path.parent.name == path.stem[:2]


def test_an_extracted_image_is_named_after_what_it_is(small: ModuleType, tmp_path: Path):
    path = Pictures(tmp_path).path(RowImage("it-says.png", small.picture(1)))
    assert path.endswith(".jpg")
    with pytest.raises(CorpusError, match=r"it-says\.png"):
        Pictures(tmp_path).path(RowImage("it-says.png", b"no image"))


@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)
def test_tokens_and_a_page_stand_beside_the_records(form: Any, corpora: dict[str, Path], tmp_path: Path):
    done = export(Order(corpora["path"], form), tmp_path / "out")
    written = (tmp_path / "out/tokens/new_special_tokens.txt").read_text().split()
    assert written == (corpora["path"] / "tokens/new_special_tokens.txt").read_text().split()
    page = (tmp_path / "out/README.md").read_text()
    assert done.command in page
    assert done.tokens in page
    assert "DATA_ROOT" in page
    assert str(len(written)) in done.tokens
    assert "\n" not in done.tokens


@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)
def test_the_command_uses_the_records_and_the_tokens(form: Any, corpora: dict[str, Path], tmp_path: Path):
    command = export(Order(corpora["path"], form), tmp_path / "out").command
    named = [path.name for path in (tmp_path / "out").iterdir() if path.name in command]
    assert any(word in command for word in ("tokens/new_special_tokens", "add_tokens.py"))
    assert {"train.jsonl", "train.json", "train.meta.json", "data"} & set(named) or "small_train" in command


def test_splits_and_sources_are_chosen_by_name(corpora: dict[str, Path], tmp_path: Path):
    done = export(Order(corpora["path"], SWIFT, Selection(("train",), ("llava",))), tmp_path / "out")
    assert done.rows == {"train": 9}
    assert sorted(path.name for path in (tmp_path / "out").glob("*.jsonl")) == ["train.jsonl"]
    assert all("seg>" not in turn["content"] for record in records(tmp_path / "out") for turn in record["messages"])


def test_the_limit_takes_the_first_rows_of_each_split(corpora: dict[str, Path], tmp_path: Path):
    export(Order(corpora["path"], SWIFT), tmp_path / "all")
    done = export(Order(corpora["path"], SWIFT, Selection(limit=3)), tmp_path / "out")
    assert done.rows == {"train": 3, "val": 3}
    assert records(tmp_path / "out") == records(tmp_path / "all")[:3]


@pytest.mark.parametrize(
    ("selection", "said"),
    [
        (Selection(splits=("test",)), "no split 'test'; it has train, val"),
        (Selection(sources=("muse",)), "no source 'muse'; it has refcoco, llava"),
        (Selection(("val",), ("llava",)), "llava have no rows in val"),
    ],
)
def test_what_the_corpus_does_not_have_is_told(
    selection: Selection, said: str, corpora: dict[str, Path], tmp_path: Path
):
    with pytest.raises(CommandError, match=said):
        export(Order(corpora["path"], SWIFT, selection), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("prefix", "absolute"), [("/data/", True), ("s3://bucket/", True), ("sub/", False), ("", False)]
)
def test_a_prefix_stands_before_every_path(prefix: str, absolute: bool, corpora: dict[str, Path], tmp_path: Path):
    done = export(Order(corpora["path"], SWIFT, prefix=prefix), tmp_path / "out")
    paths = [path for record in records(tmp_path / "out") for path in record.get("images", [])]
    assert {path.removeprefix(prefix).split("/")[0] for path in paths} == {"refcoco", "llava"}
    assert all(path.startswith(prefix) for path in paths)
    assert ("DATA_ROOT" in done.command) == (not absolute)


def test_an_export_is_replaced_only_when_told_to(corpora: dict[str, Path], tmp_path: Path):
    out = tmp_path / "out"
    export(Order(corpora["path"], SWIFT), out)
    before = tree(out)
    with pytest.raises(CorpusError, match="--force"):
        export(Order(corpora["path"], FORMATS["llava"]), out)
    assert tree(out) == before
    export(Order(corpora["path"], FORMATS["llava"]), out, force=True)
    assert not (out / "train.jsonl").exists()
    assert (out / "train.json").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_is_no_export_is_never_replaced(corpora: dict[str, Path], tmp_path: Path):
    with pytest.raises(CorpusError, match="remove it yourself"):
        export(Order(corpora["path"], SWIFT), corpora["embed"], force=True)
    assert (corpora["embed"] / "build.json").exists()
    (tmp_path / "link").symlink_to(corpora["embed"])
    with pytest.raises(CorpusError, match="remove it yourself"):
        export(Order(corpora["path"], SWIFT), tmp_path / "link", force=True)


def test_a_failed_export_leaves_the_old_one(corpora: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    out = tmp_path / "out"
    export(Order(corpora["path"], SWIFT), out)
    before = tree(out)
    monkeypatch.setattr("t4s_data.corpus.folder.put_in_place", broken)
    with pytest.raises(OSError, match="disk"):
        export(Order(corpora["path"], SWIFT), out, force=True)
    assert tree(out) == before


def broken(*_: object, **__: object) -> None:
    raise OSError("disk")


def test_rows_are_read_as_they_are_needed(corpora: dict[str, Path], tmp_path: Path):
    first = "data/refcoco/train-00000-of-00001.parquet"
    stream = read_examples(corpora["path"], [first, "data/absent.parquet"], Pictures(tmp_path))
    assert [next(stream).id for _ in range(12)][-1] == "refcoco/train/11#0"
    with pytest.raises(CorpusError, match=r"absent\.parquet"):
        next(stream)


def test_a_folder_that_is_no_corpus_is_told(tmp_path: Path):
    with pytest.raises(CorpusError, match=r"build\.json"):
        export(Order(tmp_path, SWIFT), tmp_path / "out")
    assert not (tmp_path / "out").exists()


Change = Callable[[Row], object]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda row: row.images.clear(), "1 <image> in its turns and 0 images"),
        (lambda row: row.messages.pop(), "do not take turns: user"),
        (lambda row: row.messages.reverse(), "do not take turns: assistant, user"),
        (lambda row: setattr(row.images[0], "path", None), "neither bytes nor a path"),
    ],
)
def test_a_row_that_no_trainer_takes_is_an_error(
    change: Change, said: str, small: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with pytest.raises(CorpusError, match=said):
        export(Order(changed(change, small, tmp_path, monkeypatch), SWIFT), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def add_system(row: Row) -> None:
    row.messages.insert(0, Turn("system", "Be brief."))


@pytest.mark.parametrize("name", ["ms-swift", "llama-factory", "internvl", "trl"])
def test_a_system_turn_is_kept(name: str, small: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    export(Order(changed(add_system, small, tmp_path, monkeypatch), FORMATS[name]), tmp_path / "out")
    written = tmp_path / "out" / FORMATS[name].file("train")
    text = str(pq.read_table(written).to_pylist()) if written.suffix == ".parquet" else written.read_text()
    assert "Be brief." in text


@pytest.mark.parametrize("name", ["llava", "qwen-vl"])
def test_a_system_turn_is_refused_where_it_would_be_another_s(
    name: str, small: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with pytest.raises(CorpusError, match="'refcoco/train/0#0' has a system turn"):
        export(Order(changed(add_system, small, tmp_path, monkeypatch), FORMATS[name]), tmp_path / "out")


def test_several_images_go_where_there_is_room_for_them(
    small: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def double(row: Row) -> None:
        row.images *= 2
        row.messages[0] = Turn("user", "<image><image>\nWhere?")

    corpus = changed(double, small, tmp_path, monkeypatch)
    export(Order(corpus, SWIFT), tmp_path / "swift")
    assert len(records(tmp_path / "swift")[0]["images"]) == 2
    with pytest.raises(CorpusError, match="has 2 images"):
        export(Order(corpus, FORMATS["llava"]), tmp_path / "llava")


def changed(change: Change, small: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A corpus of one row with something changed in it."""
    make = small.make_row

    def make_changed(*args: Any, **options: Any) -> Row:
        row = make(*args, **options)
        change(row)
        return row

    monkeypatch.setattr(small, "make_row", make_changed)
    return small.write_corpus(tmp_path / "corpus", {("refcoco", "train"): 1})


def test_rows_stand_in_the_order_that_answers_without_ids_are_paired_in(corpora: dict[str, Path]):
    corpus = corpora["path"]
    for split, shards in shards_of(read_build(corpus), Selection()).items():
        exported = [example.id for example in read_examples(corpus, shards, Pictures(corpus, ""))]
        assert exported == list(read_ids(find_shards(corpus, [split], [])))


@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)
def test_marks_of_models_in_an_older_corpus_are_neutralized_and_counted(
    form: Any, corpora: dict[str, Path], tmp_path: Path
):
    older = tmp_path / "older"
    shutil.copytree(corpora["path"], older)
    shard = next(older.glob("data/refcoco/train-*.parquet"))
    table = pq.read_table(shard)
    rows = table.to_pylist()
    rows[0]["messages"][-1]["content"] += " </s> [THINK] <img><unused7>"
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), shard)
    plain = export(Order(corpora["path"], form), tmp_path / "plain")
    done = export(Order(older, form), tmp_path / "out")
    assert (plain.reserved, done.reserved) == (0, 4)
    path = tmp_path / "out" / form.file("train")
    text = str(pq.read_table(path).to_pylist()) if path.suffix == ".parquet" else path.read_text()
    assert not any(mark in text for mark in ("</s>", "[THINK]", "<img>", "<unused7>"))
    assert "<seg>" in text
    assert "4 texts that models read as marks were neutralized" in (tmp_path / "out/README.md").read_text()
