"""EarthReason: questions about pictures from above (github.com/earth-insights/SegEarth-R1)."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass

import numpy as np
from PIL import Image

from t4s_data.choice import pick
from t4s_data.files.writing import write_whole
from t4s_data.synthetic.layouts.objects import bitmap
from t4s_data.synthetic.planted import Planted
from t4s_data.synthetic.scenes import words
from t4s_data.synthetic.scenes.scene import Scene, Thing
from t4s_data.synthetic.world import World

SPLITS = (("train", 2_371), ("val", 1_135), ("test", 1_928))
QUESTIONS, ANSWERS = 6, 5
LABELLESS, IMAGELESS = 3, 7
"""Places in each split whose label image, or whose picture, is missing; they come on top of the official number."""


@dataclass(frozen=True, slots=True)
class _Folders:
    """Where the three kinds of files of a split lie: some copies repeat the split's name."""

    images: str
    labels: str
    qas: str


def _folders(split: str) -> _Folders:
    root = f"rs_reason_seg/RSReasonSeg/{split}"
    deep = f"{root}/{split}"
    if split == "test":
        return _Folders(f"{deep}/images", f"{deep}/labels", f"{deep}/QAs")
    return _Folders(f"{root}/images", f"{root}/labels", f"{deep if split == 'val' else root}/QAs")


@dataclass(frozen=True, slots=True)
class _Record:
    """One picture: the number of its scene, which is its file stem, and its place in the split."""

    split: str
    number: int
    place: int

    @property
    def has_target(self) -> bool:
        return self.place % 8 != 5

    @property
    def missing(self) -> str:
        """Which of its files is not there, with the reason that makes of its records."""
        return {LABELLESS: "no-mask", IMAGELESS: "image-missing"}.get(self.place, "")


def write_earthreason(world: World) -> Planted:
    """EarthReason; its pictures are always written, since a record is found by its files."""
    planted = Planted()
    first = 0
    for split, official in SPLITS:
        count = world.size(official, 14) + 2
        for place in range(count):
            _write_record(world, _Record(split, first + place, place), planted)
        first += count
    return planted


def _write_record(world: World, record: _Record, planted: Planted) -> None:
    scene = world.scene("earth", record.number)
    folders, stem = _folders(record.split), f"{record.number:06d}"
    if record.missing != "image-missing":
        world.pictured(scene, f"{folders.images}/{stem}.{('jpg', 'jpg', 'jpeg', 'png')[record.place % 4]}")
    if record.missing != "no-mask":
        targets = scene.alike(scene.things[0]) if record.has_target else []
        write_whole(world.data_root / folders.labels / f"{stem}.png", label(scene, targets))
    body = {"questions": questions(scene, record.number), "answer": _answers(scene, record)}
    ending = "txt" if record.place % 7 == 6 else "json"
    write_whole(world.data_root / folders.qas / f"{stem}.{ending}", json.dumps(body, indent=4).encode())
    _count(record, min(QUESTIONS, len(body["answer"]) or QUESTIONS), planted)
    planted.quirk("txt-questions", int(ending == "txt"))


def _count(record: _Record, pairs: int, planted: Planted) -> None:
    if record.missing:
        planted.drop(record.split, record.missing, pairs)
    else:
        planted.keep(record.split, pairs)
        planted.quirk("images-without-target", int(not record.has_target))


def _answers(scene: Scene, record: _Record) -> list[str]:
    """No answer, or answers that say so, where nothing is marked; else answers about what is."""
    if record.has_target:
        return answers(scene, record.number)
    return [] if record.place % 96 == 5 else ["Nothing of that kind is in the picture."] * ANSWERS


def label(scene: Scene, targets: list[Thing]) -> bytes:
    """A gray PNG, 255 on the targets."""
    mask = np.zeros((scene.frame.height, scene.frame.width), np.uint8)
    for thing in targets:
        mask |= bitmap(scene.frame, thing)
    file = io.BytesIO()
    Image.fromarray(mask * np.uint8(255)).save(file, "PNG")
    return file.getvalue()


USES = {
    "airplane": "carries people through the air", "airport": "is where flights begin and end",
    "baseballfield": "is where a ball is hit with a bat", "basketballcourt": "is where balls are thrown through hoops",
    "bridge": "leads a road over water", "chimney": "lets smoke out high above the ground", "dam": "holds water back",
    "golffield": "is where small balls are played into holes", "groundtrackfield": "is where runners go round",
    "harbor": "is where boats are tied up", "overpass": "leads one road over another",
    "ship": "carries goods over the sea",
    "stadium": "seats a crowd around a game", "storagetank": "keeps oil or gas", "vehicle": "drives on roads",
    "tenniscourt": "is where a ball flies over a low net", "trainstation": "is where people board trains",
    "windmill": "turns wind into power", "Expressway-Service-area": "lets drivers rest beside a fast road",
    "Expressway-toll-station": "makes drivers pay for a fast road",
}  # fmt: skip


def questions(scene: Scene, number: int) -> list[str]:
    """Questions that mean the same: all things like the scene's first."""
    use = USES[scene.things[0].category.name]
    return [
        f"What in this picture {use}?",
        f"Please mark everything that {use}.",
        f"Somebody is looking for what {use}. Where is it?",
        f"Which part of the picture {use}?",
        f"Suppose you need something that {use}. What would you point at?",
        f"Where does one find, in picture {number}, what {use}?",
    ]


def answers(scene: Scene, number: int) -> list[str]:
    """Answers to the questions, in other words each time."""
    thing = scene.things[0]
    word, where = words.noun(thing), words.ground_word(scene)
    use = USES[thing.category.name]
    count = len(scene.alike(thing))
    many = "one" if count == 1 else str(count)
    start = pick(("The", "Each"), 0, "earth", str(number))
    return [
        f"{start} {word} {use}.",
        f"It is the {word}: there {'is' if count == 1 else 'are'} {many} of the kind.",
        f"The {word} on the {where} {use}, so it is marked.",
        f"What {use} is called a {word}.",
        f"The answer is the {word}, {thing.color} for one.",
    ]
