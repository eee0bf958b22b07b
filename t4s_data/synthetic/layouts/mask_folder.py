"""A user's own images and masks: with a table of texts, and as index PNGs with a list of classes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from t4s_data.files.writing import write_whole
from t4s_data.synthetic.layouts.objects import bitmap
from t4s_data.synthetic.layouts.streams import encode
from t4s_data.synthetic.planted import Planted
from t4s_data.synthetic.scenes import words
from t4s_data.synthetic.scenes.catalog import COLORS, STUFF, THINGS
from t4s_data.synthetic.scenes.scene import Scene, Thing
from t4s_data.synthetic.scenes.segments import class_map
from t4s_data.synthetic.world import World

ROOT = "masks"
SIZES = {"train": 2_000, "val": 200, "index": 400}
"""Pictures of each split at scale 1; nobody's numbers."""
CLASSES = {kind.name: number for number, kind in enumerate((*THINGS, *STUFF.values()), 1)}
UNLISTED, UNDECIDED = 200, 255


def write_mask_folder(world: World) -> Planted:
    """Splits `train` (JSON lines), `val` (CSV) and `index` (index PNGs); pictures are always written."""
    planted = Planted()
    write_whole(
        world.data_root / ROOT / "train/records.jsonl", b"".join(encode(row) + b"\n" for row in _train(world, planted))
    )
    write_whole(world.data_root / ROOT / "val/records.csv", _csv(_val(world, planted)))
    _write_index(world, planted)
    return planted


def _train(world: World, planted: Planted) -> Iterator[dict[str, Any]]:
    """Expressions, a label alone, and a question with its answer, by turns; three rows that cannot be used."""
    for number in range(world.size(SIZES["train"], 6)):
        scene = _picture(world, "train", number)
        stem = f"{number:05d}"
        _write_mask(world, f"train/masks/{stem}.png", bitmap(scene.frame, scene.things[0]), number)
        rows = list(_rows(scene, scene.things[0], number % 3))
        planted.keep("train", len(rows))
        yield from ({"image": f"{stem}.jpg", **row} for row in rows)
    blank = np.zeros((scene.frame.height, scene.frame.width), np.uint8)
    _write_mask(world, "train/masks/blank.png", blank, 0)
    yield {"image": f"{stem}.jpg", "mask": "blank.png", "expression": "nothing at all"}
    yield {"image": f"{stem}.jpg", "license": "CC0-1.0"}
    yield {"image": 7, "expression": "a picture with a number for a name"}
    for reason in ("empty-mask", "no-texts", "bad-type"):
        planted.drop("train", reason)


def _rows(scene: Scene, thing: Thing, kind: int) -> Iterator[dict[str, Any]]:
    key, name = str(scene.frame.number), thing.category.name
    if kind == 0:
        yield {"expression": words.located(scene, thing, "own", key), "license": "CC-BY-4.0"}
        yield {"expression": words.described(scene, thing, "own", key), "license": "CC-BY-4.0"}
    elif kind == 1:
        yield {"id": f"label-{key}", "label": f"{thing.color} {name}"}
    else:
        question = f"Which {name} of the picture is {thing.color}?"
        yield {"question": question, "answer": f"The {name} on the {words.side(scene, thing)} is."}


def _val(world: World, planted: Planted) -> Iterator[dict[str, str]]:
    for number in range(SIZES["train"], SIZES["train"] + world.size(SIZES["val"], 3)):
        scene = _picture(world, "val", number)
        thing = scene.things[0]
        _write_mask(world, f"val/masks/{number:05d}.png", bitmap(scene.frame, thing), number)
        yield {"image": f"{number:05d}.jpg", "expression": f"{thing.category.name}, the {thing.color} one"}
        planted.keep("val")


def _csv(rows: Iterator[dict[str, str]]) -> bytes:
    file = io.StringIO(newline="")
    table = csv.DictWriter(file, ["image", "expression"])
    table.writeheader()
    table.writerows(rows)
    return file.getvalue().encode("utf-8-sig")


def _write_index(world: World, planted: Planted) -> None:
    """Pictures with index PNGs; of the last two one holds a number of no class, and one has no index PNG."""
    lines = "".join(f"{number} {name}\n" for name, number in CLASSES.items())
    write_whole(world.data_root / ROOT / "classes.txt", lines.encode())
    first = SIZES["train"] + SIZES["val"]
    count = world.size(SIZES["index"], 4)
    for number in range(first, first + count + 2):
        scene = _picture(world, "index", number)
        values = class_map(scene, CLASSES)
        values[:, :2] = UNDECIDED
        if number == first + count:
            values[:, -2:] = UNLISTED
            planted.drop("index", "unknown-category")
        if number == first + count + 1:
            planted.drop("index", "no-mask")
        else:
            _write_indexed(world, number, values)
    planted.keep("index", count)


def _write_indexed(world: World, number: int, values: NDArray[np.uint8]) -> None:
    """An index PNG, with a palette or in gray by turns."""
    image = Image.fromarray(values)
    if number % 2:
        image.putpalette([channel for color in COLORS.values() for channel in color] * 20)
    write_whole(world.data_root / ROOT / f"index/labels/{number:05d}.png", _png(image))


def _picture(world: World, split: str, number: int) -> Scene:
    scene = world.scene("own", number)
    world.pictured(scene, f"{ROOT}/{split}/images/{number:05d}.jpg")
    return scene


def _write_mask(world: World, path: str, mask: NDArray[np.uint8], number: int) -> None:
    """A mask of 0 and 255, or of 0 and 1 in one bit, by turns."""
    image = Image.fromarray(mask * np.uint8(255))
    write_whole(world.data_root / ROOT / path, _png(image.convert("1") if number % 2 else image))


def _png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
