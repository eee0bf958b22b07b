"""RRSIS-D: the `refer` layout with the oddities of its files (github.com/Lsan2401/RMSIN)."""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco

from t4s_data.choice import pick
from t4s_data.synthetic.layouts.objects import bitmap, compressed_text
from t4s_data.synthetic.layouts.pickled import pickled_list, python3
from t4s_data.synthetic.layouts.refs import Split
from t4s_data.synthetic.layouts.streams import json_object
from t4s_data.synthetic.planted import Planted
from t4s_data.synthetic.scenes import words
from t4s_data.synthetic.scenes.catalog import AERIAL
from t4s_data.synthetic.scenes.scene import Frame, Scene, Thing
from t4s_data.synthetic.world import World

IMAGES = "refer_seg/images/rrsisd/JPEGImages"
SPLITS = (Split("train", 12_181, 12_181, 12_181), Split("val", 1_740, 1_740, 1_740), Split("test", 3_481, 3_481, 3_481))
AREA_FACTOR = 200
BLOCK = 8


def write_rrsisd(world: World) -> Planted:
    """RRSIS-D: one sentence a ref and a ref an image; speckled masks, wrong areas, corners for boxes."""
    planted = Planted()
    folder = world.data_root / "refer_seg" / "rrsisd"
    fields = {"categories": [{"id": kind.id, "name": kind.name} for kind in AERIAL]}
    numbers = count()
    with (
        pickled_list(folder / "refs(unc).p", python3) as refs,
        json_object(folder / "instances.json", fields, "images", "annotations") as (images, annotations),
    ):
        for split in SPLITS:
            for _ in range(world.size(split.refs, 3)):
                number = next(numbers)
                scene = world.scene("rrsis", number)
                images.add(_image(scene.frame))
                annotations.add(_annotation(scene.frame, scene.things[0], planted))
                refs.add(_ref(scene, split.name))
                planted.keep(f"unc-{split.name}")
                planted.quirk("not-800-pixels", int((scene.frame.width, scene.frame.height) != (800, 800)))
                world.photograph(scene, f"{IMAGES}/{_name(scene.frame)}")
    return planted


def _name(frame: Frame) -> str:
    return f"{frame.number:05d}.jpg"


def _image(frame: Frame) -> dict[str, Any]:
    return {"file_name": _name(frame), "height": frame.height, "width": frame.width, "id": frame.number}


def _annotation(frame: Frame, thing: Thing, planted: Planted) -> dict[str, Any]:
    left, top, right, bottom = (int(side) for side in thing.bounds)
    mask = speckled(bitmap(frame, thing), frame.number)
    rows, columns = np.nonzero(mask)
    planted.quirk("masks-outside-their-box", int(min(columns) < left or max(columns) > right or min(rows) < top))
    return {
        "id": frame.number,
        "image_id": frame.number,
        "categories_id": thing.category.id,
        "bbox": [left, top, right, bottom],
        "area": AREA_FACTOR * int(mask.sum()) + frame.number % 97,
        "segmentation": [compressed_text(coco.encode(np.asfortranarray(mask)))],
    }


def speckled(mask: NDArray[np.uint8], salt: int) -> NDArray[np.uint8]:
    """A mask, uint8 (H, W), as thresholding a JPEG of it leaves it: noise in every 8 x 8 block with an edge."""
    height, width = mask.shape
    padded = np.pad(mask, ((0, -height % BLOCK), (0, -width % BLOCK)))
    blocks = padded.reshape(padded.shape[0] // BLOCK, BLOCK, padded.shape[1] // BLOCK, BLOCK)
    covered = blocks.sum(axis=(1, 3))
    random = np.random.Generator(np.random.PCG64(salt))
    for row, column in np.argwhere((covered > 0) & (covered < BLOCK * BLOCK)).tolist():
        blocks[row, :, column] ^= (random.random((BLOCK, BLOCK)) < 0.2).astype(np.uint8)
    return padded[:height, :width]


def _ref(scene: Scene, split: str) -> dict[str, Any]:
    number, thing = scene.frame.number, scene.things[0]
    text = _sentence(scene, str(number))
    row = {"tokens": text.split(), "raw": text, "sent_id": number, "sent": text}
    return {"image_id": number, "split": split, "sentences": [row], "file_name": _name(scene.frame),
            "category_id": thing.category.id, "ann_id": number, "sent_ids": [number], "ref_id": number}  # fmt: skip


def _sentence(scene: Scene, key: str) -> str:
    thing, other = scene.things[0], words.beside(scene, scene.things[0])
    word, near = words.noun(thing), words.noun(other)
    forms = (
        f"The {thing.color} {word} on the {words.side(scene, thing)}",
        f"A {thing.color} {word}",
        f"The {word} is {words.relation(thing, other)} the {other.color} {near}",
        f"A {thing.color} {word} {words.relation(thing, other)} the {near}",
    )
    return pick(forms, 0, "rrsisd", key)
