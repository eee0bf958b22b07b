"""Pix2Cap-COCO: captions for panoptic segments (github.com/geshang777/pix2cap)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from t4s_data.synthetic.layouts.panoptic import add_masks
from t4s_data.synthetic.layouts.streams import json_object
from t4s_data.synthetic.planted import Planted
from t4s_data.synthetic.scenes import words
from t4s_data.synthetic.scenes.scene import Scene
from t4s_data.synthetic.scenes.segments import Panoptic, Segment
from t4s_data.synthetic.world import World, name2017, portion

TRAIN, VAL = (18_212, 152_000), (2_338, 15_254)
SHORT_EVERY = 500


def write_pix2cap(world: World) -> Planted:
    """Captions for segments of COCO panoptic; a few captions are shorter than 3 characters."""
    planted = Planted()
    _write_split(world, "train", world.shuffled(world.train2017(), "pix2cap"), TRAIN, planted)
    _write_split(world, "val", world.shuffled(world.val2017(), "pix2cap"), VAL, planted)
    return planted


def _write_split(world: World, split: str, numbers: Sequence[int], official: tuple[int, int], planted: Planted) -> None:
    images = world.size(official[0], 2)
    captions = round(images * official[1] / official[0])
    owed = 0
    with json_object(world.data_root / f"pix2cap/pix2cap_coco_{split}.json", {}, "annotations") as (annotations,):
        for place, number in enumerate(numbers[:images]):
            scene = world.scene("coco", number)
            name = name2017(world.image_id(number))
            world.photograph(scene, f"coco/{split}2017/{name}")
            # What a picture has too few segments for is left to the next ones.
            owed += portion(captions, images, place)
            short = int(place % SHORT_EVERY == 0)
            rows = _rows(scene, add_masks(world, split, scene, world.image_id(number)), owed, short)
            annotations.add(
                {"image_id": world.image_id(number), "file_name": f"{name[:-4]}.png", "segments_info": rows}
            )
            owed -= len(rows) - short
            planted.keep(split, len(rows) - short)
            planted.drop(split, "no-texts", short)
            planted.quirk("short-captions", short)


def _rows(scene: Scene, seen: Panoptic, captions: int, short: int) -> list[dict[str, Any]]:
    """So many captioned segments of a picture, as far as it has them, and then the short ones."""
    segments = [segment for segment in seen.segments if not (segment.thing and segment.thing.crowd)]
    told = segments[: min(captions, len(segments) - short)]
    return [_row(segment, caption(scene, segment)) for segment in told] + [
        _row(segment, "a") for segment in segments[len(segments) - short :]
    ]


def _row(segment: Segment, text: str) -> dict[str, Any]:
    row = segment.row()
    return {"id": row["id"], "category_id": row["category_id"], "iscrowd": row["iscrowd"], "description": text}


def caption(scene: Scene, segment: Segment) -> str:
    """A sentence about a segment."""
    if segment.thing is None:
        name = words.stuff_word(segment.category.name)
        other = scene.things[0]
        return f"The {name} around the {other.color} {other.category.name}, without anybody's name on it."
    text = words.explained(scene, segment.thing, "pix2cap", str(scene.frame.number), str(segment.id))
    return f"{text[0].upper()}{text[1:]}, painted in plain {segment.thing.color}.".replace(" ,", ",")
