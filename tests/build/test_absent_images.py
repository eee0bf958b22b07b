"""Rows of paths to images that nobody has are built only where somebody asked for paths."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image as Pillow

from t4s_data.build.blocks import read_index
from t4s_data.build.steps import stage_parts
from t4s_data.build.work import Work
from t4s_data.errors import DataError
from t4s_data.recipe.parts import parts_of
from t4s_data.recipe.spec import ImagesSpec, Recipe

SOURCE = {"name": "coco-instances", "root": "mine"}


def write(root: Path) -> None:
    names = ("a.jpg", "b.jpg")
    images = [{"id": n, "file_name": name, "height": 8, "width": 9} for n, name in enumerate(names)]
    things = [{"id": n, "image_id": n, "category_id": 1, "segmentation": [[1, 1, 5, 1, 5, 4]]} for n in range(2)]
    path = root / "mine/annotations/instances_train.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"images": images, "annotations": things, "categories": [{"id": 1, "name": "mug"}]}))


def stage(root: Path, recipe: Recipe) -> int:
    parts, work = parts_of(recipe, root), Work(root / "work")
    stage_parts(parts, work)
    return sum(block.records for block in read_index(work.blocks(parts[0])) or ())


def test_without_any_image_the_default_does_not_count_as_path(tmp_path: Path) -> None:
    write(tmp_path)
    recipe = Recipe.model_validate({"name": "x", "source": [SOURCE]})
    for _ in range(2):  # What was begun is not gone on with.
        with pytest.raises(DataError) as error:
            stage(tmp_path, recipe)
        assert f"none of its 2 images is there; looked for {tmp_path}/mine/train/a.jpg" in str(error.value)
        assert '`mode = "path"` in [images], or --images path' in str(error.value)
    Pillow.new("RGB", (9, 8)).save(tmp_path / "mine/b.jpg")
    assert stage(tmp_path, recipe) == 2


def test_path_in_so_many_words_is_enough(tmp_path: Path) -> None:
    write(tmp_path)
    recipe = Recipe.model_validate({"name": "x", "source": [SOURCE], "images": {"mode": "path"}})
    assert stage(tmp_path, recipe) == 2
    # What the command line does to a recipe that says nothing.
    said = Recipe.model_validate({"name": "x", "source": [SOURCE]}).model_copy(
        update={"images": ImagesSpec(mode="path")}
    )
    assert stage(tmp_path, said) == 2


def test_embedding_quarantines_each_record_instead(tmp_path: Path) -> None:
    write(tmp_path)
    assert stage(tmp_path, Recipe.model_validate({"name": "x", "source": [SOURCE], "images": {"mode": "embed"}})) == 2
