"""MUSE: questions about several objects of a COCO picture (github.com/MaverickRen/PixelLM)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from t4s_data.choice import pick
from t4s_data.synthetic.layouts.objects import annotation_id, box, compressed_union, polygons, uncompressed
from t4s_data.synthetic.layouts.streams import json_array
from t4s_data.synthetic.planted import Planted
from t4s_data.synthetic.scenes import words
from t4s_data.synthetic.scenes.scene import Scene, Thing
from t4s_data.synthetic.world import TRAIN2014, World, name2014, name2017, portion


@dataclass(frozen=True, slots=True)
class Split:
    """Official numbers of one file, and its name: some copies have lower-case ones."""

    name: str
    file: str
    images: int
    usable: int
    broken: int


SPLITS = (
    Split("train", "MUSE_train.json", 102_000, 230_000, 9_000),
    Split("val", "MUSE_val.json", 1_100, 2_750, 50),
    Split("test_less", "muse_test_less.json", 600, 1_480, 20),
    Split("test_many", "muse_test_many.json", 1_100, 2_750, 50),
)
"""Train has the 239k pairs of its authors, of which the paper's Table I uses 230k; the others are guesses."""
WORDLESS_EVERY, BRACES_EVERY = 25, 30
UNCOMPRESSED, COMPRESSED = 40, 20


def write_muse(world: World) -> Planted:
    """MUSE; in the broken pairs an answer has one place more or less than it has objects."""
    planted = Planted()
    start = 0
    for split in SPLITS:
        images = world.size(split.images, 8)
        _write_split(world, split, images, start, planted)
        start += images
    return planted


def _write_split(world: World, split: Split, images: int, start: int, planted: Planted) -> None:
    usable = max(images, round(images * split.usable / split.images))
    broken = max(1, round(images * split.broken / split.images))
    with json_array(world.data_root / "muse" / split.file) as rows:
        for place in range(images):
            good = portion(usable, images, place)
            bad = (place + 1) * broken // images - place * broken // images
            rows.add(_Record(world, place, _number(world, start + place), planted).row(good, bad))
            planted.keep(split.name, good)
            planted.drop(split.name, "answer-mismatch", bad)


def _number(world: World, place: int) -> int:
    """The picture of a record: every ninth is one of val2017."""
    val, train = world.val2017(), world.train2017()
    return val[place // 9 % len(val)] if place % 9 == 8 else train[place % len(train)]


@dataclass(slots=True)
class _Record:
    world: World
    place: int
    number: int
    planted: Planted

    def row(self, good: int, bad: int) -> dict[str, Any]:
        scene = self.world.scene("coco", self.number)
        image_id = self.world.image_id(self.number)
        pairs = [self._targets(scene, k) for k in range(good + bad)]
        fields = self._image(scene, image_id) | {"height": scene.frame.height, "width": scene.frame.width}
        body = {
            "ann_list": [self._annotation(scene, image_id, thing) for thing in scene.things],
            "questions": [question(targets, f"{self.place}-{k}") for k, targets in enumerate(pairs)],
            "answers": [[self._annotation(scene, image_id, thing) for thing in targets] for targets in pairs],
        }
        # The reader of a record without texts has nothing to count places in, so no pair can be broken there.
        if self.place % WORDLESS_EVERY == 3 and not bad:
            self.planted.quirk("pairs-without-text-answer", good)
            return fields | body
        return fields | body | {"text_answers": [self._text(targets, k, k >= good) for k, targets in enumerate(pairs)]}

    def _image(self, scene: Scene, image_id: int) -> dict[str, Any]:
        if self.number >= 0 and self.number % 3 == 0:
            self.world.photograph(scene, f"{TRAIN2014}/{name2014(image_id)}")
            self.planted.quirk("train2014-names")
            return {"file_name": name2014(image_id)}
        split = "val2017" if self.number < 0 else "train2017"
        self.world.photograph(scene, f"coco/{split}/{name2017(image_id)}")
        return {"coco_url": f"http://images.cocodataset.org/{split}/{name2017(image_id)}"}

    def _targets(self, scene: Scene, k: int) -> list[Thing]:
        wanted = 1 + (self.place + k) % 4
        first = k % len(scene.things)
        return [scene.things[(first + step) % len(scene.things)] for step in range(min(wanted, len(scene.things)))]

    def _annotation(self, scene: Scene, image_id: int, thing: Thing) -> dict[str, Any]:
        number = annotation_id(image_id, thing)
        row = {"id": number, "image_id": image_id, "category_id": thing.category.id,
               "category_name": thing.category.name.replace(" ", "_"), "bbox": box(thing)}  # fmt: skip
        row["segmentation"] = self._segmentation(scene, thing, number)
        return row | {"rephrased_name": f"the {thing.color} {thing.category.name}"} if number % 5 else row

    def _segmentation(self, scene: Scene, thing: Thing, number: int) -> Any:
        if number % UNCOMPRESSED == 8:
            self.planted.quirk("uncompressed-run-lengths")
            return uncompressed(scene.frame, thing)
        if number % COMPRESSED == 9:
            self.planted.quirk("compressed-run-lengths")
            return compressed_union(scene.frame, thing)
        return polygons(thing)

    def _text(self, targets: list[Thing], k: int, broken: bool) -> str:
        key = f"{self.place}-{k}"
        places = ["{seg}"] * len(targets)
        if broken:
            places = [*places, "{seg}"] if len(places) == 1 or self.place % 2 else places[1:]
        phrases = [f"the {thing.color} {words.noun(thing, key)}" for thing in targets]
        phrases += ["something else"] * (len(places) - len(targets))
        text = answer([f"{phrase} {place}" for phrase, place in zip(phrases, places, strict=False)], key)
        if (self.place + k) % BRACES_EVERY == 0:
            self.planted.quirk("stray-braces")
            text += " Nothing else {fits}, or so it {seems."
        return text


def question(targets: list[Thing], key: str) -> str:
    """A question about the targets together."""
    count = ("one object", "two objects", "three objects", "four objects")[len(targets) - 1]
    colors = words.colors_of(targets).replace(" ,", ",")
    forms = (
        f"Which {count} of the picture would you paint with {colors}?",
        f"I am looking for {count}: {colors}. Where {'is it' if len(targets) == 1 else 'are they'}?",
        f"What in this picture is {colors}, if {count} may be named?",
    )
    return pick(forms, 0, "muse question", key)


def answer(places: list[str], key: str) -> str:
    """A text answer around phrases with their places."""
    listed = places[0] if len(places) == 1 else f"{', '.join(places[:-1])} and {places[-1]}"
    forms = (
        f"You would choose {listed}.",
        f"{listed[0].upper()}{listed[1:]} would fit the description.",
        f"In the picture, {listed} can be seen.",
    )
    return pick(forms, 0, "muse answer", key)
