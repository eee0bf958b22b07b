"""COCO panoptic and COCO instances (https://cocodataset.org/#format-data)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from t4s_data.files.writing import write_whole
from t4s_data.synthetic.layouts.objects import annotation_row, head, image_row, thing_categories
from t4s_data.synthetic.layouts.streams import json_object
from t4s_data.synthetic.planted import Planted
from t4s_data.synthetic.scenes.catalog import STUFF, THINGS
from t4s_data.synthetic.scenes.scene import Scene
from t4s_data.synthetic.scenes.segments import Panoptic, panoptic
from t4s_data.synthetic.world import World, name2017


def write_panoptic(world: World) -> Planted:
    """COCO panoptic train and val."""
    planted = Planted()
    _write_split(world, "train", world.train2017(), planted)
    _write_split(world, "val", world.val2017(), planted)
    return planted


def write_instances(world: World) -> Planted:
    """COCO instances, as an example of anybody's own data in that format."""
    planted = Planted()
    _write_instances(world, "train2017", world.train2017(), planted)
    _write_instances(world, "val2017", world.val2017(), planted)
    return planted


def add_masks(world: World, split: str, scene: Scene, image_id: int) -> Panoptic:
    """The segments of a picture, whose PNG is written where it is not there yet."""
    segments = panoptic(scene)
    path = world.data_root / f"coco/annotations/panoptic_{split}2017/{image_id:012d}.png"
    if not path.exists():
        write_whole(path, segments.png)
    return segments


def _categories() -> list[dict[str, Any]]:
    return [
        {"supercategory": kind.supercategory, "isthing": int(kind.is_thing), "id": kind.id, "name": kind.name}
        for kind in (*THINGS, *STUFF.values())
    ]


def _write_split(world: World, split: str, numbers: range, planted: Planted) -> None:
    path = world.data_root / f"coco/annotations/panoptic_{split}2017.json"
    fields = head(licenses=True) | {"categories": _categories()}
    with json_object(path, fields, "images", "annotations") as (images, annotations):
        for number in world.shuffled(numbers, "panoptic images", split):
            images.add(_image(world, number, f"{split}2017"))
        for place, number in enumerate(numbers):
            scene, image_id = world.scene("coco", number), world.image_id(number)
            world.photograph(scene, f"coco/{split}2017/{name2017(image_id)}")
            segments = add_masks(world, split, scene, image_id).segments
            annotations.add(_annotation(image_id, [segment.row() for segment in segments], place))
            planted.keep(split)
            planted.quirk("crowds", sum(segment.row()["iscrowd"] for segment in segments))


def _image(world: World, number: int, folder: str) -> dict[str, Any]:
    image_id = world.image_id(number)
    return image_row(world.frame("coco", number), image_id, name2017(image_id), folder)


def _annotation(image_id: int, segments: list[dict[str, Any]], place: int) -> dict[str, Any]:
    """An item of `annotations`; the order of its keys varies, as it does in the real file."""
    row = {"segments_info": segments, "file_name": f"{image_id:012d}.png", "image_id": image_id}
    return row if place % 2 else dict(reversed(row.items()))


def _write_instances(world: World, split: str, numbers: Iterable[int], planted: Planted) -> None:
    path = world.data_root / f"coco/annotations/instances_{split}.json"
    fields = head(licenses=True) | {"categories": thing_categories()}
    with json_object(path, fields, "images", "annotations") as (images, annotations):
        for place, number in enumerate(numbers):
            images.add(_image(world, number, split))
            scene, image_id = world.scene("coco", number), world.image_id(number)
            world.photograph(scene, f"coco/{split}/{name2017(image_id)}")
            if place % EMPTY_EVERY == 2:
                planted.drop(split, "no-target")
                planted.quirk("images-without-annotations")
                continue
            for thing in (*scene.things, *scene.crowds):
                annotations.add(annotation_row(scene.frame, image_id, thing))
            planted.keep(split)
            planted.quirk("crowds", len(scene.crowds))


EMPTY_EVERY = 116
"""One image in so many has nothing annotated, about as in COCO."""
