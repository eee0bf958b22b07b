from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from t4s_data.errors import DataError, RecipeError
from t4s_data.leaks.identity import identity
from t4s_data.leaks.protected import hold_out, images_of, protected_parts, read_ids
from t4s_data.recipe.parts import parts_of
from t4s_data.recipe.spec import Recipe

REFCOCO = {"name": "refcoco", "splits": ["train"]}


def recipe(**holdout: object) -> Recipe:
    return Recipe.model_validate({"name": "x", "source": [REFCOCO], "holdout": {"mode": "drop", **holdout}})


def test_by_default_the_val_and_test_splits_that_are_there(world: Path):
    names = [part.name for part in protected_parts(recipe(), world)]
    assert names == [
        "refcoco/unc-val", "refcoco/unc-testA", "refcoco/unc-testB", "refcoco+/unc-val", "refcoco+/unc-testA",
        "refcoco+/unc-testB", "refcocog/umd-val", "refcocog/umd-test", "refclef/unc-val", "refclef/unc-testA",
        "refclef/unc-testB", "refclef/unc-testC", "rrsis-d/unc-val", "rrsis-d/unc-test",
    ]  # fmt: skip


def test_named_splits_alone(world: Path):
    found = protected_parts(recipe(protect=["refcocog/google-val", "refcoco/unc-testA", "refcoco+/val"]), world)
    assert [part.name for part in found] == ["refcocog/google-val", "refcoco/unc-testA", "refcoco+/unc-val"]


@pytest.mark.parametrize("name", ["refcoco/unc-nowhere", "nothing/val", "refcoco/umd-val"])
def test_a_split_that_no_source_has_is_named(name: str, world: Path):
    with pytest.raises(RecipeError, match=f"holdout.protect: '{name}'"):
        protected_parts(recipe(protect=[name]), world)


def test_a_named_split_whose_files_are_absent_is_named(world: Path):
    with pytest.raises(DataError, match="grefcoco/unc-val: not found"):
        protected_parts(recipe(protect=["grefcoco/unc-val"]), world)


def test_a_split_s_images_are_those_of_its_refs(world: Path):
    part = protected_parts(recipe(protect=["refcoco/unc-val"]), world)[0]
    instances = json.loads((world / "refer_seg/refcoco/instances.json").read_text())
    names = {image["id"]: image["file_name"] for image in instances["images"]}
    found, objects = images_of(part)
    assert found
    assert objects <= {annotation["id"] for annotation in instances["annotations"]}
    assert found <= set(names)
    assert all(identity(names[image]) == image for image in found)


def test_images_of_files_are_held_under_their_names(world: Path, tmp_path: Path):
    (tmp_path / "mine.txt").write_text("581857  # the cup\n\nmine/a.jpg\nCOCO_train2014_000000000009.jpg\n")
    (tmp_path / "ids.json").write_text(json.dumps({"val": [1, 9], "test": ["000000000002.jpg"]}))
    (tmp_path / "list.json").write_text("[3]")
    held = hold_out([], [tmp_path / name for name in ("mine.txt", "ids.json", "list.json")], None).images
    assert held.names == ("mine", "ids/val", "ids/test", "list")
    assert held.splits_of(9) == ("mine", "ids/val")
    assert held.splits_of(581857) == held.splits_of(identity("mine/a.jpg")) == ("mine",)
    assert held.splits_of(2) == ("ids/test",)
    assert len(held) == 6


@pytest.mark.parametrize(
    ("text", "message"),
    [("[1, null]", r"list\[1\]: expected a COCO image id"), ('{"a": 1}', "a: expected a list"), ("[1", "not JSON"),
     ("[-1]", r"list\[0\]"), ("[true]", r"list\[0\]")],
)  # fmt: skip
def test_other_files_are_refused(tmp_path: Path, text: str, message: str):
    path = tmp_path / "ids.json"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        list(read_ids(path))


def test_a_recipe_s_own_validation_split_is_protected(world: Path):
    own = Recipe.model_validate(
        {"name": "x", "source": [{"name": "refcocog", "split_by": "google", "splits": ["val"]}]}
    )
    assert protected_parts(own, world)[0].name == "refcocog/google-val"
    assert parts_of(own, world)[0].name == "refcocog/google-val"


def test_a_list_of_images_is_a_regular_file_of_bounded_size(tmp_path: Path, monkeypatch):
    fifo = tmp_path / "ids.txt"
    os.mkfifo(fifo)
    with pytest.raises(DataError, match="not a regular file"):
        list(read_ids(fifo))
    long = tmp_path / "long.txt"
    long.write_text("7\n" * 100)
    monkeypatch.setattr("t4s_data.leaks.protected.MAX_IDS_BYTES", 100)
    with pytest.raises(DataError, match=r"long\.txt has 200 bytes, 100 allowed"):
        list(read_ids(long))


@pytest.mark.parametrize("text", ['{"a": [1], "a": [2]}', "[1, NaN]", "[" * 100_000])
def test_a_list_of_images_in_json_that_contradicts_itself_is_refused(tmp_path: Path, text):
    path = tmp_path / "ids.json"
    path.write_text(text)
    with pytest.raises(DataError, match=r"ids\.json"):
        list(read_ids(path))
