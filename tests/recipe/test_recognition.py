"""A folder is taken for what it is, whoever wrote it; what cannot be read is told how to mend it."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from PIL import Image as Pillow
from pycocotools import mask as masks

from t4s_data.errors import DataError
from t4s_data.recipe.own.finding import Finding
from t4s_data.recipe.own.recognition import recognize
from t4s_data.recipe.parts import parts_of
from t4s_data.recipe.spec import Recipe
from t4s_data.sample import Entry, Sample
from t4s_data.sources.source import Source

SQUARE = [[1, 1, 5, 1, 5, 4, 1, 4]]


def outcomes(source: Source) -> list[Any]:
    """Everything that a reader makes of its split, as a build stages it."""
    found: list[Any] = []
    for item in source.entries():
        if isinstance(item, Entry):
            staged = replace(item, payload=msgspec.json.decode(msgspec.json.encode(item.payload)))
            found += source.samples(staged)
        else:
            found.append(item)
    return found


def coco(path: Path, *names: str, images: str | None = "", bare: int = 0, **changes: Any) -> None:
    """A COCO file with one object on each image but the last `bare`; the images lie in a folder beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    listed = [{"id": n, "file_name": name, "height": 8, "width": 9} for n, name in enumerate(names)]
    used = len(names) - bare
    things = [
        {"id": n, "image_id": n, "category_id": 1, "segmentation": SQUARE, "iscrowd": 0} | changes for n in range(used)
    ]
    path.write_text(json.dumps({"images": listed, "annotations": things, "categories": [{"id": 1, "name": "mug"}]}))
    for name in names if images is not None else ():
        target = path.parent / images / name
        target.parent.mkdir(parents=True, exist_ok=True)
        Pillow.new("RGB", (9, 8)).save(target)


def read(root: Path, finding: Finding) -> list[list[Sample]]:
    """What the recipe's parts read, none of it a reject."""
    recipe = Recipe.model_validate(tomllib.loads(finding.recipe("x")))
    found = [outcomes(part.open()) for part in parts_of(recipe, root)]
    assert all(isinstance(one, Sample) for part in found for one in part)
    return found


REAL = {
    "cityscapes": ("Cityscapes", "embed", 3, {"label_suffix": "_gtFine_labelIds.png", "classes": "classes.txt"}),
    "cvat-masks": ("CVAT's COCO export", "embed", 3, {"crowd": "use", "images": "images/default"}),
    "cvat-polygons": ("CVAT's COCO export", "path", 6, {"annotations": "annotations/instances_default.json"}),
    "label-studio": ("Label Studio's COCO export", "embed", 3, {"annotations": "result.json", "images": "."}),
    "labelme2coco": ("labelme2coco", "embed", 3, {"annotations": "dataset.json", "images": "."}),
    "mask-modes": ("images and masks with a table", "embed", 10, {"threshold": 128}),
    "roboflow": ("Roboflow's COCO export", "embed", 3, {"annotations": "train/_annotations.coco.json"}),
}


def test_the_table_has_every_real_export(real: Path) -> None:
    assert {path.name for path in (real / "exports").iterdir()} == set(REAL)


@pytest.mark.parametrize("name", REAL)
def test_a_real_export_is_taken_for_what_it_is_and_read_whole(real: Path, name: str) -> None:
    what, mode, records, keys = REAL[name]
    root = real / "exports" / name
    finding = recognize(root)
    assert what in finding.what
    recipe = tomllib.loads(finding.recipe(name))
    assert recipe["images"]["mode"] == mode
    (source,) = recipe["source"]
    assert keys.items() <= source.items()
    assert source["root"] == "."
    (found,) = read(root, finding)
    assert len(found) == records
    assert all((root / sample.image.path).is_file() for sample in found) == (mode == "embed")


LAYOUTS: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
    "Roboflow": (
        {"train/_annotations.coco.json": "", "valid/_annotations.coco.json": ""},
        {"annotations": "{split}/_annotations.coco.json", "images": "{split}"},
    ),
    "COCO": (
        {"annotations/instances_train2017.json": "../train2017", "annotations/instances_val2017.json": "../val2017"},
        {"annotations": "annotations/instances_{split}.json", "images": "{split}"},
    ),
    "Datumaro": (
        {"annotations/instances_train.json": "../images/train", "annotations/instances_val.json": "../images/val"},
        {"annotations": "annotations/instances_{split}.json", "images": "images/{split}"},
    ),
    "Supervisely": (
        {"train/annotations/instances.json": "../images", "val/annotations/instances.json": "../images"},
        {"annotations": "{split}/annotations/instances.json", "images": "{split}/images"},
    ),
    "by split": (
        {"labels/train.json": "../photos", "labels/val.json": "../photos"},
        {"annotations": "labels/{split}.json"},
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_splits_become_tables_of_their_own(tmp_path: Path, layout: str) -> None:
    files, keys = LAYOUTS[layout]
    for number, (file, images) in enumerate(files.items()):
        coco(tmp_path / file, *(f"{number}{n}.jpg" for n in range(2)), images=images)
    finding = recognize(tmp_path)
    train, val = tomllib.loads(finding.recipe("x"))["source"]
    assert keys.items() <= train.items()
    assert keys.items() <= val.items()
    assert (train.get("as_split"), val["as_split"]) == (None, "validation")
    assert [len(part) for part in read(tmp_path, finding)] == [2, 2]


def test_a_folder_of_another_name_is_found_by_its_json(tmp_path: Path) -> None:
    coco(tmp_path / "export/my_masks.json", "a.jpg")
    finding = recognize(tmp_path)
    assert (finding.keys["annotations"], finding.keys["images"]) == ("export/my_masks.json", "export")
    assert len(read(tmp_path, finding)[0]) == 1


def test_lvis_is_known_and_its_images_lie_in_coco_s_folders(tmp_path: Path) -> None:
    url = "http://images.cocodataset.org"
    images = [
        {"id": n, "coco_url": f"{url}/{split}/{n:012d}.jpg", "height": 8, "width": 9}
        for n, split in ((5, "train2017"), (3, "val2017"))
    ]
    things = [{"id": n, "image_id": n, "category_id": 1, "segmentation": SQUARE} for n in (5, 3)]
    body = {"images": images, "annotations": things, "categories": [{"id": 1, "name": "mug"}]}
    (tmp_path / "lvis_v1_val.json").write_text(json.dumps(body))
    for n, split in ((5, "train2017"), (3, "val2017")):
        (tmp_path / split).mkdir()
        Pillow.new("RGB", (9, 8)).save(tmp_path / split / f"{n:012d}.jpg")
    finding = recognize(tmp_path)
    assert (finding.what, finding.keys["images"], finding.splits[0].as_split) == ("LVIS", ".", "validation")
    assert len(read(tmp_path, finding)[0]) == 2


def test_without_images_the_recipe_says_path_and_why(tmp_path: Path) -> None:
    coco(tmp_path / "result.json", "a.jpg", images=None)
    text = recognize(tmp_path).recipe("x")
    assert "# No image was found: rows hold paths" in text
    assert '\nmode = "path"\n' in text


def test_images_with_nothing_to_segment_are_told_and_allowed(tmp_path: Path) -> None:
    coco(tmp_path / "result.json", *(f"{n}.jpg" for n in range(50)), bare=10)
    finding = recognize(tmp_path)
    assert "10 of 50 images have nothing to segment and are quarantined" in finding.warnings[0]
    assert tomllib.loads(finding.recipe("x"))["quarantine"]["max_share"] == 0.22


def test_what_stands_in_the_way_is_warned_of(tmp_path: Path) -> None:
    coco(tmp_path / "result.json", "/home/me/a.jpg", "b.jpg", images=None)
    warnings = recognize(tmp_path).warnings
    assert "train: 1 of 2 names of images cannot be used; t4s check says how to mend them" in warnings


def test_boxes_alone_get_no_recipe(tmp_path: Path) -> None:
    # As CVAT writes rectangles: every segmentation is there and empty.
    coco(tmp_path / "annotations/instances_default.json", "train/a.jpg", "train/b.jpg", images=None, segmentation=[])
    with pytest.raises(DataError, match=r"annotations/instances_default\.json: no annotation has a mask; boxes alone"):
        recognize(tmp_path)


def test_images_that_lie_elsewhere_are_told_before_the_build(tmp_path: Path) -> None:
    coco(tmp_path / "valid/_annotations.coco.json", "a.jpg", "b.jpg")
    (tmp_path / "valid/images").mkdir()
    (tmp_path / "valid/b.jpg").rename(tmp_path / "valid/images/b.jpg")
    (warning,) = recognize(tmp_path).warnings
    assert warning == "valid: valid: 1 of 2 images looked for are not there; b.jpg lies in valid/images"


def test_labelme2voc_lists_its_classes_from_the_background_on(tmp_path: Path) -> None:
    for folder, suffix in (("JPEGImages", "jpg"), ("SegmentationClassPNG", "png")):
        pixels(tmp_path / f"{folder}/a.{suffix}")
    (tmp_path / "SegmentationClass").mkdir()
    (tmp_path / "SegmentationClass/a.npy").write_bytes(b"")
    index = np.zeros((8, 9), dtype=np.uint8)
    index[1:4, 1:4], index[5:, 5:] = 2, 255
    Pillow.fromarray(index).save(tmp_path / "SegmentationClassPNG/a.png")
    (tmp_path / "class_names.txt").write_text("_background_\naeroplane\ntv/monitor")
    ((sample,),) = read(tmp_path, recognize(tmp_path))
    assert [(region.label, region.mask.area) for region in sample.regions] == [("tv/monitor", 9)]


def test_files_that_may_both_be_meant_are_named(tmp_path: Path) -> None:
    for job in ("a", "b"):
        coco(tmp_path / job / "result.json", "x.jpg")
    with pytest.raises(DataError, match=r"several files of the split 'train': a/result\.json, b/result\.json"):
        recognize(tmp_path)


def test_captions_are_used_where_they_are(tmp_path: Path) -> None:
    coco(tmp_path / "result.json", "a.jpg", caption="the red mug")
    finding = recognize(tmp_path)
    assert finding.keys["labels"] == "captions"
    assert read(tmp_path, finding)[0][0].query == "the red mug"


def pixels(path: Path, value: int = 1) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.new("L", (9, 8), value).save(path)


def test_a_table_with_questions_asks_for_the_task_that_takes_them(tmp_path: Path) -> None:
    for split in ("train", "val"):
        pixels(tmp_path / split / "images/a.jpg")
        pixels(tmp_path / split / "masks/a_mask.png")
        (tmp_path / split / "records.csv").write_text("Image;Question\na.jpg;Where is it?\n")
    finding = recognize(tmp_path)
    assert finding.keys["tasks"] == {"reasoning-segmentation": 1}
    assert [split.as_split for split in finding.splits] == ["train", "validation"]
    assert [len(part) for part in read(tmp_path, finding)] == [1, 1]


def test_index_pngs_with_a_list_of_classes(tmp_path: Path) -> None:
    pixels(tmp_path / "images/a.jpg")
    pixels(tmp_path / "labels/a.png")
    with pytest.raises(DataError, match=r"labels holds index PNGs, and nothing says .* classes\.txt"):
        recognize(tmp_path)
    (tmp_path / "classes.txt").write_text("1 sky\n")
    finding = recognize(tmp_path)
    assert len(read(tmp_path, finding)[0]) == 1


PRESETS = {
    "cityscapes": ("leftImg8bit/train/a/x_leftImg8bit.png", "gtFine/train/a/x_gtFine_labelIds.png", 26),
    "cityscapes-train-ids": ("leftImg8bit/val/a/x_leftImg8bit.png", "gtFine/val/a/x_gtFine_labelTrainIds.png", 13),
    "coco-stuff": ("images/val2017/x.jpg", "annotations/val2017/x.png", 2),
    "coco-stuff-train-ids": ("images/val2017/x.jpg", "annotations/val2017/x_labelTrainIds.png", 2),
    "coco-stuff-pixelmaps": ("val2017/x.jpg", "annotations/stuff_val2017_pixelmaps/x.png", 92),
    "pascal-voc": ("JPEGImages/x.jpg", "SegmentationClass/x.png", 7),
    "pascal-context-59": ("JPEGImages/x.jpg", "SegmentationClassContext/x.png", 14),
    "ade20k": ("images/training/x.jpg", "annotations/training/x.png", 1),
}
EXTRA = {
    "pascal-voc": ("ImageSets/Segmentation/train.txt", "x\n"),
    "pascal-context-59": ("ImageSets/SegmentationContext/val.txt", "x\n"),
    "ade20k": ("objectInfo150.txt", "Idx\tRatio\tTrain\tVal\tName\n1\t.1\t1\t1\twall\n"),
}


@pytest.mark.parametrize("name", PRESETS)
def test_public_data_sets_are_known_by_how_they_lie(tmp_path: Path, name: str) -> None:
    image, labels, value = PRESETS[name]
    pixels(tmp_path / image)
    pixels(tmp_path / labels, value)
    if name in EXTRA:
        path, text = EXTRA[name]
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    finding = recognize(tmp_path)
    assert finding.keys["preset"] == name
    (sample,) = read(tmp_path, finding)[0]
    assert len(sample.regions) == 1


FOREIGN = {
    "Supervisely's own format": {"meta.json": "{}", "ds/ann/a.jpg.json": "{}"},
    "Datumaro's own format": {"annotations/default.json": '{"items": [], "categories": {}}'},
    "Label Studio's own format": {"tasks.json": '[{"id": 1, "data": {}, "annotations": []}]'},
    "labelme's files": {"a.json": '{"shapes": [], "imagePath": "a.jpg"}'},
    "YOLO labels": {"data.yaml": "names: [a]\n", "labels/a.txt": "0 0 0 1 1\n"},
    "Pascal VOC boxes": {"Annotations/a.xml": "<annotation/>"},
    "nothing says what each of them shows": {"images/a.jpg": "", "masks/a.png": ""},
    "nothing here that can be built from": {"a.jpg": "", "notes.md": ""},
}


@pytest.mark.parametrize("what", FOREIGN)
def test_what_cannot_be_read_is_called_by_its_name(tmp_path: Path, what: str) -> None:
    for name, text in FOREIGN[what].items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=what):
        recognize(tmp_path)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        recognize(tmp_path / "absent")


@pytest.mark.parametrize("name", [name for name in REAL if name not in {"cityscapes", "mask-modes"}])
def test_regions_of_a_real_export_are_pycocotools(real: Path, name: str) -> None:
    root = real / "exports" / name
    finding = recognize(root)
    body = json.loads((root / finding.keys["annotations"]).read_text())
    names = {category["id"]: category["name"] for category in body["categories"]}
    (found,) = read(root, finding)
    for sample in found:
        shown = next(image for image in body["images"] if str(image["id"]) == sample.key)
        expected = []
        for one in (one for one in body["annotations"] if one["image_id"] == shown["id"] and one["segmentation"]):
            runs = masks.frPyObjects(one["segmentation"], shown["height"], shown["width"])
            runs = masks.merge(runs) if isinstance(runs, list) else runs
            expected.append((names[one["category_id"]], masks.decode(runs).tobytes()))
        drawn = [(region.label, region.mask.dense().astype("uint8").tobytes()) for region in sample.regions]
        assert sorted(drawn) == sorted(expected)
