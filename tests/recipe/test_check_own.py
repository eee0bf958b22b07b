"""A check of own data opens what a build would open, and names file and row of everything it finds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from pipelines.cli import main
from t4s_data.recipe.check import Depth, Inspection, inspect
from t4s_data.recipe.parts import parts_of
from t4s_data.recipe.spec import Recipe


def save(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.fromarray(np.asarray(value, dtype=np.uint8)).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Images and masks in which every kind of fault stands once, among 40 good rows."""
    root = tmp_path / "data"
    spot = np.zeros((6, 9))
    spot[2:4] = 255
    for name in ("good", "large", "colors", "empty"):
        save(root / f"train/images/{name}.jpg", np.zeros((6, 9, 3)))
    save(root / "train/masks/good.png", spot)
    save(root / "train/masks/large.png", spot.T)
    save(root / "train/masks/colors.png", np.stack([spot, 0 * spot, 0 * spot], axis=-1))
    save(root / "train/masks/empty.png", 0 * spot)
    (root / "train/images/broken.jpg").write_bytes(b"no image")
    save(root / "train/masks/broken.png", spot)
    names = ["good", "large", "colors", "empty", "broken", "absent", *["good"] * 39]
    (root / "train/records.csv").write_text("image,label\n" + "".join(f"{name}.jpg,x\n" for name in names))
    return root


def checked(root: Path, depth: Depth, **source: Any) -> Inspection:
    recipe = {"name": "x", "source": [{"root": ".", **source}], "images": {"mode": "embed"}}
    (part,) = parts_of(Recipe.model_validate(recipe), root)
    return inspect(part, depth, needed=True)


def test_what_a_build_would_stumble_over_is_named_with_file_and_row(folder: Path) -> None:
    found = checked(folder, Depth(records=0), name="mask-folder")
    assert found.verdict == "wrong"
    said = {reject.key: (reject.reason, reject.detail) for reject in found.unusable}
    assert {key: reason for key, (reason, _) in said.items()} == {
        "large-0": "size-mismatch",
        "colors-0": "bad-mask",
        "empty-0": "empty-mask",
        "broken-0": "image-unreadable",
        "absent-0": "image-missing",
    }
    for row, key in enumerate(said, 3):
        assert f"(records.csv line {row})" in said[key][1] or key == "absent-0"
    assert f"there is no {folder}/train/images/absent.jpg" in said["absent-0"][1]
    assert any(
        "size-mismatch: 1 record large-0: large.jpg is 9 x 6, its mask is 6 x 9" in one.what for one in found.problems
    )


def test_the_command_writes_all_of_it_as_json(folder: Path, tmp_path: Path) -> None:
    recipe, figures = tmp_path / "r.toml", tmp_path / "f.json"
    recipe.write_text('name = "x"\n[images]\nmode = "embed"\n[[source]]\nname = "mask-folder"\nroot = "."\n')
    with pytest.raises(SystemExit) as ending:
        main(["check", str(recipe), "--data-root", str(folder), "--json", str(figures)])
    assert ending.value.code == 1
    (split,) = json.loads(figures.read_text())["splits"]
    assert len(split["unusable"]) == 5
    assert set(split["unusable"][0]) == {"key", "reason", "detail"}


def test_images_that_are_embedded_are_decoded(folder: Path) -> None:
    images = [
        {"id": n, "file_name": f"{name}.jpg", "height": 6, "width": 9} for n, name in enumerate(("good", "broken"))
    ]
    polygon = [[1, 1, 5, 1, 5, 4, 1, 4]]
    things = [{"id": n, "image_id": n, "category_id": 1, "segmentation": polygon} for n in range(2)]
    body = {"images": images, "annotations": things, "categories": [{"id": 1, "name": "mug"}]}
    (folder / "result.json").write_text(json.dumps(body))
    keys = {"name": "coco-instances", "annotations": "result.json", "images": "train/images"}
    (reject,) = checked(folder, Depth(), **keys).unusable
    assert (reject.key, reject.reason) == ("1", "image-unreadable")


def test_a_recipe_that_says_path_needs_no_images(tmp_path: Path) -> None:
    things = [{"id": 1, "image_id": 1, "category_id": 1, "segmentation": [[1, 1, 5, 1, 5, 4, 1, 4]]}]
    images = [{"id": 1, "file_name": "a.jpg", "height": 6, "width": 9}]
    body = {"images": images, "annotations": things, "categories": [{"id": 1, "name": "mug"}]}
    (tmp_path / "result.json").write_text(json.dumps(body))
    source = {"name": "coco-instances", "root": ".", "annotations": "result.json"}
    for images_mode, verdict in (({"mode": "path"}, "right"), ({}, "wrong")):
        recipe = Recipe.model_validate({"name": "x", "source": [source], "images": images_mode})
        found = inspect(parts_of(recipe, tmp_path)[0], Depth(), needed=True)
        assert (found.verdict, found.found.images_absent) == (verdict, 1)


def test_samples_are_spread_evenly(folder: Path) -> None:
    rows = "".join(f"{name}.jpg,x\n" for name in ["good", "large"] * 50)
    (folder / "train/records.csv").write_text("image,label\n" + rows)
    assert len(checked(folder, Depth(records=0), name="mask-folder").unusable) == 50
    assert 0 < len(checked(folder, Depth(records=33), name="mask-folder").unusable) < 33
