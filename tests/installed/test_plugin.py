"""A codec, a source and an export format of another distribution, from the recipe to the trainer's file."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from t4s_data.files.images import size_of
from tests.installed.conftest import PLUGIN, run_in

TABLE = """image,width,height,left,top,right,bottom,name
a.png,40,30,0,0,20,15,left <hex> tile
a.png,40,30,20,15,40,30,right tile
b.png,16,16,4,4,12,12,middle
b.png,16,wide,4,4,12,12,broken
"""
RECIPE = """
name = "toys"
[codec]
name = "hex"
n = 8
[[source]]
name = "box-table"
[source.reader]
prefix = "the "
[[source]]
name = "refcoco"
limit = 20
codec = { name = "bsd", n = 16 }
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, plugged: Path) -> Path:
    """A recipe, its data, and the corpora `one` and `two`, built with as many workers."""
    folder = tmp_path_factory.mktemp("toys")
    run_in(folder, plugged / "t4s", "synth", "data", "--scale", "0.0002", "--source", "refcoco")
    images = folder / "data" / "boxes" / "images"
    images.mkdir(parents=True)
    for name, size in {"a.png": (40, 30), "b.png": (16, 16)}.items():
        Image.new("RGB", size, "teal").save(images / name)
    (images.parent / "train.csv").write_text(TABLE)
    (folder / "toys.toml").write_text(RECIPE)
    for out, workers in {"one": 1, "two": 2}.items():
        run_in(folder, plugged / "t4s", "build", "toys.toml", "--data-root", "data", "--out", out, "--workers", workers)
    return folder


def rows(corpus: Path) -> list[dict]:
    import pyarrow.parquet as pq

    shards = sorted(corpus.glob("data/box-table/*.parquet"))
    return [row for shard in shards for row in pq.ParquetFile(shard).read().to_pylist()]


def test_rows_are_written_by_the_codec_and_workers_change_no_byte(folder: Path):
    shards = {path.relative_to(folder / "one"): path for path in (folder / "one").rglob("*.parquet")}
    assert len(shards) == 2
    for name, path in shards.items():
        assert (folder / "two" / name).read_bytes() == path.read_bytes()
    first, second, third = rows(folder / "one")
    assert {row["codec"] for row in (first, second, third)} == {"hex-8"}
    assert first["regions"][0]["label"] == "the left (hex) tile"
    assert "<hex>f0f0f0f000000000</hex><of>the left (hex) tile</of>" in first["messages"][1]["content"]
    assert "<hex>" not in first["messages"][0]["content"]
    assert "<hex>00003c3c3c3c0000</hex><of>the middle</of>" in third["messages"][1]["content"]


def test_the_record_says_what_became_of_all_and_whose_code_it_was(folder: Path):
    build = json.loads((folder / "one" / "build.json").read_text())
    account = next(one for one in build["accounts"] if one["source"] == "box-table")
    assert (account["read"], account["used"], account["quarantined"]) == (4, 3, {"bad-type": 1})
    assert build["libraries"]["toy-plugin"] == "1.2.3"
    assert build["vocabulary"][:4] == ["<hex>", "</hex>", "<of>", "</of>"]
    described = (folder / "one" / "tokens" / "new_special_tokens.yaml").read_text()
    assert '"<of>": "start of a name"' in described
    card = (folder / "one" / "README.md").read_text()
    assert "- Hexadecimal: the cells row by row, four to a digit." in card
    assert "Table of boxes" in card


def test_lengths_are_those_of_the_texts(folder: Path, plugged: Path):
    recount = """
import sys, pyarrow.parquet as pq
from t4s_data.tokens.tokenizers import load_tokenizer
from t4s_data.codecs.codec import from_name
tokenizer = load_tokenizer("qwen2", [*from_name("hex-8").vocabulary, *from_name("bsd-16").vocabulary])
for row in pq.read_table(sys.argv[1]).to_pylist():
    assert row["answer_tokens"] == tokenizer.count(row["messages"][1]["content"]), row
    print(row["id"])
"""
    shard = next((folder / "one").glob("data/box-table/*.parquet"))
    assert len(run_in(folder, plugged / "python", "-c", recount, shard).stdout.split()) == 3


def test_check_plan_and_sources_know_the_source(folder: Path, plugged: Path):
    run_in(folder, plugged / "t4s", "plan", "toys.toml")
    (folder / "only.toml").write_text('name = "only"\n[[source]]\nname = "box-table"\n')
    checked = run_in(folder, plugged / "t4s", "check", "only.toml", "--data-root", "data")
    assert "box-table" in checked.stdout + checked.stderr
    listed = run_in(folder, plugged / "t4s", "sources", "--data-root", "data", "--json", "sources.json")
    assert "box-table" in listed.stdout + listed.stderr
    found = {one["source"]: one for one in json.loads((folder / "sources.json").read_text())["sources"]}
    assert (found["box-table"]["looks for"], found["box-table"]["found"]) == ("boxes/{split}.csv", "yes")


def test_an_audit_counts_it_against_other_codecs_and_other_rows_in_it(folder: Path, plugged: Path):
    shutil.copytree(folder / "one", folder / "audited")
    codecs = "own,hex-8,bsd-16,isd-16-rrle"
    run_in(folder, plugged / "t4s", "audit", "audited", "--codec", codecs, "--data-root", "data", "--workers", 2)
    found = json.loads((folder / "audited" / "report" / "audit.json").read_text())
    means = {
        (line["source"], line["codec"]): line["tokens"]["mean"]
        for line in found["lengths"]
        if line["text"] == "descriptor" and line["task"] == line["split"] == "*"
    }
    assert {codec for source, codec in means if source == "box-table"} == set(codecs.split(","))
    mean = sum(row["descriptor_tokens"] for row in rows(folder / "one")) / 3
    assert means["box-table", "own"] == means["box-table", "hex-8"] == pytest.approx(mean)
    assert means["refcoco", "own"] == means["refcoco", "bsd-16"] != means["refcoco", "hex-8"]
    assert (folder / "audited" / "report" / "index.html").stat().st_size > 10_000
    run_in(folder, plugged / "t4s", "verify", "audited")


def test_it_is_exported_by_the_plugged_in_format_and_by_ours(folder: Path, plugged: Path):
    export = [plugged / "t4s", "export", "one", "--source", "box-table", "--data-root", "data"]
    done = run_in(folder, *export, "--format", "pairs", "--out", "pairs")
    assert "train-on train.tsv" in done.stderr
    lines = (folder / "pairs" / "train.tsv").read_text().splitlines()
    assert len(lines) == 3
    assert "<hex>00003c3c3c3c0000</hex>" in lines[2].split("\t")[1]
    run_in(folder, *export, "--format", "ms-swift", "--out", "swift")
    assert "<hex>00003c3c3c3c0000</hex>" in (folder / "swift" / "train.jsonl").read_text()


def test_its_answers_are_decoded_scored_and_shown(folder: Path, plugged: Path):
    answers = [{"id": row["id"], "text": row["messages"][1]["content"]} for row in rows(folder / "one")]
    (folder / "answers.jsonl").write_text("".join(json.dumps(answer) + "\n" for answer in answers))
    t4s = plugged / "t4s"
    run_in(folder, t4s, "decode", "answers.jsonl", "--corpus", "one", "--out", "masks", "--strict")
    masks = sorted((folder / "masks").rglob("*.png"))
    assert [size_of(path) for path in masks] == [(40, 30), (40, 30), (16, 16)]
    scored = [t4s, "evaluate", "answers.jsonl", "--corpus", "one", "--source", "box-table", "--strict"]
    run_in(folder, *scored, "--json", "scores.json")
    group = json.loads((folder / "scores.json").read_text())["groups"][0]
    assert (group["rows"], group["ciou"], group["unreadable"]) == (3, 100.0, 0)
    run_in(folder, t4s, "show", "one", answers[0]["id"], "--out", "row.png", "--data-root", "data")


def test_work_goes_on_only_with_the_plugin_that_began_it(folder: Path, plugged: Path, tmp_path: Path):
    names = """
import sys
from pathlib import Path
from t4s_data.recipe.files import read_recipe
from t4s_data.recipe.parts import parts_of
print(*(part.fingerprint() for part in parts_of(read_recipe(Path("toys.toml"))[0], Path("data").absolute())))
"""

    def fingerprints(*path: Path) -> list[str]:
        code = "".join(f"import sys; sys.path.insert(0, {str(one)!r})\n" for one in path) + names
        return run_in(folder, plugged / "python", "-c", code).stdout.split()

    before = fingerprints()
    assert fingerprints() == before
    for name in ("toy_codec.py", "toy_source.py", "toy_export.py"):
        (tmp_path / name).write_text((PLUGIN / name).read_text())
    assert fingerprints(tmp_path) == before
    source = tmp_path / "toy_source.py"
    source.write_text(source.read_text() + "# another version\n")
    changed = fingerprints(tmp_path)
    assert (changed[0] != before[0], changed[1] == before[1]) == (True, True), "only the part that uses it"
    info = tmp_path / "toy_plugin-2.0.dist-info"
    info.mkdir()
    source.write_text((PLUGIN / source.name).read_text())
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-plugin\nVersion: 2.0\n")
    (info / "entry_points.txt").write_text(
        "[t4s_data.sources]\nbox-table = toy_source:BoxTable\n[t4s_data.codecs]\nhex = toy_codec:HexCodec\n"
    )
    assert fingerprints(tmp_path)[0] not in {before[0], changed[0]}


def test_a_corpus_is_read_where_the_plugin_is_not_installed(folder: Path, bare: Path):
    look = "import t4s_data as t4s; corpus = t4s.Corpus('one'); print(corpus['box-table/train/0#0'].masks[0].sum())"
    assert run_in(folder, bare / "python", "-c", look).stdout == "300\n"
    # What its texts mean only the codec knows.
    assert (
        "codec: no codec 'hex-8'; there are bsd-N" in run_in(folder, bare / "t4s", "verify", "one", fails=True).stderr
    )
    said = run_in(folder, bare / "t4s", "build", "toys.toml", "--data-root", "data", "--out", "none", fails=True)
    assert "toys.toml: source[1].name: no source is named 'box-table'; there are coco-panoptic, " in said.stderr
    assert "toys.toml: codec: no codec is named 'hex'; there are bsd, isd" in said.stderr
    assert not (folder / "none").exists()


@pytest.mark.parametrize(
    ("plugin", "recipe", "message"),
    [
        (
            ("[t4s_data.sources]\nbad = bad:Reader\n", "import a_library_that_is_not_there\n"),
            '[[source]]\nname = "bad"\n',
            "source 'bad' of bad-plugin 0.1 (bad:Reader) cannot be used: ModuleNotFoundError: No module named 'a_lib",
        ),
        (
            ("[t4s_data.sources]\nbad = bad:Reader\n", ""),
            '[[source]]\nname = "bad"\n',
            "source 'bad' of bad-plugin 0.1 (bad:Reader) cannot be used: AttributeError: module 'bad' has no attribute",
        ),
        (
            ("[t4s_data.sources]\nrefcoco = bad:Reader\n", "class Reader: ...\n"),
            '[[source]]\nname = "refcoco"\n',
            "source 'refcoco': the name is taken twice, by t4s-data itself and bad-plugin 0.1; uninstall one of them",
        ),
        (
            ("[t4s_data.sources]\nbad = bad:Reader\n", "class Reader: ...\n"),
            '[[source]]\nname = "bad"\n',
            "TypeError: expected a class with manifest, inputs(), entries() and samples(), found <class 'bad.Reader'>",
        ),
        (
            ("[t4s_data.sources]\nbad = bad:Reader\n", "from toy_source import BoxTable as Reader\n"),
            '[[source]]\nname = "bad"\n',
            "source 'bad': its manifest is of 'box-table'",
        ),
        (
            ("[t4s_data.codecs]\nbad = bad:Codec\n", "class Codec: ...\n"),
            '[[source]]\nname = "refcoco"\n[codec]\nname = "bad"\n',
            "codec 'bad' of bad-plugin 0.1 (bad:Codec) cannot be used: TypeError: expected a dataclass that inherits",
        ),
        (
            ("[t4s_data.codecs]\nbad = toy_codec:HexCodec\n", ""),
            '[[source]]\nname = "refcoco"\n[codec]\nname = "bad"\n',
            "codec 'hex-8', plugged in as 'bad': its name does not begin with 'bad'",
        ),
    ],
)
def test_a_plugin_that_cannot_be_used_is_told(
    plugin: tuple[str, str], recipe: str, message: str, plugged: Path, tmp_path: Path
):
    info = tmp_path / "bad_plugin-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: bad-plugin\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text(plugin[0])
    (tmp_path / "bad.py").write_text(plugin[1])
    (tmp_path / "recipe.toml").write_text(f'name = "x"\n{recipe}')
    build = ["build", "recipe.toml", "--data-root", "data", "--out", "out"]
    done = run_in(tmp_path, "env", f"PYTHONPATH={tmp_path}", plugged / "t4s", *build, fails=True)
    assert message in " ".join(done.stderr.split()), done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == 2
    assert not (tmp_path / "out").exists()


def test_two_plugins_of_one_name_are_told_by_name(folder: Path, plugged: Path, tmp_path: Path):
    info = tmp_path / "other-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text("[t4s_data.exports]\npairs = toy_export:Pairs\n")
    export = ["export", folder / "one", "--format", "pairs", "--out", "out"]
    done = run_in(tmp_path, "env", f"PYTHONPATH={tmp_path}", plugged / "t4s", *export, fails=True)
    assert "'pairs': the name is taken twice, by other 0.1 and toy-plugin 1.2.3" in " ".join(done.stderr.split())
