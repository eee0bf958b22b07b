"""A build with a holdout, against plain sets of the ids that the annotation files hold."""

from __future__ import annotations

import json
import pickle
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipelines.build import RunOptions, build
from t4s_data.build.assembly import Assembly
from t4s_data.corpus.record import Account
from t4s_data.errors import DataError
from t4s_data.leaks.held import HeldOut
from t4s_data.leaks.holdout import Gate, Holdout
from t4s_data.leaks.identity import identity
from t4s_data.recipe.files import find_recipe, read_recipe
from t4s_data.recipe.parts import parts_of
from t4s_data.recipe.spec import HoldoutSpec
from t4s_data.sample import Entry, Reject
from t4s_data.synthetic.generate import write_world

SOURCES = ("refcoco", "refcoco+", "refcocog", "llava", "coco-panoptic")
RECIPE = """
name = "holdout"
[holdout]
{holdout}
[images]
mode = "path"
[quarantine]
max_share = 1.0
[[source]]
name = "refcoco"
[[source]]
name = "refcocog"
splits = ["train", "val"]
[[source]]
name = "llava"
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("data")
    write_world(root, scale=0.001, seed=3, sources=SOURCES, images=False)
    return root


def made(data: Path, out: Path, holdout: str, **files: Any) -> dict[str, Account]:
    """The accounts of a build with that holdout, by part."""
    out.mkdir()
    for name, content in files.items():
        (out / name.replace("_", ".")).write_text(content if isinstance(content, str) else json.dumps(content))
    path = out / "recipe.toml"
    path.write_text(RECIPE.format(holdout=holdout))
    recipe, digest = read_recipe(path)
    assembly = Assembly(recipe, digest, parts_of(recipe, data), "t4s build recipe.toml")
    record = build(assembly, out / "corpus", RunOptions(), progress=lambda _: None)
    assert str(data) not in record.to_json()
    assert str(out) not in record.to_json()
    return {f"{account.source}/{account.split}": account for account in record.accounts}


def refs(data: Path, name: str, by: str) -> list[dict[str, Any]]:
    path = data / "refer_seg" / name / f"refs({by}).p"
    return pickle.loads(path.read_bytes(), encoding="utf-8")


def images(data: Path, name: str, by: str, *splits: str) -> set[int]:
    return {ref["image_id"] for ref in refs(data, name, by) if ref["split"] in splits}


def lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


PROTECT = 'protect = ["refcoco/unc-val", "refcoco/unc-testA", "refcoco/unc-testB", "refcocog/umd-test"]'
ALLOW = 'unchecked = "allow"'


def test_dropped_records_are_exactly_those_on_held_out_images(data: Path, tmp_path: Path):
    accounts = made(data, tmp_path / "drop", f'mode = "drop"\n{PROTECT}\n{ALLOW}')
    held = images(data, "refcoco", "unc", "val", "testA", "testB") | images(data, "refcocog", "umd", "test")
    train = [ref for ref in refs(data, "refcocog", "umd") if ref["split"] == "train"]
    lost = [ref for ref in train if ref["image_id"] in held]
    assert lost
    account = accounts["refcocog/train"]
    assert account.left_out == {"holdout": sum(len(ref["sentences"]) for ref in lost)}
    assert account.read == account.used + sum(account.quarantined.values()) + account.left_out["holdout"]
    listed = lines(tmp_path / "drop/corpus/left-out/refcocog.jsonl")
    sentences = {f"{ref['ref_id']}-{sentence['sent_id']}" for ref in lost for sentence in ref["sentences"]}
    assert {line["id"].rpartition("/")[2] for line in listed if "umd-train" in line["id"]} == sentences
    assert {line["rule"] for line in listed} == {"holdout"}


def test_no_row_of_a_clean_corpus_has_a_held_out_image(data: Path, tmp_path: Path):
    made(data, tmp_path / "drop", f'mode = "drop"\n{PROTECT}\n{ALLOW}')
    held = images(data, "refcoco", "unc", "val", "testA", "testB") | images(data, "refcocog", "umd", "test")
    kept = Counter()
    for shard in sorted((tmp_path / "drop/corpus/data").glob("*/train-*.parquet")):
        for row in pq.read_table(shard, columns=["source", "images"]).to_pylist():
            kept[row["source"]] += 1
            assert not {identity(image["path"]) for image in row["images"]} & held
    assert set(kept) == {"refcoco", "refcocog", "llava"}


def test_a_protected_split_loses_nothing(data: Path, tmp_path: Path):
    accounts = made(data, tmp_path / "own", f'mode = "drop"\nprotect = ["refcoco/unc-val", "refcocog/val"]\n{ALLOW}')
    shared = images(data, "refcoco", "unc", "val") & images(data, "refcocog", "umd", "val")
    assert accounts["refcocog/val"].left_out == {}
    assert accounts["refcocog/val"].held_out["refcoco/unc-val"].images == len(shared) > 0


def test_a_report_counts_and_changes_no_row(data: Path, tmp_path: Path):
    without = made(data, tmp_path / "off", 'mode = "off"')
    report = made(data, tmp_path / "report", f'mode = "report"\n{PROTECT}')
    assert {name: account.shards for name, account in report.items()} == {
        name: account.shards for name, account in without.items()
    }
    dropped = made(data, tmp_path / "drop", f'mode = "drop"\n{PROTECT}\n{ALLOW}')
    assert {name: account.held_out for name, account in report.items()} == {
        name: account.held_out for name, account in dropped.items()
    }
    assert any(account.held_out for account in report.values())
    assert not any(account.left_out for account in report.values())


def test_objects_are_counted_apart_from_images(data: Path, tmp_path: Path):
    report = made(data, tmp_path / "report", f'mode = "report"\n{PROTECT}')
    val = [ref for ref in refs(data, "refcoco", "unc") if ref["split"] == "val"]
    targets = {ref["ann_id"] for ref in val}
    train = [ref for ref in refs(data, "refcocog", "umd") if ref["split"] == "train"]
    about = sum(len(ref["sentences"]) for ref in train if ref["ann_id"] in targets)
    assert report["refcocog/train"].held_out["refcoco/unc-val"].objects == about > 0
    assert all(found.objects <= found.records for found in report["refcocog/train"].held_out.values())
    assert not any(found.objects for found in report["llava/train"].held_out.values())


def test_visual_genome_s_images_are_looked_up_or_refused(data: Path, tmp_path: Path):
    rows = json.loads((data / "llava/llava_v1_5_mix665k.json").read_text())
    paths = [row["image"] for row in rows if str(row.get("image", "")).startswith(("gqa/", "vg/"))]
    numbers = sorted({int(Path(path).stem) for path in paths})
    held = sorted(images(data, "refcoco", "unc", "val"))
    coco = dict(zip(numbers, [held[0], None, 77], strict=False))
    records = [{"image_id": number, "coco_id": coco.get(number)} for number in numbers]
    with pytest.raises(DataError, match=r"llava/train: record \d+: \w+/.* is Visual Genome's"):
        made(data, tmp_path / "refused", 'mode = "drop"\nprotect = ["refcoco/unc-val"]')
    allowed = made(data, tmp_path / "allowed", f'mode = "drop"\nprotect = ["refcoco/unc-val"]\n{ALLOW}')
    assert allowed["llava/train"].unchecked == len(paths)
    looked = made(
        data, tmp_path / "looked", 'mode = "drop"\nprotect = ["refcoco/unc-val"]\nvg = "vg.json"', vg_json=records
    )
    more = sum(int(Path(path).stem) == numbers[0] for path in paths)
    assert looked["llava/train"].unchecked == 0
    assert looked["llava/train"].left_out["holdout"] == allowed["llava/train"].left_out["holdout"] + more > more > 0


def test_files_of_ids_are_held_out_and_named_in_the_record(data: Path, tmp_path: Path):
    own = sorted(images(data, "refcoco", "unc", "train"))[:2]
    accounts = made(data, tmp_path / "ids", 'mode = "drop"\nprotect = []\nids = ["mine.txt"]\n' + ALLOW,
                    mine_txt="\n".join(map(str, own)))  # fmt: skip
    assert accounts["refcoco/train"].held_out["mine"].images == 2
    inputs = json.loads((tmp_path / "ids/corpus/build.json").read_text())["inputs"]
    assert "recipe/mine.txt" in {entry["path"] for entry in inputs}


def test_the_gate_lets_all_else_through_as_it_is():
    spec = HoldoutSpec(mode="drop")
    holdout = Holdout(HeldOut.of({"a/val": [7]}), HeldOut.of({"a/val": [70]}))
    gate = Gate(holdout, "b/train", spec)
    name = "{:012d}.jpg"
    items = [Reject("0", "bad-type", "x"), Entry(("1",), {}, name.format(6)), Entry(("2", "3"), {}, name.format(7)),
             Entry(("4",), {}, None)]  # fmt: skip
    found = list(gate.through(items))
    assert [item for item in found if isinstance(item, Entry)] == [items[1], items[3]]
    assert [(item.key, item.reason) for item in found if isinstance(item, Reject)] == [
        ("0", "bad-type"), ("2", "holdout"), ("3", "holdout")
    ]  # fmt: skip
    assert list(Gate(holdout, "a/val", spec).through(items)) == items
    assert list(Gate(holdout, "b/train", spec.model_copy(update={"mode": "report"})).through(items)) == items


def test_the_digest_changes_with_whatever_is_held_out():
    one = Holdout(HeldOut.of({"a": [7]}), HeldOut.of({"a": []}))
    others = [
        replace(one, images=HeldOut.of({"b": [7]})), replace(one, images=HeldOut.of({"a": [8]})),
        replace(one, objects=HeldOut.of({"a": [1]})), replace(one, visual_genome={1: 2}),
    ]  # fmt: skip
    assert len({holdout.digest() for holdout in [one, *others]}) == 5
    assert one.digest() == Holdout(HeldOut.of({"a": [7]}), HeldOut.of({"a": []})).digest()


def test_the_clean_recipe_is_the_paper_s_with_another_holdout():
    recipes = [read_recipe(find_recipe(name))[0] for name in ("text4seg-pp", "text4seg-pp-clean")]
    paper, clean = (recipe.model_dump(exclude={"name", "holdout"}) for recipe in recipes)
    assert clean == paper
    assert [recipe.holdout.mode for recipe in recipes] == ["report", "drop"]
