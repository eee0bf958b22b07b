"""Refs: an object of a picture with the sentences that refer to it, and how they spread over splits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from t4s_data.synthetic.layouts.pickled import PickledList
from t4s_data.synthetic.planted import Planted
from t4s_data.synthetic.scenes import words
from t4s_data.synthetic.scenes.scene import Scene, Thing
from t4s_data.synthetic.world import World, portion

Say = Callable[..., str]
"""Makes a sentence from a scene, a thing and the words that key the choice."""
Sink = Callable[[dict[str, Any]], None]
"""Takes a finished ref."""


@dataclass(frozen=True, slots=True)
class Split:
    """The official numbers of one split."""

    name: str
    images: int
    refs: int
    sentences: int


@dataclass(frozen=True, slots=True)
class Plan:
    """One picture of a split and how many sentences each of its refs has."""

    number: int
    split: str
    sentences: tuple[int, ...]


def plans(world: World, splits: Sequence[Split], numbers: Iterable[int]) -> Iterator[Plan]:
    """The pictures of all splits in this world's size, numbers taken as they come."""
    deck = iter(numbers)
    for split in splits:
        images = world.size(split.images, 4 if split.name == "train" else 2)
        refs = max(images + 2, world.size(split.refs))
        yield from _split_plans(split, deck, images, refs)


def _split_plans(split: Split, deck: Iterator[int], images: int, refs: int) -> Iterator[Plan]:
    sentences = round(refs * split.sentences / split.refs)
    done = 0
    for place in range(images):
        count = portion(refs, images, place)
        yield Plan(next(deck), split.name, tuple(portion(sentences, refs, done + k, 1) for k in range(count)))
        done += count


@dataclass(slots=True)
class Speaker:
    """Makes the refs of one data set and numbers them and their sentences."""

    name: str
    say: Say
    next_ref: int = 0
    next_sentence: int = 0

    def ref(self, scene: Scene, thing: Thing, split: str, sentences: int) -> dict[str, Any]:
        """A ref without `image_id`, `ann_id`, `category_id` and `file_name`."""
        rows = [self.sentence(self.say(scene, thing, self.name, str(self.next_sentence))) for _ in range(sentences)]
        return self.numbered(split, rows)

    def numbered(self, split: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
        """The next ref around sentences."""
        self.next_ref += 1
        return {
            "ref_id": self.next_ref - 1,
            "split": split,
            "sent_ids": [row["sent_id"] for row in rows],
            "sentences": rows,
        }

    def sentence(self, text: str) -> dict[str, Any]:
        """The next item of `sentences`; every fortieth has a letter outside ASCII."""
        number = self.next_sentence
        self.next_sentence += 1
        sent = f"{text} by the café" if number % 40 == 3 else text
        return {"tokens": sent.split(), "raw": words.typed(sent, str(number)), "sent_id": number, "sent": sent}


def sink(refs: PickledList, planted: Planted, split_by: str) -> Sink:
    """Writes refs to a pickle and counts their sentences as usable records."""

    def add(ref: dict[str, Any]) -> None:
        refs.add(ref)
        planted.keep(f"{split_by}-{ref['split']}", len(ref["sentences"]))

    return add
