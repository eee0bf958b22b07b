"""RefCOCO, RefCOCO+ and RefCOCOg in the layout of the `refer` loader (github.com/lichengunc/refer)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from t4s_data.synthetic.layouts.objects import annotation_id, annotation_row, head, image_row, thing_categories
from t4s_data.synthetic.layouts.pickled import pickled_list, python2_text, python3
from t4s_data.synthetic.layouts.refs import Plan, Say, Sink, Speaker, Split, plans, sink
from t4s_data.synthetic.layouts.streams import JsonArray, json_object
from t4s_data.synthetic.planted import Planted
from t4s_data.synthetic.scenes import words
from t4s_data.synthetic.scenes.scene import Scene
from t4s_data.synthetic.world import TRAIN2014, World, name2014


@dataclass(frozen=True, slots=True)
class Dataset:
    """One data set: its folder, its numbers, and how its sentences are made.

    Data sets of one ``deck`` have the same pictures in the same splits.
    """

    folder: str
    deck: str
    splits: tuple[Split, ...]
    say: Say


REFCOCO = Dataset(
    "refcoco", "unc",
    (Split("train", 16_994, 42_404, 120_624), Split("val", 1_500, 3_811, 10_834), Split("testA", 750, 1_975, 5_657),
     Split("testB", 750, 1_810, 5_095)),
    words.located,
)  # fmt: skip
REFCOCO_PLUS = Dataset(
    "refcoco+", "unc",
    (Split("train", 16_992, 42_278, 120_191), Split("val", 1_500, 3_805, 10_758), Split("testA", 750, 1_975, 5_726),
     Split("testB", 750, 1_798, 4_889)),
    words.described,
)  # fmt: skip
REFCOCOG = Dataset(
    "refcocog", "umd",
    (Split("train", 21_899, 42_226, 80_512), Split("val", 1_300, 2_573, 4_896), Split("test", 2_600, 5_023, 9_602)),
    words.explained,
)  # fmt: skip

UNUSED_ID = 900_000_000


def write_refcoco(world: World) -> Planted:
    """RefCOCO: short expressions with places, split twice; one ref names an annotation that does not exist."""
    planted = Planted()
    file = _folder(world, REFCOCO)
    with pickled_list(file / "refs(unc).p", python3) as unc, pickled_list(file / "refs(google).p", python3) as google:
        to_google = sink(google, planted, "google")
        by_object = {0: "test", 5: "val"}
        sinks: list[Sink] = [
            sink(unc, planted, "unc"),
            lambda ref: to_google(ref | {"split": by_object.get(ref["ref_id"] % 10, "train")}),
        ]
        _write(world, REFCOCO, sinks, planted)
        unc.add(_broken_ref(ann_id=UNUSED_ID, image_id=world.image_id(0)))
        planted.drop("unc-train", "unknown-annotation")
    return planted


def write_refcoco_plus(world: World) -> Planted:
    """RefCOCO+: expressions without places."""
    planted = Planted()
    with pickled_list(_folder(world, REFCOCO_PLUS) / "refs(unc).p", python3) as unc:
        _write(world, REFCOCO_PLUS, [sink(unc, planted, "unc")], planted)
    return planted


def write_refcocog(world: World) -> Planted:
    """RefCOCOg: clauses, split twice; the google file is a Python 2 pickle in Windows-1252."""
    planted = Planted()
    file = _folder(world, REFCOCOG)
    with (
        pickled_list(file / "refs(umd).p", python3) as umd,
        pickled_list(file / "refs(google).p", python2_text) as google,
    ):
        to_google = sink(google, planted, "google")
        sinks: list[Sink] = [
            sink(umd, planted, "umd"),
            lambda ref: to_google(ref | {"split": "val" if _google_val(ref["ref_id"]) else "train"}),
        ]
        _write(world, REFCOCOG, sinks, planted)
        umd.add(_broken_ref(ann_id=32 * world.image_id(0), image_id=UNUSED_ID))
        planted.drop("umd-train", "unknown-image")
        planted.quirk("python2-pickle")
    return planted


def deck(world: World, name: str) -> list[int]:
    """The pictures that referring sets draw from, picture 0 (which has a crowd) first."""
    return [0, *world.shuffled(world.talked_about()[1:], "deck", name)]


def add_objects(scene: Scene, image_id: int, images: JsonArray, annotations: JsonArray) -> None:
    """A picture with all of its objects, whether anybody refers to them or not."""
    images.add(image_row(scene.frame, image_id, name2014(image_id)))
    for thing in (*scene.things, *scene.crowds):
        annotations.add(annotation_row(scene.frame, image_id, thing))


def _google_val(ref_id: int) -> bool:
    """Whether RefCOCOg's second split, by object instead of by picture, holds a ref out: 5,000 of 49,822."""
    return (ref_id + 1) * 5_000 // 49_822 > ref_id * 5_000 // 49_822


def _folder(world: World, dataset: Dataset) -> Path:
    return world.data_root / "refer_seg" / dataset.folder


def _write(world: World, dataset: Dataset, sinks: list[Sink], planted: Planted) -> None:
    fields = head(licenses=False) | {"categories": thing_categories()}
    speaker = Speaker(dataset.folder, dataset.say)
    path = _folder(world, dataset) / "instances.json"
    with json_object(path, fields, "images", "annotations") as (images, annotations):
        for plan in plans(world, dataset.splits, deck(world, dataset.deck)):
            scene = world.scene("coco", plan.number)
            image_id = world.image_id(plan.number)
            add_objects(scene, image_id, images, annotations)
            planted.quirk("crowds", len(scene.crowds))
            world.photograph(scene, f"{TRAIN2014}/{name2014(image_id)}")
            _speak(speaker, scene, image_id, plan, sinks)


def _speak(speaker: Speaker, scene: Scene, image_id: int, plan: Plan, sinks: list[Sink]) -> None:
    for thing, count in zip(scene.talked_about(), plan.sentences, strict=False):
        ref = speaker.ref(scene, thing, plan.split, count) | {
            "ann_id": annotation_id(image_id, thing),
            "image_id": image_id,
            "category_id": thing.category.id,
            "file_name": f"COCO_train2014_{image_id:012d}_{thing.number}.jpg",
        }
        for take in sinks:
            take(ref)


def _broken_ref(*, ann_id: int, image_id: int) -> dict[str, Any]:
    speaker = Speaker("broken", words.located, UNUSED_ID, UNUSED_ID)
    row = speaker.sentence("the lost one")
    places = {"ann_id": ann_id, "image_id": image_id, "category_id": 1, "file_name": "COCO_train2014_lost.jpg"}
    return speaker.numbered("train", [row]) | places
