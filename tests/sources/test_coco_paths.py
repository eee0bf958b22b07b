"""Annotations and images are found where tools write them, or where the recipe says; never one file for two splits."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow

from t4s_data.errors import DataError
from t4s_data.recipe.parts import parts_of
from t4s_data.recipe.spec import Recipe
from t4s_data.sources.source import Source

SQUARE = [[1, 1, 5, 1, 5, 4, 1, 4]]
Reader = Callable[..., Source]


def write(path: Path, *names: str, images: str | None = None, **keys: Any) -> None:
    """A COCO file with one object on each image, and the images in a folder beside the root."""
    path.parent.mkdir(parents=True, exist_ok=True)
    listed = [{"id": number, "file_name": name, "height": 8, "width": 9} for number, name in enumerate(names)]
    things = [
        {"id": number, "image_id": number, "category_id": 1, "segmentation": SQUARE, "iscrowd": 0}
        for number, _ in enumerate(names)
    ]
    body = {"images": listed, "annotations": things, "categories": [{"id": 1, "name": "mug"}]}
    path.write_text(json.dumps(body | keys))
    for name in names if images is not None else ():
        target = path.parent / (images or "") / name
        target.parent.mkdir(parents=True, exist_ok=True)
        Pillow.new("RGB", (9, 8)).save(target)


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    """The reader of one split, as a recipe with these keys has it."""

    def open_part(split: str = "train", data_root: Path = tmp_path, **keys: Any) -> Source:
        source = {"name": "coco-instances", "root": ".", "splits": [split], **keys}
        (part,) = parts_of(Recipe.model_validate({"name": "x", "source": [source]}), data_root)
        return part.open()

    return open_part


def paths(source: Source) -> list[str | None]:
    return [entry.image for entry in source.entries()]


LAYOUTS = {
    "COCO": ("day", "annotations/instances_day.json", "../day", "day/a.jpg"),
    "Datumaro": ("day", "annotations/instances_day.json", "../images/day", "images/day/a.jpg"),
    "CVAT as train": ("train", "annotations/instances_default.json", "../images/default", "images/default/a.jpg"),
    "CVAT without a subset": ("default", "annotations/instances_default.json", "../images", "images/a.jpg"),
    "Roboflow": ("valid", "valid/_annotations.coco.json", "", "valid/a.jpg"),
    "Roboflow undivided": ("train", "_annotations.coco.json", "", "a.jpg"),
    "Supervisely": ("ds1", "ds1/annotations/instances.json", "../images", "ds1/images/a.jpg"),
    "Label Studio": ("train", "result.json", "images", "images/a.jpg"),
    "labelme2coco": ("train", "dataset.json", "", "a.jpg"),
    "labelme2coco of VOC": ("train", "annotations.json", "JPEGImages", "JPEGImages/a.jpg"),
    "one folder of images": ("day", "day.json", "images", "images/a.jpg"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_of_tools_are_found_without_being_told(tmp_path: Path, reader: Reader, layout: str) -> None:
    split, file, images, expected = LAYOUTS[layout]
    write(tmp_path / file, "a.jpg", images=images)
    assert reader(split).inputs() == [tmp_path / file]
    assert paths(reader(split)) == [expected]


@pytest.mark.parametrize(
    ("tool", "split", "folder"),
    [
        ("roboflow", "train", "train"),
        ("cvat-masks", "train", "images/default"),
        ("labelme2coco", "train", ""),
        ("label-studio", "train", "images"),
    ],
)
def test_every_image_of_a_real_export_is_where_its_record_says(
    real: Path, reader: Reader, tool: str, split: str, folder: str
) -> None:
    root = real / "exports" / tool
    found = paths(reader(split, data_root=root, crowd="use"))
    assert len(found) == 3
    for path in found:
        assert path is not None
        assert (root / path).is_file()
        assert path.rpartition("/")[0] == folder


def test_the_recipe_says_where_files_lie(tmp_path: Path, reader: Reader) -> None:
    write(tmp_path / "labels/night.json", "a.jpg", images="../photos/night")
    keys = {"annotations": "labels/{split}.json", "images": "photos/{split}"}
    assert paths(reader("night", **keys)) == ["photos/night/a.jpg"]
    # What the recipe names is never replaced by what happens to be there.
    assert paths(reader("night", **keys | {"images": "."})) == ["a.jpg"]


def test_files_of_a_pattern_are_read_in_sorted_order_and_told_apart(tmp_path: Path, reader: Reader) -> None:
    for name in ("b", "a", "c/d"):
        write(tmp_path / f"jobs/{name}/result.json", f"{name[-1]}.jpg", images="images")
    source = reader(annotations="jobs/**/result.json")
    assert [path.parent.name for path in source.inputs()] == ["a", "b", "d"]
    entries = list(source.entries())
    assert [entry.keys for entry in entries] == [("a/result/0",), ("b/result/0",), ("c/d/result/0",)]
    assert [entry.image for entry in entries] == [
        "jobs/a/images/a.jpg",
        "jobs/b/images/b.jpg",
        "jobs/c/d/images/d.jpg",
    ]


def test_a_pattern_that_nothing_matches_is_an_absent_file(tmp_path: Path, reader: Reader) -> None:
    (absent,) = reader(annotations="jobs/*.json").inputs()
    assert absent == tmp_path / "jobs/*.json"


def test_a_file_that_names_no_split_is_the_split_train_and_no_other(tmp_path: Path, reader: Reader) -> None:
    write(tmp_path / "result.json", "a.jpg")
    assert reader().inputs() == [tmp_path / "result.json"]
    with pytest.raises(DataError, match=r"result\.json: not divided into splits.* asks for 'val'"):
        reader("val").inputs()
    assert reader("val", annotations="result.json").inputs() == [tmp_path / "result.json"]


def test_two_files_that_could_be_meant_are_named(tmp_path: Path, reader: Reader) -> None:
    for name in ("result.json", "dataset.json"):
        write(tmp_path / name, "a.jpg")
    with pytest.raises(DataError, match=r"result\.json and dataset\.json: either may be meant.*annotations"):
        reader().inputs()
    write(tmp_path / "annotations/instances_train.json", "a.jpg")
    assert reader().inputs() == [tmp_path / "annotations/instances_train.json"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("/home/me/images/a.jpg", "is absolute; write what stands behind the folder of images, perhaps 'a.jpg'"),
        ("C:\\photos\\a.jpg", "is absolute; write what stands behind the folder of images, perhaps 'a.jpg'"),
        ("https://server/a.jpg", "is absolute; write what stands behind the folder of images, perhaps 'a.jpg'"),
        ("images\\a.jpg", "has backslashes; write 'images/a.jpg'"),
        ("../raw/a.jpg", "leaves the folder; write 'raw/a.jpg' and put the image there"),
        ("./a.jpg", "has an empty part; write 'a.jpg'"),
    ],
)
def test_names_that_no_other_machine_can_read_are_told_how_to_mend(
    tmp_path: Path, reader: Reader, name: str, message: str
) -> None:
    write(tmp_path / "result.json", name, "b.jpg")
    reject, entry = reader().entries()
    assert (reject.reason, entry.keys) == ("bad-type", ("1",))
    assert message in reject.detail


def lvis(root: Path) -> Path:
    """An LVIS file as github.com/lvis-dataset/lvis-api describes it: no file_name, no iscrowd, images of two splits."""
    folder = "http://images.cocodataset.org"
    images = [
        {"id": number, "coco_url": f"{folder}/{split}/{number:012d}.jpg", "height": 8, "width": 9}
        | {"neg_category_ids": [], "not_exhaustive_category_ids": []}
        for number, split in ((5, "train2017"), (3, "val2017"))
    ]
    things = [{"id": n, "image_id": n, "category_id": 1, "segmentation": SQUARE, "area": 12.0} for n in (5, 3)]
    path = root / "lvis_v1_val.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    categories = [{"id": 1, "name": "coffee_mug", "synset": "mug.n.04", "synonyms": ["mug"], "frequency": "f"}]
    path.write_text(json.dumps({"images": images, "annotations": things, "categories": categories}))
    for number, split in ((5, "train2017"), (3, "val2017")):
        (root / split).mkdir(exist_ok=True)
        Pillow.new("RGB", (9, 8)).save(root / split / f"{number:012d}.jpg")
    return path


def test_lvis_is_read_through_its_urls(tmp_path: Path, reader: Reader) -> None:
    """The rule of the `lvis` package's download(): a file is called what stands last in coco_url."""
    path = lvis(tmp_path)
    found = paths(reader("val"))
    assert found == ["train2017/000000000005.jpg", "val2017/000000000003.jpg"]
    urls = [image["coco_url"] for image in json.loads(path.read_text())["images"]]
    assert [Path(str(name)).name for name in found] == [url.split("/")[-1] for url in urls]
    assert all((tmp_path / str(name)).is_file() for name in found)


def test_lvis_beside_a_folder_of_coco_images(tmp_path: Path, reader: Reader) -> None:
    lvis(tmp_path / "lvis")
    for split in ("train2017", "val2017"):
        (tmp_path / "coco").mkdir(exist_ok=True)
        (tmp_path / "lvis" / split).rename(tmp_path / "coco" / split)
    keys = {"annotations": "lvis/lvis_v1_{split}.json", "images": "coco"}
    assert paths(reader("val", **keys)) == ["coco/train2017/000000000005.jpg", "coco/val2017/000000000003.jpg"]


def test_an_image_without_any_name_is_rejected(tmp_path: Path, reader: Reader) -> None:
    write(tmp_path / "result.json", "a.jpg")
    path = tmp_path / "result.json"
    path.write_text(path.read_text().replace('"file_name"', '"name"'))
    (reject,) = reader().entries()
    assert (reject.reason, reject.detail) == ("bad-type", "the image has neither file_name nor coco_url")
