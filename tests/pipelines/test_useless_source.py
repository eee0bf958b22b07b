"""A source without a usable record beside a good one costs nothing but itself; part of COCO is nothing wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines.build import RunOptions, build
from t4s_data.build.assembly import Assembly
from t4s_data.recipe.check import Depth, inspect
from t4s_data.recipe.parts import parts_of
from t4s_data.recipe.spec import Recipe

IMAGE = {"id": 7, "file_name": "7.jpg", "height": 20, "width": 30}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for split, things in (
        ("bad", []),
        ("train2017", [{"id": 1, "image_id": 7, "category_id": 1, "segmentation": [[1, 1, 9, 1, 9, 9]]}]),
    ):
        path = tmp_path / f"coco/annotations/instances_{split}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        body = {"images": [IMAGE], "annotations": things, "categories": [{"id": 1, "name": "cat"}]}
        path.write_text(json.dumps(body))
    return tmp_path


def test_part_of_coco_is_right(root: Path):
    (part,) = parts_of(
        Recipe.model_validate({"name": "x", "source": [{"name": "coco-instances", "splits": ["train2017"]}]}), root
    )
    assert inspect(part, Depth(images=False), needed=True).verdict == "right"


def test_a_source_without_usable_records_has_its_line_in_the_card(root: Path, world: Path):
    (root / "refer_seg").symlink_to(world / "refer_seg")
    sources = [{"name": "coco-instances", "splits": ["bad"]}, {"name": "refcoco", "limit": 4}]
    recipe = Recipe.model_validate({"name": "x", "images": {"mode": "path"}, "source": sources})
    assembly = Assembly(recipe, "0" * 64, parts_of(recipe, root), "t4s build")
    record = build(assembly, root / "out", RunOptions(), progress=lambda _: None)
    assert [account.used > 0 for account in record.accounts] == [False, True]
    assert "Any data set in COCO instances format" in (root / "out/README.md").read_text()
