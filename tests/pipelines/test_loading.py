"""A built corpus is what `datasets` loads: per config, per split, streaming, images decoded when embedded."""

from __future__ import annotations

from pathlib import Path

import datasets
import msgspec
import pytest
from PIL import Image

from pipelines.cli import main
from t4s_data.codecs.codec import from_name
from t4s_data.corpus.row import Row, features
from t4s_data.masks.canvas import cell_box, grid_of
from t4s_data.masks.mask import Mask


def build(*arguments: object) -> None:
    with pytest.raises(SystemExit) as ending:
        main(["build", *map(str, arguments)])
    assert ending.value.code == 0


@pytest.fixture(scope="module")
def demo(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("demo") / "corpus"
    build("demo", "--data-root", world, "--out", out)
    return out


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    datasets.disable_progress_bars()


def test_every_config_and_split_loads_with_its_type(demo: Path, tmp_path: Path):
    whole = datasets.load_dataset(str(demo), cache_dir=tmp_path)
    assert set(whole) == {"train", "validation"}
    sizes = dict.fromkeys(whole, 0)
    for name in datasets.get_dataset_config_names(str(demo)):
        loaded = datasets.load_dataset(str(demo), name, cache_dir=tmp_path)
        for split, rows in loaded.items():
            assert rows.features == features(embed=True)
            assert len(rows) > 0
            if name != "default":
                assert set(rows["source"]) == {name}
                sizes[split] += len(rows)
    assert sizes == {split: len(rows) for split, rows in whole.items()}


def test_embedded_images_are_decoded_at_their_size(demo: Path):
    for name in ("refcoco+", "rrsis-d"):
        row = next(iter(datasets.load_dataset(str(demo), name, split="train", streaming=True)))
        assert isinstance(row["images"][0], Image.Image)
        assert row["images"][0].size == (row["width"], row["height"])


def test_every_answer_decodes_to_the_grid_of_its_regions(demo: Path):
    rows = datasets.load_dataset(str(demo), split="train", streaming=True)
    for row in rows.cast_column("images", datasets.List(datasets.Image(decode=False))):
        msgspec.convert(row, Row)
        codec = from_name(row["codec"])
        decoded = codec.decode_answer(row["messages"][-1]["content"]).regions
        assert len(decoded) == len(row["regions"])
        for found, region in zip(decoded, row["regions"], strict=True):
            mask = Mask.from_rle(region["rle"], row["height"], row["width"])
            grid = grid_of(mask, codec.n).grid
            assert mask.area == region["area"]
            assert (found.label, list(found.box)) == (region["label"], region["box"])
            assert list(cell_box(grid)) == region["box"]
            assert row["task"] == "referring-comprehension" or (found.grid == grid).all()


@pytest.mark.parametrize("source", ["refcoco", "rrsis-d"])
def test_real_annotations_become_rows_with_the_words_of_the_files(source: str, real: Path, tmp_path: Path):
    splits = {"refcoco": ["train", "val", "testA", "testB"], "rrsis-d": ["val", "test"]}[source]
    recipe = tmp_path / "real.toml"
    recipe.write_text(f'name = "real"\n[images]\nmode = "path"\n[[source]]\nname = "{source}"\nsplits = {splits}\n')
    build(recipe, "--data-root", real, "--out", tmp_path / "corpus")
    rows = datasets.load_dataset(str(tmp_path / "corpus"), split="train", cache_dir=tmp_path)
    assert len(rows) == {"refcoco": 36, "rrsis-d": 3}[source]
    assert rows.features == features(embed=False)
    for row in rows:
        expression = row["regions"][0]["label"]
        question, answer = (message["content"] for message in row["messages"])
        assert question.startswith("<image>\n")
        assert expression in question
        assert f"<ref>{expression}</ref>" in answer
        assert row["images"][0]["bytes"] is None
