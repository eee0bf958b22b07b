"""ReasonSeg: questions that take a thought, one JSON file a picture (github.com/dvlab-research/LISA)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from t4s_data.choice import pick
from t4s_data.files.writing import write_whole
from t4s_data.synthetic.layouts.streams import json_array
from t4s_data.synthetic.planted import Planted
from t4s_data.synthetic.scenes import words
from t4s_data.synthetic.scenes.outlines import Ring
from t4s_data.synthetic.scenes.scene import Scene
from t4s_data.synthetic.world import World

TRAIN_IMAGES, TRAIN_RICH_IMAGES, VAL_IMAGES, TEST_IMAGES = 239, 209, 200, 779
TARGETLESS = (2, 4)
WINDOWS_EVERY = 12
USES = {
    "person": "could tell you the time of day", "vehicle": "takes people to other places",
    "outdoor": "stands at the side of a street", "animal": "eats and sleeps but cannot speak",
    "accessory": "somebody carries along", "sports": "is used in a game", "kitchen": "belongs on a laid table",
    "food": "is good to eat", "furniture": "people use to rest or to put things on",
    "electronic": "needs electric current", "appliance": "belongs in a kitchen", "indoor": "stands on a shelf at home",
}  # fmt: skip
"""What the things of each of COCO's supercategories are good for."""


@dataclass(frozen=True, slots=True)
class _File:
    """One picture: its scene's number, its place in the split, and how many texts it has."""

    split: str
    number: int
    place: int
    texts: int

    @property
    def has_target(self) -> bool:
        return self.split != "test" or self.place not in TARGETLESS

    @property
    def encoding(self) -> str:
        return "cp1252" if self.place % WINDOWS_EVERY == 0 else "utf-8"


def write_reasonseg(world: World) -> Planted:
    """ReasonSeg; its pictures are always written, since only they say how large they are."""
    planted = Planted()
    files = list(_files(world))
    for file in files:
        _write(world, file, planted)
    _write_explanations(world, [file for file in files if file.split == "train" and file.place % 2 == 0])
    return planted


def _files(world: World) -> Iterator[_File]:
    train = world.size(TRAIN_IMAGES, 8)
    rich = round(train * TRAIN_RICH_IMAGES / TRAIN_IMAGES)
    for place in range(train):
        yield _File("train", place, place, 5 + place % 2 if place < rich else 1 + place % 4)
    first = train
    for split, official in (("val", VAL_IMAGES), ("test", TEST_IMAGES)):
        size = world.size(official, 6)
        yield from (_File(split, first + place, place, 1) for place in range(size))
        first += size


def _write(world: World, file: _File, planted: Planted) -> None:
    scene = world.scene("reason", file.number)
    path = f"reason_seg/ReasonSeg/{file.split}/{stem(world, file.number)}"
    text = json.dumps(_body(world, scene, file, planted), indent=2, ensure_ascii=False)
    write_whole(world.data_root / f"{path}.json", text.encode(file.encoding))
    world.pictured(scene, f"{path}.jpg")
    planted.quirk("windows-1252-files", int(file.encoding == "cp1252"))
    if file.has_target:
        planted.keep(file.split, file.texts)
    else:
        planted.quirk("files-without-target")
        planted.drop(file.split, "no-target", file.texts)


def _body(world: World, scene: Scene, file: _File, planted: Planted) -> dict[str, Any]:
    is_sentence = file.texts > 1 or file.place % 2 == 0
    asked = [question(scene, f"{file.number}-{k}") if is_sentence else phrase(scene) for k in range(file.texts)]
    if file.encoding == "cp1252":
        asked = [text.replace("'", "\u2019") + " \u2013 à la carte" for text in asked]
    shapes = _shapes(scene, f"{stem(world, file.number)}.jpg", planted, has_target=file.has_target)
    return {"text": asked, "is_sentence": is_sentence, "shapes": shapes}


def stem(world: World, number: int) -> str:
    """A file name like those of the photographs that ReasonSeg took."""
    return f"{world.draw('reason', 'name', str(number)) % 10**11:011d}_{number:06d}_o"


def _shapes(scene: Scene, image_name: str, planted: Planted, *, has_target: bool) -> list[dict[str, Any]]:
    thing, number = scene.things[0], scene.frame.number
    shapes = [_shape("target", ring, image_name) for ring in thing.rings] if has_target else []
    if number % 3 == 0:
        # Somewhere inside the target and smaller: what may be called right or wrong.
        ring = thing.rings[0]
        center = ring.mean(0)
        shapes.append(_shape("ignore", center + (ring - center) * 0.3, image_name))
        planted.quirk("ignore-shapes")
    if number % 4 == 0 or not has_target:
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


def _write_explanations(world: World, files: Iterable[_File]) -> None:
    with json_array(world.data_root / "reason_seg/ReasonSeg/explanatory/train.json") as rows:
        for file in files:
            scene = world.scene("reason", file.number)
            thing, name = scene.things[0], stem(world, file.number)
            kind = thing.category
            rows.add(
                {
                    "query": question(scene, f"{file.number}-0"),
                    "outputs": f"A {kind.name} {USES[kind.supercategory]}. In the image, it is the {thing.color} one.",
                    "image": f"{name}.jpg",
                    "json": f"{name}.json",
                }
            )
