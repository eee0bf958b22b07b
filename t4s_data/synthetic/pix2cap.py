"""Pix2Cap-COCO: captions for panoptic segments (github.com/geshang777/pix2cap)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from t4s_data.synthetic import words
from t4s_data.synthetic.panoptic import add_masks
from t4s_data.synthetic.planted import Planted
from t4s_data.synthetic.scene import Scene
from t4s_data.synthetic.segments import Segment
from t4s_data.synthetic.streams import JsonArray, json_object
from t4s_data.synthetic.world import World, name2017, portion

TRAIN, VAL = (18_212, 152_000), (2_338, 15_254)
SHORT_EVERY = 500


def write_pix2cap(world: World) -> Planted:
    """Captions for segments of COCO panoptic; a few captions are shorter than 3 characters."""
    planted = Planted()
    _write_split(world, "train", world.shuffled(world.train2017(), "pix2cap"), TRAIN, planted)
    _write_split(world, "val", world.shuffled(world.val2017(), "pix2cap"), VAL, planted)
    return planted


def _write_split(
    world: World, split: str, numbers: Sequence[int], official: tuple[int, int], planted: Planted
) -> None:
    images = world.size(official[0], 2)
    captions = round(images * official[1] / official[0])
    left = 0
    with json_object(world.data_root / f"pix2cap/pix2cap_coco_{split}.json", {}, "annotations") as (annotations,):
        for place, number in enumerate(numbers[:images]):
            scene = world.scene("coco", number)
            world.photograph(scene, f"coco/{split}2017/{name2017(world.image_id(number))}")
            # What a picture has too few segments for is left to the next ones.
            left += portion(captions, images, place)
            left -= _add_picture(world, split, scene, left, place, annotations, planted)


def _add_picture(
    world: World, split: str, scene: Scene, captions: int, place: int, annotations: JsonArray, planted: Planted
) -> int:
    image_id = world.image_id(scene.frame.number)
    segments = [one for one in add_masks(world, split, scene, image_id).segments if not one.row()["iscrowd"]]
    short = segments[-1:] if place % SHORT_EVERY == 0 else []
    told = segments[: min(captions, len(segments) - len(short))]
    rows = [_row(segment, caption(scene, segment)) for segment in told] + [_row(segment, "a") for segment in short]
    annotations.add({"image_id": image_id, "file_name": f"{image_id:012d}.png", "segments_info": rows})
    planted.keep(split, len(told))
    planted.quirk("short-captions", len(short))
    return len(told)


def _row(segment: Segment, text: str) -> dict[str, Any]:
    row = segment.row()
    return {"id": row["id"], "category_id": row["category_id"], "iscrowd": row["iscrowd"], "description": text}


def caption(scene: Scene, segment: Segment) -> str:
    """A sentence about a segment."""
    if segment.thing is None:
        name = words.GROUND_WORDS.get(segment.category.name, segment.category.name.removesuffix("-merged"))
        other = scene.things[0]
        return f"The {name} around the {other.color} {other.category.name}, without anybody's name on it."
    text = words.explained(scene, segment.thing, "pix2cap", str(scene.frame.number), str(segment.id))
    return f"{text[0].upper()}{text[1:]}, painted in plain {segment.thing.color}.".replace(" ,", ",")
