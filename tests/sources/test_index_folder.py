"""Index PNGs as they lie: nested folders, suffixes of their own, presets whose values mean what their sources say."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from t4s_data.errors import DataError, MissingInputError
from t4s_data.manifest.presets import PRESETS, load_preset
from t4s_data.manifest.wording import load_wording
from t4s_data.recipe.parts import parts_of
from t4s_data.recipe.spec import Recipe
from t4s_data.sample import Sample
from t4s_data.sources.source import Source

Reader = Callable[..., Source]
SHAPE = (6, 9)


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    """The reader of one split, as a recipe with these keys has it."""

    def open_part(split: str = "train", data_root: Path = tmp_path, **keys: Any) -> Source:
        tasks = {"semantic-segmentation": 1}
        source = {"name": "mask-folder", "splits": [split], "tasks": tasks, **keys}
        (part,) = parts_of(Recipe.model_validate({"name": "x", "source": [source]}), data_root)
        return part.open()

    return open_part


def save(path: Path, value: int | np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.full(SHAPE, value, dtype=np.uint8) if isinstance(value, int) else value
    Pillow.fromarray(pixels).save(path)


CITY = {"image_suffix": "_leftImg8bit.png", "label_suffix": "_gtFine_labelIds.png", "root": "."}


def test_cityscapes_as_it_lies(real: Path, reader: Reader, outcomes: Callable[[Source], list[Any]]) -> None:
    root = real / "exports/cityscapes"
    keys = {"images": "leftImg8bit/{split}", "annotations": "gtFine/{split}", **CITY}
    source = reader(data_root=root, classes="classes.txt", **keys)
    found = outcomes(source)
    assert all(isinstance(one, Sample) for one in found)
    names = ["aachen/aachen_000000_000019", "aachen/aachen_000002_000019", "bochum/bochum_000001_000019"]
    assert [one.key for one in found] == names
    classes = dict(line.split(" ", 1) for line in (root / "classes.txt").read_text().splitlines())
    for name, sample in zip(names, found, strict=True):
        ids = np.asarray(Pillow.open(root / f"gtFine/train/{name}_gtFine_labelIds.png"))
        assert sample.image.path == f"leftImg8bit/train/{name}_leftImg8bit.png"
        regions = {region.label: region.mask.dense() for region in sample.regions}
        assert set(regions) == {classes[str(value)] for value in np.unique(ids) if value}
        for value, label in classes.items():
            assert np.array_equal(regions.get(label, np.zeros(ids.shape, dtype=bool)), ids == int(value))


def test_other_products_of_cityscapes_beside_the_labels_are_no_labels(tmp_path: Path, reader: Reader) -> None:
    for product in ("labelIds", "color", "instanceIds", "labelTrainIds"):
        save(tmp_path / f"cityscapes/gtFine/train/bonn/bonn_1_gtFine_{product}.png", 26)
    save(tmp_path / "cityscapes/leftImg8bit/train/bonn/bonn_1_leftImg8bit.png", np.zeros((*SHAPE, 3), dtype=np.uint8))
    (entry,) = reader(preset="cityscapes").entries()
    assert (entry.keys, entry.payload["labels"]) == (("bonn/bonn_1",), "bonn/bonn_1_gtFine_labelIds.png")
    (sample,) = reader(preset="cityscapes").samples(entry)
    assert [region.label for region in sample.regions] == ["car"]


def test_a_list_of_classes_that_contradicts_the_preset_is_refused(real: Path, reader: Reader) -> None:
    source = reader(data_root=real / "exports/cityscapes", preset="cityscapes", root=".")
    with pytest.raises(DataError, match=r"classes\.txt: value 1 is 'person', for the preset 'cityscapes' it is None"):
        list(source.entries())


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_reads_its_layout_or_says_how_to_get_it(tmp_path: Path, reader: Reader, name: str) -> None:
    preset = load_preset(name)
    split = preset.splits[0]
    with pytest.raises(MissingInputError, match=r"not found: .*\n  how to get it:\n    "):
        reader(split, preset=name).inputs()
    at = {role: tmp_path / Path(path.format(root=preset.root, split=split)) for role, path in preset.files.items()}
    values = [*(sorted(preset.names) or [1, 150]), *preset.ignore_ids]
    ids = np.resize(np.array(values, dtype=np.uint8), (len(values), 4))
    save(at["images"] / f"deep/x{preset.image_suffix or '.jpg'}", np.zeros((*ids.shape, 3), dtype=np.uint8))
    save(at["labels"] / f"deep/x{preset.label_suffix}", np.sort(ids, axis=None).reshape(ids.shape))
    for other in preset.other_suffixes:
        save(at["labels"] / f"deep/x{other}", ids)
    if "members" in at:
        at["members"].parent.mkdir(parents=True)
        at["members"].write_text("deep/x\n")
    if "classes" in at:
        at["classes"].write_text("Idx\tRatio\tTrain\tVal\tName\n1\t.1\t1\t1\twall\n150\t.1\t1\t1\tflag\n")
    source = reader(split, preset=name)
    assert all(path.exists() for path in source.inputs())
    (entry,) = source.entries()
    (sample,) = source.samples(entry)
    assert entry.keys == ("deep/x",)
    plain = load_wording(preset.wording).called(preset.names) if preset.wording else preset.names
    labels = {region.label for region in sample.regions}
    assert labels == (set(plain.values()) or {"wall", "flag"})
    # Only the names of COCO-Stuff are written as nobody speaks.
    assert not any("-" in label for label in labels)
    assert len(labels) == (len(preset.names) or 2)


def test_presets_state_facts_with_their_source() -> None:
    counts = {name: len(load_preset(name).names) for name in PRESETS}
    assert counts == {
        "ade20k": 0,
        "cityscapes": 27,
        "cityscapes-train-ids": 19,
        "coco-stuff": 171,
        "coco-stuff-train-ids": 171,
        "coco-stuff-pixelmaps": 91,
        "pascal-context-59": 59,
        "pascal-voc": 20,
    }
    for name in PRESETS:
        preset = load_preset(name)
        assert preset.where
        assert preset.license_names or not preset.names
        assert len(set(preset.names.values())) == len(preset.names)


def test_cityscapes_values_are_those_of_its_scripts() -> None:
    labels = pytest.importorskip("cityscapesscripts.helpers.labels").labels
    ids = load_preset("cityscapes")
    assert ids.names == {label.id: label.name for label in labels if label.id >= 0 and label.category != "void"}
    assert set(ids.ignore_ids) == {label.id for label in labels if label.id >= 0 and label.category == "void"}
    trained = {label.trainId: label.name for label in labels if not label.ignoreInEval}
    assert load_preset("cityscapes-train-ids").names == trained


def test_coco_stuff_s_three_numberings_agree(real: Path) -> None:
    """stuffthingmaps are COCO's category ids less 1, pixelmaps the ids; trainIds are the rank among those used.

    COCO's own ids of things are in its panoptic file.
    """
    maps, trained = load_preset("coco-stuff").names, load_preset("coco-stuff-train-ids").names
    assert [trained[rank] for rank in range(171)] == [maps[value] for value in sorted(maps)]
    # Pairs of clsID_to_trID in tools/dataset_converters/coco_stuff164k.py of MMSegmentation.
    for value, rank in ((0, 0), (10, 10), (12, 11), (24, 23), (26, 24), (83, 73), (91, 80), (181, 170)):
        assert maps[value] == trained[rank]
    stuff = load_preset("coco-stuff-pixelmaps").names
    assert {value + 1: name for value, name in maps.items() if value >= 91} == stuff
    panoptic = json.loads((real / "coco/annotations/panoptic_train2017.json").read_text())["categories"]
    things = {one["id"]: one["name"] for one in panoptic if one["isthing"]}
    assert len(things) == 80
    assert {value + 1: name for value, name in maps.items() if value < 91} == things


def test_an_image_without_its_label_is_told_where_it_was_looked_for(tmp_path: Path, reader: Reader) -> None:
    for city in ("bonn", "ulm"):
        save(tmp_path / f"cityscapes/leftImg8bit/train/{city}/x_leftImg8bit.png", 0)
    save(tmp_path / "cityscapes/gtFine/train/bonn/x_gtFine_labelIds.png", 26)
    _, reject = reader(preset="cityscapes").entries()
    assert (reject.key, reject.reason) == ("ulm/x", "no-mask")
    assert f"there is no index PNG {tmp_path}/cityscapes/gtFine/train/ulm/x_gtFine_labelIds.png" in reject.detail


@pytest.mark.parametrize(("absent", "what"), [("images", "images"), ("labels", "index PNGs")])
def test_a_folder_in_which_nothing_ends_as_it_should_is_named(
    tmp_path: Path, reader: Reader, absent: str, what: str
) -> None:
    (tmp_path / "classes.txt").write_text("1 sky\n")
    for role in ("images", "labels"):
        save(tmp_path / f"{role}/x{'_other.png' if role == absent else '_this.png'}", 1)
    source = reader(root=".", images="images", annotations="labels", image_suffix="_this.png", label_suffix="_this.png")
    with pytest.raises(DataError, match=rf"{absent}: no {what} that end with _this\.png"):
        list(source.entries())
