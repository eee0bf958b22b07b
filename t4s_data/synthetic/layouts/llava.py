"""LLaVA-665k: conversations about pictures of many origins, and about none (github.com/haotian-liu/LLaVA)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from t4s_data.choice import pick
from t4s_data.files.writing import write_whole
from t4s_data.synthetic.layouts.streams import json_array
from t4s_data.synthetic.planted import Planted
from t4s_data.synthetic.scenes import words
from t4s_data.synthetic.scenes.painter import gif
from t4s_data.synthetic.scenes.scene import Scene
from t4s_data.synthetic.world import World, name2017

KINDS = {"coco": 364_100, "gqa": 72_140, "ocr_vqa": 80_000, "textvqa": 21_953, "vg": 86_417, "text": 40_688}
"""Rows of each origin; 665,298 together."""
MISSING, EMPTY = 355, 170
"""How many OCR-VQA pictures are gone, and how many Visual Genome files are empty."""


def write_llava(world: World) -> Planted:
    """The conversations of one file, in its order, with two rows that cannot be used at the end."""
    planted = Planted()
    with json_array(world.data_root / "llava/llava_v1_5_mix665k.json") as rows:
        sizes = {kind: world.size(official, 8) for kind, official in KINDS.items()}
        for place, (kind, number) in enumerate(interleaved(sizes)):
            rows.add(_Row(world, kind, number, place, planted).build())
            planted.keep("train")
        rows.add({"id": "broken_0", "conversations": []})
        rows.add({"id": "broken_1", "conversations": [{"from": "human", "value": 7}, {"from": "gpt", "value": "7"}]})
        planted.drop("train", "no-texts")
        planted.drop("train", "bad-type")
    return planted


def interleaved(sizes: dict[str, int]) -> Iterator[tuple[str, int]]:
    """Every kind as often as it should come, evenly mixed, with a running number of its own.

    >>> list(interleaved({"a": 2, "b": 1}))
    [('a', 0), ('b', 0), ('a', 1)]
    """
    done = dict.fromkeys(sizes, 0)
    for _ in range(sum(sizes.values())):
        kind = min(sizes, key=lambda name: (2 * done[name] + 1) / (2 * sizes[name]))
        yield kind, done[kind]
        done[kind] += 1


@dataclass(slots=True)
class _Row:
    world: World
    kind: str
    number: int
    place: int
    planted: Planted

    def build(self) -> dict[str, Any]:
        if self.kind == "text":
            return self._text_only()
        pool, number = (
            ("coco", self.number % len(self.world.train2017())) if self.kind == "coco" else ("gqa", self.place)
        )
        scene = self.world.scene(pool, number)
        image = self._image(scene)
        return self._id() | {"image": image, "conversations": self._conversation(scene)}

    def _id(self) -> dict[str, Any]:
        """Text, numbers, the same one again, or none."""
        if self.place % 11 == 5:
            self.planted.quirk("missing-ids")
            return {}
        if self.place % 11 == 6:
            self.planted.quirk("repeated-ids")
            return {"id": "000000033471"}
        return {"id": self.place} if self.place % 4 == 1 else {"id": f"{self.kind}_{self.place:07d}"}

    def _image(self, scene: Scene) -> str:
        path = self._path(scene)
        if self.kind == "ocr_vqa" and self._is_one_of(MISSING):
            self.planted.drop_embedded("train", "image-missing")
        elif self.kind == "vg" and self._is_one_of(EMPTY):
            self.planted.drop_embedded("train", "image-unreadable")
            self._write(path, b"")
        elif self.kind == "ocr_vqa" and self.number % 50 == 2:
            self.planted.quirk("gif-named-jpg")
            self._write(path, gif(scene))
        else:
            self.world.photograph(scene, path)
        return path

    def _write(self, path: str, data: bytes) -> None:
        if self.world.images:
            write_whole(self.world.data_root / path, data)

    def _path(self, scene: Scene) -> str:
        if self.kind == "coco":
            return f"coco/train2017/{name2017(self.world.image_id(scene.frame.number))}"
        if self.kind == "gqa":
            return f"gqa/images/{2_300_000 + self.number}.jpg"
        if self.kind == "ocr_vqa":
            return f"ocr_vqa/images/{10**9 + 7 * self.number}.jpg"
        if self.kind == "textvqa":
            return f"textvqa/train_images/{self.world.draw('textvqa', str(self.number)):016x}.jpg"
        return f"vg/VG_100K{'_2' if self.number % 2 else ''}/{2_310_000 + self.number}.jpg"

    def _is_one_of(self, official: int) -> bool:
        """Whether this row's picture is among the bad ones of its kind, which lie evenly spread."""
        rows, bad = self.world.size(KINDS[self.kind], 8), self.world.size(official, 1)
        return (self.number + 1) * bad // rows > self.number * bad // rows

    def _conversation(self, scene: Scene) -> list[dict[str, str]]:
        asked = [ask(scene, self.place, turn) for turn in range(1 + self.place % 5)]
        first, reply = asked[0]
        at_end = self.place % 2 == 1
        self.planted.quirk("image-at-the-end", int(at_end))
        asked[0] = (f"{first}\n<image>" if at_end else f"<image>\n{first}", reply)
        turns = [turn for question, reply in asked for turn in _pair(question, reply)]
        if self.place % 13 == 4:
            self.planted.quirk("leading-answers")
            turns.insert(0, {"from": "gpt", "value": "Hello, show me a picture."})
        if self.place % 17 == 8:
            self.planted.quirk("reserved-words")
            turns[-1]["value"] += " Tags such as <seg>, <box> or <fg12> are plain words here."
        return turns

    def _text_only(self) -> dict[str, Any]:
        topic = pick(TOPICS, 0, "topic", str(self.number))
        asked = [
            (f"What should I know about {topic}? Answer in short.", f"There is much to say about {topic}: {ADVICE}")
        ]
        if self.number % 3 == 0:
            asked.append(("And in one word?", f"Patience, {self.number} times over."))
        self.planted.quirk("text-only")
        turns = [turn for question, reply in asked for turn in _pair(question, reply)]
        return {"id": f"text{self.number:06d}_0", "model": "", "conversations": turns}


TOPICS = ("baking bread", "growing tomatoes", "sorting a list", "long walks", "learning chess", "keeping a diary")
ADVICE = "begin with little, look at what goes wrong, and do it again the next day."


def _pair(question: str, reply: str) -> list[dict[str, str]]:
    return [{"from": "human", "value": question}, {"from": "gpt", "value": reply}]


def ask(scene: Scene, place: int, turn: int) -> tuple[str, str]:
    """A question about the picture and its true answer."""
    thing = scene.things[turn % len(scene.things)]
    other, name = words.beside(scene, thing), thing.category.name
    count = len(scene.alike(thing))
    forms = (
        (f"How many {name}s can be seen in the picture?", str(count)),
        (f"Which color has the {size} {name}?" if (size := words.size_rank(scene, thing)) else "Is it a drawing?",
         thing.color if size else "Yes, it looks like one."),
        (f"Is there a {thing.color} {name} in the picture?", f"Yes, there is a {thing.color} {name}."),
        (f"Where is the {thing.color} {name} in relation to the {other.color} {other.category.name}?",
         f"The {thing.color} {name} is {words.relation(thing, other)} the {other.color} {other.category.name}."),
        ("What is the ground made of?", f"The lowest part of the picture shows {words.ground_word(scene)}."),
        ("Describe the picture.", describe(scene)),
    )  # fmt: skip
    return pick(forms, 0, "ask", str(place), str(turn))


def describe(scene: Scene) -> str:
    """All things of the scene in one sentence after another."""
    first = ", ".join(f"a {thing.color} {thing.category.name}" for thing in scene.things)
    return f"The picture shows {first}. All of them stand above {words.ground_word(scene)}."
