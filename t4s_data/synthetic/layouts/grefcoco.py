"""grefCOCO: expressions for one object, several or none (github.com/henghuiding/gRefCOCO)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from t4s_data.choice import pick
from t4s_data.synthetic.layouts.objects import (
    annotation_id,
    annotation_row,
    compressed_union,
    head,
    image_row,
    thing_categories,
)
from t4s_data.synthetic.layouts.pickled import PickledList, pickled_list, python3
from t4s_data.synthetic.layouts.refer import REFCOCO, deck
from t4s_data.synthetic.layouts.refs import Plan, Speaker, plans
from t4s_data.synthetic.layouts.streams import JsonArray, json_array, json_object
from t4s_data.synthetic.planted import Planted
from t4s_data.synthetic.scenes import words
from t4s_data.synthetic.scenes.catalog import COLORS, THINGS
from t4s_data.synthetic.scenes.scene import Scene, Thing
from t4s_data.synthetic.world import TRAIN2014, World, name2014, portion

SCALAR_EVERY, COMPRESSED_EVERY, SILENT_EVERY = 25, 40, 2_000


@dataclass(frozen=True, slots=True)
class Extra:
    """What a split has beside the refs of RefCOCO: refs and sentences for several objects, and for none."""

    multi: tuple[int, int]
    none: tuple[int, int]


EXTRAS = {
    "train": Extra((28_600, 69_580), (7_926, 19_140)),
    "val": Extra((1_730, 4_200), (760, 1_836)),
    "testA": Extra((3_900, 9_500), (1_470, 3_555)),
    "testB": Extra((2_670, 6_500), (1_380, 3_338)),
}
"""Train is as published; of the others the sums with RefCOCO's sentences are."""


@dataclass(slots=True)
class _Writer:
    world: World
    refs: JsonArray
    twin: PickledList
    images: JsonArray
    annotations: JsonArray
    planted: Planted
    speaker: Speaker

    def add_picture(self, plan: Plan, multi: list[int], none: list[int]) -> None:
        scene = self.world.scene("coco", plan.number)
        image_id = self.world.image_id(plan.number)
        self.world.photograph(scene, f"{TRAIN2014}/{name2014(image_id)}")
        self._add_objects(scene, image_id)
        for thing, count in zip(scene.talked_about(), plan.sentences, strict=False):
            self._add_single(scene, image_id, thing, plan.split, count)
        for place, count in enumerate(multi):
            self._add_multi(scene, image_id, place, plan.split, count)
        for count in none:
            texts = [absent(scene, str(self.speaker.next_sentence + k)) for k in range(count)]
            self._add(self._ref(plan.split, texts), image_id, name2014(image_id), [])

    def _add_objects(self, scene: Scene, image_id: int) -> None:
        self.images.add(image_row(scene.frame, image_id, name2014(image_id)))
        for thing in (*scene.things, *scene.crowds):
            row = annotation_row(scene.frame, image_id, thing)
            if row["id"] % COMPRESSED_EVERY == 0 or (scene.frame.number == 0 and thing.number == 0):
                row["segmentation"] = compressed_union(scene.frame, thing)
                self.planted.quirk("compressed-run-lengths")
            self.annotations.add(row)
        self.planted.quirk("crowds", len(scene.crowds))

    def _add_single(self, scene: Scene, image_id: int, thing: Thing, split: str, count: int) -> None:
        ref = self.speaker.ref(scene, thing, split, count)
        # The suffix counts objects, as in RefCOCO; some names lack it.
        suffix = f"_{thing.number}" if ref["ref_id"] % 3 else ""
        self._add(ref, image_id, f"COCO_train2014_{image_id:012d}{suffix}.jpg", [thing])

    def _add_multi(self, scene: Scene, image_id: int, place: int, split: str, count: int) -> None:
        targets = several(scene, place)
        texts = [together(scene, targets, str(self.speaker.next_sentence + k)) for k in range(count)]
        self.planted.quirk("crowd-targets", sum(thing.crowd for thing in targets))
        self._add(self._ref(split, texts), image_id, name2014(image_id), targets)

    def _ref(self, split: str, texts: list[str]) -> dict[str, Any]:
        return self.speaker.numbered(split, [self.speaker.sentence(text) for text in texts])

    def _add(self, ref: dict[str, Any], image_id: int, file_name: str, targets: list[Thing]) -> None:
        row = {
            "ann_id": [annotation_id(image_id, thing) for thing in targets] or [-1],
            "category_id": [thing.category.id for thing in targets] or [-1],
            "file_name": file_name,
            "image_id": image_id,
            "no_target": not targets,
            **ref,
        }
        if len(targets) == 1 and ref["ref_id"] % SCALAR_EVERY == 0:
            row |= {"ann_id": row["ann_id"][0], "category_id": row["category_id"][0]}
            self.planted.quirk("scalars-for-lists")
        self.planted.keep(f"unc-{ref['split']}", len(ref["sentences"]))
        self.planted.quirk("no-target-sentences", 0 if targets else len(ref["sentences"]))
        self.refs.add(row)
        self.twin.add(row)

    def add_silent(self, split: str, image_id: int) -> None:
        """A ref that nobody said anything about."""
        row = {"ann_id": [-1], "category_id": [-1], "file_name": name2014(image_id), "image_id": image_id,
               "no_target": True, **self.speaker.numbered(split, [])}  # fmt: skip
        self.refs.add(row)
        self.twin.add(row)
        self.planted.drop(f"unc-{split}", "no-texts")


def write_grefcoco(world: World) -> Planted:
    """Write grefCOCO as JSON with a pickled twin; its refs to one object name the objects of RefCOCO's."""
    planted = Planted()
    folder = world.data_root / "refer_seg" / "grefcoco"
    fields = head(licenses=True) | {"categories": thing_categories()}
    with (
        json_array(folder / "grefs(unc).json") as refs,
        pickled_list(folder / "grefs(unc).p", python3) as twin,
        json_object(folder / "instances.json", fields, "images", "annotations") as (images, annotations),
    ):
        writer = _Writer(world, refs, twin, images, annotations, planted, Speaker("refcoco", words.located))
        for place, (plan, multi, none) in enumerate(full_plans(world)):
            writer.add_picture(plan, multi, none)
            if place % SILENT_EVERY == 0:
                writer.add_silent(plan.split, world.image_id(plan.number))
    return planted


def full_plans(world: World) -> Iterator[tuple[Plan, list[int], list[int]]]:
    """RefCOCO's plan with the sentences of further refs to several objects and to none."""
    images = {split.name: world.size(split.images, 4 if split.name == "train" else 2) for split in REFCOCO.splits}
    place = dict.fromkeys(images, 0)
    for plan in plans(world, REFCOCO.splits, deck(world, REFCOCO.deck)):
        extra, at = EXTRAS[plan.split], place[plan.split]
        place[plan.split] += 1
        spread = [_spread(world, kind, images[plan.split], at) for kind in (extra.multi, extra.none)]
        yield plan, spread[0], spread[1]


def _spread(world: World, official: tuple[int, int], images: int, place: int) -> list[int]:
    """How many sentences each ref of a kind has in one picture of a split."""
    refs = world.size(official[0], 3)
    sentences = round(refs * official[1] / official[0])
    first = place * refs // images
    return [portion(sentences, refs, ref, 2) for ref in range(first, (place + 1) * refs // images)]


def several(scene: Scene, place: int) -> list[Thing]:
    """Two objects or more; another choice for each place. Crowds come into the first one."""
    alike = scene.alike(scene.things[0])
    choices = [alike, alike[:2], [scene.things[0], scene.things[-1]], [scene.things[1], scene.things[-1]]]
    if place == 0 and scene.crowds:
        return [alike[0], *scene.crowds]
    return choices[(place + scene.frame.number) % len(choices)]


def together(scene: Scene, targets: list[Thing], key: str) -> str:
    """An expression for all the targets and nothing else."""
    if targets[-1].crowd:
        return f"{targets[0].color} {words.noun(targets[0], key)} and the small gray ones together"
    each = [f"{thing.color} {words.noun(thing, key)}" for thing in targets]
    forms = [" and ".join(each), f"the {' and the '.join(each)}", f"both {' and '.join(each)}"]
    if len(targets) == len(scene.alike(targets[0])):
        forms.append(f"all {targets[0].category.name} there are")
    return pick(forms, 0, "together", key)


def absent(scene: Scene, key: str) -> str:
    """An expression for something that is not in the scene."""
    shown = {thing.category.name for thing in (*scene.things, *scene.crowds)}
    color = pick(tuple(COLORS), 0, "absent color", key)
    kind = pick([kind for kind in THINGS if kind.name not in shown], 0, "absent", key)
    thing, other = replace(scene.things[0], color=color, category=kind), scene.things[-1]
    word, near = f"{color} {words.noun(thing, key)}", f"{other.color} {words.noun(other, key)}"
    forms = (word, f"the {word} on the left", f"the {word} next to the {near}", f"{word} holding the {near}")
    return pick(forms, 0, "absent form", key)
