"""ReasonSeg: questions that take a thought, one JSON file a picture (github.com/dvlab-research/LISA)."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

from t4s_data.draw import pick
from t4s_data.synthetic import words
from t4s_data.synthetic.outlines import Ring
from t4s_data.synthetic.planted import Planted
from t4s_data.synthetic.scene import Scene
from t4s_data.synthetic.streams import json_array, write_bytes
from t4s_data.synthetic.world import World

TRAIN_IMAGES, TRAIN_RICH_IMAGES, VAL_IMAGES, TEST_IMAGES = 239, 209, 200, 779
USES = {
    "person": "could tell you the time of day", "vehicle": "takes people to other places",
    "outdoor": "stands at the side of a street", "animal": "eats and sleeps but cannot speak",
    "accessory": "somebody carries along", "sports": "is used in a game", "kitchen": "belongs on a laid table",
    "food": "is good to eat", "furniture": "people use to rest or to put things on",
    "electronic": "needs electric current", "appliance": "belongs in a kitchen", "indoor": "stands on a shelf at home",
}  # fmt: skip
"""What the things of each of COCO's supercategories are good for."""


def write_reasonseg(world: World) -> Planted:
    """ReasonSeg; its pictures are always written, since only they say how large they are."""
    planted = Planted()
    train = world.size(TRAIN_IMAGES, 8)
    rich = round(train * TRAIN_RICH_IMAGES / TRAIN_IMAGES)
    counts = [6 if place % 3 else 5 for place in range(rich)] + [1 + place % 4 for place in range(train - rich)]
    numbers = count()
    for place, texts in enumerate(counts):
        _write_picture(world, "train", next(numbers), place, texts, planted)
    for split, official in (("val", VAL_IMAGES), ("test", TEST_IMAGES)):
        for place in range(world.size(official, 6)):
            _write_picture(world, split, next(numbers), place, 1, planted)
    _write_explanations(world, range(0, train, 2))
    return planted


def _write_picture(world: World, split: str, number: int, place: int, texts: int, planted: Planted) -> None:
    scene = world.scene("reason", number)
    folder = f"reason_seg/ReasonSeg/{split}"
    name = stem(world, number)
    is_sentence = texts > 1 or place % 2 == 0
    asked = [question(scene, f"{number}-{k}") if is_sentence else phrase(scene) for k in range(texts)]
    targetless = split == "test" and place in (2, 4)
    body = {"text": asked, "is_sentence": is_sentence, "shapes": _shapes(scene, f"{name}.jpg", targetless, planted)}
    encoding = "cp1252" if place % 12 == 0 else "utf-8"
    if encoding == "cp1252":
        body["text"] = [text.replace("'", "\u2019") + " \u2013 à la carte" for text in asked]
        planted.quirk("windows-1252-files")
    text = json.dumps(body, indent=2, ensure_ascii=False)
    write_bytes(world.data_root / folder / f"{name}.json", text.encode(encoding))
    world.pictured(scene, f"{folder}/{name}.jpg")
    if targetless:
        planted.quirk("files-without-target")
        planted.drop(split, "no-target", texts)
    else:
        planted.keep(split, texts)


def stem(world: World, number: int) -> str:
    """A file name like those of the photographs that ReasonSeg took."""
    return f"{world.draw('reason', 'name', str(number)) % 10**11:011d}_{number:06d}_o"


def _shapes(scene: Scene, image_name: str, targetless: bool, planted: Planted) -> list[dict[str, Any]]:
    thing, number = scene.things[0], scene.frame.number
    shapes = [] if targetless else [_shape("target", ring, image_name) for ring in thing.rings]
    if number % 3 == 0:
        # Somewhere inside the target and smaller: what may be called right or wrong.
        ring = thing.rings[0]
        center = ring.mean(0)
        shapes.append(_shape("ignore", center + (ring - center) * 0.3, image_name))
        planted.quirk("ignore-shapes")
    if number % 4 == 0 or targetless:
        ring = scene.things[-1].rings[0]
        shapes.append(_shape("flag", ring[:2], image_name))
        planted.quirk("flag-shapes")
    return shapes


def _shape(label: str, ring: Ring, image_name: str) -> dict[str, Any]:
    return {
        "label": label,
        "labels": [label],
        "shape_type": "polygon",
        "image_name": image_name,
        "points": ring.round(1).tolist(),
        "group_id": None,
        "group_ids": [None],
        "flags": {},
    }


def question(scene: Scene, key: str) -> str:
    """A question whose answer is the scene's first thing."""
    thing = scene.things[0]
    use = USES[thing.category.supercategory]
    where = words.located(scene, thing, "reason", key)
    forms = (
        f"Something in this picture {use}, and it is {thing.color}. What is it?",
        f"If you were told to look for what {use}, which {thing.color} object would you choose?",
        f"Somebody speaks of '{where}' and says that it {use}. Which object is meant?",
        f"What's {thing.color} in this picture and {use}?",
        f"Which object {use} and matches the words '{where}'?",
    )
    return pick(forms, 0, "question", key)


def phrase(scene: Scene) -> str:
    """A few words in place of a question."""
    return f"the {scene.things[0].color} object that {USES[scene.things[0].category.supercategory]}"


def _write_explanations(world: World, numbers: range) -> None:
    with json_array(world.data_root / "reason_seg/ReasonSeg/explanatory/train.json") as rows:
        for number in numbers:
            scene = world.scene("reason", number)
            thing, asked = scene.things[0], question(scene, f"{number}-0")
            use = USES[thing.category.supercategory]
            reason = f"A {thing.category.name} {use}. In the image, the {thing.color} one is the {thing.category.name} meant."
            name = stem(world, number)
            rows.add({"query": asked, "outputs": reason, "image": f"{name}.jpg", "json": f"{name}.json"})
