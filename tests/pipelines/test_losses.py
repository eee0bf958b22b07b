"""A build that loses too much of a split fails, leaves nothing at OUT, and lists what it lost."""

from __future__ import annotations

import json
import os
import pickle
from hashlib import sha256
from pathlib import Path

import pytest

from pipelines.cli import main
from t4s_data.build.blocks import read_inputs
from t4s_data.build.steps import stage_parts
from t4s_data.build.work import Work
from t4s_data.errors import DataError
from t4s_data.recipe.files import read_recipe
from t4s_data.recipe.parts import parts_of

SQUARE = [[10, 10, 30, 10, 30, 30, 10, 30]]


def world(root: Path, *, good: int, lost: int, partly: int = 0, words: int = 1) -> Path:
    """Refs of three sentences each: all usable, on an image that is not there, or with one empty sentence.

    Every second usable ref says everything as many times as ``words``.
    """
    folder = root / "refer_seg/refcoco"
    folder.mkdir(parents=True)
    refs = []
    for number in range(good + lost + partly):
        texts = ["left one ", "the dog ", "" if number >= good + lost else "a thing "]
        sentences = [
            {"sent_id": 3 * number + k, "sent": text * (words if number % 2 else 1), "raw": ""}
            for k, text in enumerate(texts)
        ]
        image = 99 if good <= number < good + lost else 1
        ref = {"ref_id": number, "ann_id": 1, "image_id": image, "category_id": 1, "split": "train"}
        refs.append({**ref, "sentences": sentences})
    (folder / "refs(unc).p").write_bytes(pickle.dumps(refs, protocol=2))
    annotations = [{"id": 1, "image_id": 1, "category_id": 1, "segmentation": SQUARE}]
    images = [{"id": 1, "file_name": "1.jpg", "width": 100, "height": 80}]
    categories = [{"id": 1, "name": "dog"}]
    whole = {"images": images, "annotations": annotations, "categories": categories}
    (folder / "instances.json").write_text(json.dumps(whole))
    return root


def build(data: Path, out: Path, quarantine: str = "", *more: str) -> int:
    recipe = data / "recipe.toml"
    recipe.write_text(f'name = "lossy"\n{quarantine}\n[images]\nmode = "path"\n[[source]]\nname = "refcoco"\n')
    with pytest.raises(SystemExit) as ending:
        main(["build", str(recipe), "--data-root", str(data), "--out", str(out), *more])
    return int(str(ending.value.code))


def test_a_build_that_loses_too_much_fails_and_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    data, out = world(tmp_path / "data", good=100, lost=20), tmp_path / "out"
    assert build(data, out) == 1
    said = capsys.readouterr().err
    assert "refcoco/unc-train: 20 of 120 images, refs or conversations (16.7%) cannot be used; 1.0% may be lost" in said
    assert "unknown-image: 60 records, for example 100-300: " in said
    assert not out.exists()
    listed = (tmp_path / "out.work/quarantine/refcoco.jsonl").read_text().splitlines()
    assert [json.loads(line)["key"] for line in listed][:2] == [
        "refcoco/unc-train/100-300",
        "refcoco/unc-train/100-301",
    ]
    assert len(listed) == 60


def test_the_recipe_says_how_much_may_be_lost_and_what_was_done_stays(tmp_path: Path):
    data, out = world(tmp_path / "data", good=100, lost=20), tmp_path / "out"
    assert build(data, out) == 1
    made = {path: path.stat().st_mtime_ns for path in (tmp_path / "out.work").glob("parts/*/*.parquet")}
    assert made
    assert build(data, out, "quarantine.max_share = 0.16") == 1
    assert made == {path: path.stat().st_mtime_ns for path in (tmp_path / "out.work").glob("parts/*/*.parquet")}
    assert build(data, out, "quarantine.max_share = 0.17") == 0
    assert len((out / "quarantine/refcoco.jsonl").read_text().splitlines()) == 60


def test_fewer_than_twenty_are_never_too_many(tmp_path: Path):
    assert build(world(tmp_path / "data", good=1, lost=19), tmp_path / "out") == 0


def test_refs_count_and_not_their_sentences(tmp_path: Path):
    # 40 of 360 sentences are lost, and no ref.
    assert build(world(tmp_path / "data", good=80, lost=0, partly=40), tmp_path / "out") == 0


def test_what_a_rule_of_the_recipe_leaves_out_is_no_loss(tmp_path: Path):
    limits = '[limits]\nanswer_tokens = 400\nover = "drop"\n'
    data, out = world(tmp_path / "data", good=60, lost=0, words=400), tmp_path / "out"
    assert build(data, out, limits) == 0
    assert (out / "left-out/refcoco.jsonl").read_text().count("too-long") == 90


def test_strict_ends_at_the_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    data = world(tmp_path / "data", good=3, lost=2)
    assert build(data, tmp_path / "out", "", "--strict") == 1
    assert "refcoco/unc-train: record 3-9: unknown-image" in capsys.readouterr().err


def test_what_was_read_after_a_change_is_not_kept_under_the_old_name(tmp_path: Path):
    data = world(tmp_path / "data", good=3, lost=0)
    refs = data / "refer_seg/refcoco/refs(unc).p"
    recipe = data / "r.toml"
    recipe.write_text('name = "r"\n[images]\nmode = "path"\n[[source]]\nname = "refcoco"\n')
    part = parts_of(read_recipe(recipe)[0], data)[0].sealed()
    before, status = refs.read_bytes(), refs.stat()
    refs.write_bytes(before + b" ")
    work = Work(tmp_path / "work")
    with pytest.raises(DataError, match="an input file changed while the corpus was built"):
        stage_parts([part], work)
    assert not work.blocks(part).exists()
    refs.write_bytes(before)
    os.utime(refs, ns=(status.st_atime_ns, status.st_mtime_ns))
    stage_parts([part], work)
    assert read_inputs(work.blocks(part))["refer_seg/refcoco/refs(unc).p"].sha256 == sha256(before).hexdigest()


def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pipelines.build.assemble", full)
    assert build(world(tmp_path / "data", good=3, lost=0), tmp_path / "out") == 1
    assert f"{tmp_path / 'out.work'}: No space left on device; what is done is kept" in capsys.readouterr().err
