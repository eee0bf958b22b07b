"""`t4s init` writes a recipe that builds at once, and writes over nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from datasets import load_dataset

from pipelines.cli import main

EXPORTS = ("cityscapes", "cvat-masks", "cvat-polygons", "label-studio", "labelme2coco", "mask-modes", "roboflow")
QUICK = ("roboflow", "mask-modes")


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ending:
        main([str(argument) for argument in arguments])
    return int(str(ending.value.code))


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in EXPORTS]
)
def test_a_real_export_builds_from_its_recipe_and_loads(real: Path, tmp_path: Path, name: str) -> None:
    root, recipe, out = real / "exports" / name, tmp_path / "recipe.toml", tmp_path / "out"
    assert run("init", root, "--out", recipe) == 0
    assert run("build", recipe, "--data-root", root, "--out", out) == 0
    rows = load_dataset(str(out), split="train", cache_dir=str(tmp_path / "cache"))
    assert len(rows) == {"mask-modes": 10, "cvat-polygons": 6}.get(name, 3)
    for row in rows:
        assert row["regions"]
        if name != "cvat-polygons":
            assert row["images"][0].size == (row["width"], row["height"])


def test_the_recipe_is_printed_and_what_was_found_is_said_beside_it(
    real: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = tmp_path / "figures.json"
    assert run("init", real / "exports/cvat-masks", "--json", figures) == 0
    printed = capsys.readouterr()
    assert 'crowd = "use"  # 15 of 15 masks say iscrowd' in printed.out
    assert "CVAT's COCO export\n  instances_default.json is there" in printed.err
    assert json.loads(figures.read_text())["recipe"] == printed.out


def test_a_recipe_is_never_written_over(real: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = tmp_path / "mine.toml"
    recipe.write_text("precious")
    assert run("init", real / "exports/roboflow", "--out", recipe) == 2
    assert recipe.read_text() == "precious"
    assert "is there already" in capsys.readouterr().err


def test_an_empty_folder_is_an_error_that_says_what_was_looked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("init", tmp_path) == 1
    assert "nothing here that can be built from: neither a COCO file" in capsys.readouterr().err
