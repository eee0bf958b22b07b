"""RefCLEF (ReferItGame) in the layout of the `refer` loader: lists of run lengths, sub-folders, two splits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from t4s_data.synthetic.layouts.objects import annotation_id, box, compressed, thing_categories
from t4s_data.synthetic.layouts.pickled import PickledList, pickled_list, python2, python3
from t4s_data.synthetic.layouts.refs import Plan, Speaker, Split, plans
from t4s_data.synthetic.layouts.streams import JsonArray, json_object
from t4s_data.synthetic.planted import Planted
from t4s_data.synthetic.scenes import words
from t4s_data.synthetic.scenes.scene import Frame, Scene, Thing
from t4s_data.synthetic.world import World

IMAGES = "refer_seg/images/saiapr_tc-12"
UNC = (
    Split("train", 17_978, 89_830, 117_673), Split("val", 1_378, 9_180, 12_029), Split("testA", 250, 1_250, 3_449),
    Split("testB", 200, 1_000, 3_221), Split("testC", 170, 850, 2_664), Split("testAB", 12, 50, 116),
    Split("testBC", 9, 40, 86),
)  # fmt: skip
"""The train sentences are what the paper's Table I leaves for RefCLEF; refs and test images are guesses."""
MASKLESS_EVERY = 200


@dataclass(slots=True)
class _Writer:
    world: World
    unc: PickledList
    berkeley: PickledList
    images: JsonArray
    annotations: JsonArray
    planted: Planted
    speaker: Speaker

    def add_picture(self, plan: Plan, place: int) -> None:
        """A picture with its objects and refs; every so often one object has no mask."""
        scene = self.world.scene("saiapr", plan.number)
        image_id = plan.number + 1
        name = f"{image_id % 41:02d}/images/{image_id}.jpg"
        self.world.photograph(scene, f"{IMAGES}/{name}")
        self.images.add({"file_name": name, "height": scene.frame.height, "width": scene.frame.width, "id": image_id})
        for thing in scene.things:
            self.annotations.add(_annotation(scene.frame, image_id, thing))
        for thing, sentences in zip(scene.talked_about(), plan.sentences, strict=False):
            ref = self.speaker.ref(scene, thing, plan.split, sentences) | _place(image_id, thing)
            self._add(ref, _berkeley(place))
        if place % MASKLESS_EVERY == 0:
            ref = self.speaker.numbered(plan.split, [self.speaker.sentence("the one nobody outlined")])
            self._add(ref | self._maskless(scene, image_id), _berkeley(place), reason="no-mask")

    def _maskless(self, scene: Scene, image_id: int) -> dict[str, Any]:
        thing = replace(scene.things[0], number=31)
        self.annotations.add(_annotation(scene.frame, image_id, thing) | {"segmentation": []})
        self.planted.quirk("empty-segmentations")
        return _place(image_id, thing)

    def _add(self, ref: dict[str, Any], berkeley: str, *, reason: str = "") -> None:
        """A ref in both splits; its sentences are usable where there is no reason against it."""
        records = len(ref["sentences"])
        for refs, split_by, split in ((self.unc, "unc", ref["split"]), (self.berkeley, "berkeley", berkeley)):
            refs.add(ref | {"split": split})
            for home in _homes(split):
                if reason:
                    self.planted.drop(f"{split_by}-{home}", reason, records)
                else:
                    self.planted.keep(f"{split_by}-{home}", records)


def write_refclef(world: World) -> Planted:
    """RefCLEF: masks as lists of run lengths, some empty; the berkeley file is a Python 2 pickle of bytes."""
    planted = Planted()
    folder = world.data_root / "refer_seg" / "refclef"
    fields = {"categories": thing_categories()}
    with (
        pickled_list(folder / "refs(unc).p", python3) as unc,
        pickled_list(folder / "refs(berkeley).p", python2) as berkeley,
        json_object(folder / "instances.json", fields, "images", "annotations") as (images, annotations),
    ):
        speaker = Speaker("refclef", words.located)
        writer = _Writer(world, unc, berkeley, images, annotations, planted, speaker)
        for place, plan in enumerate(plans(world, UNC, count())):
            writer.add_picture(plan, place)
    planted.quirk("python2-pickle")
    return planted


def _place(image_id: int, thing: Thing) -> dict[str, Any]:
    return {
        "ann_id": annotation_id(image_id, thing),
        "image_id": image_id,
        "category_id": thing.category.id,
        "file_name": f"{image_id}_{thing.number}.jpg",
    }


def _homes(split: str) -> tuple[str, ...]:
    """The splits that a ref counts to: one marked testAB is in testA and in testB, as the loader has it."""
    return tuple(f"test{letter}" for letter in split[4:]) if split in ("testAB", "testBC") else (split,)


def _berkeley(place: int) -> str:
    """The other split, by picture: half of them test, a twentieth val."""
    return "val" if place % 20 == 1 else ("test", "train")[place % 2]


def _annotation(frame: Frame, image_id: int, thing: Thing) -> dict[str, Any]:
    return {
        "segmentation": compressed(frame, thing),
        "area": round(thing.area, 4),
        "iscrowd": 0,
        "image_id": image_id,
        "bbox": box(thing),
        "category_id": thing.category.id,
        "id": annotation_id(image_id, thing),
    }
