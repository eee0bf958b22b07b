"""Sentences that are true of a scene: expressions, captions, questions and their answers."""

from __future__ import annotations

from collections.abc import Sequence

from t4s_data.choice import pick
from t4s_data.manifest.wording import load_wording
from t4s_data.synthetic.scenes.scene import Scene, Thing

ORDINALS = ("first", "second", "third", "fourth", "fifth")
NOUNS: dict[str, tuple[str, ...]] = {"person": ("person", "guy", "figure", "one")}
GROUND_WORDS: dict[str, str] = {
    "grass-merged": "grass", "road": "road", "sand": "sand", "snow": "snow", "pavement-merged": "pavement",
    "dirt-merged": "dirt", "floor-wood": "wooden floor", "floor-other-merged": "floor", "rug-merged": "rug",
    "table-merged": "table", "counter": "counter", "sea": "water",
}  # fmt: skip


def noun(thing: Thing, *key: str) -> str:
    """A word for the thing's class."""
    return pick(NOUNS.get(thing.category.name, (thing.category.name.lower().replace("-", " "),)), 0, *key)


def side(scene: Scene, thing: Thing) -> str:
    """Where the thing stands among its like: left, right, middle, second from left, ..."""
    row = sorted(scene.alike(thing), key=_middle)
    place = [other.number for other in row].index(thing.number)
    if len(row) == 1:
        return _third(scene, thing)
    if place == 0:
        return "left"
    if place == len(row) - 1:
        return "right"
    return "middle" if len(row) == 3 else f"{ORDINALS[min(place, 4)]} from left"


def size_rank(scene: Scene, thing: Thing) -> str:
    """``biggest``, ``smallest`` or nothing, among the thing's like."""
    areas = [other.area for other in scene.alike(thing)]
    if len(areas) < 2:
        return ""
    return {max(areas): "biggest", min(areas): "smallest"}.get(thing.area, "")


def located(scene: Scene, thing: Thing, *key: str) -> str:
    """A short expression that may say where the thing is, as players of RefCOCO's game write."""
    where, word, rank = side(scene, thing), noun(thing, *key), size_rank(scene, thing)
    forms = [
        f"{where} {word}",
        f"{word} {_at(where)}",
        f"{thing.color} {word} {where}",
        f"{thing.color} {word}",
        f"the {thing.color} {word} {_at(where)}",
        f"{where}",
        f"{word} in {thing.color} {_at(where)}",
        f"{thing.color} {where}",
    ]
    return pick([*forms, f"{rank} {word}"] if rank else forms, 0, "located", *key)


def described(scene: Scene, thing: Thing, *key: str) -> str:
    """A short expression without places, as RefCOCO+ asks for."""
    word, rank = noun(thing, *key), size_rank(scene, thing)
    forms = [
        f"{thing.color} {word}",
        f"the {thing.color} {word}",
        f"{word} in {thing.color}",
        f"the one that is {thing.color}",
        f"{thing.color}",
        f"all {thing.color} {word}",
    ]
    return pick([*forms, f"{rank} {word}", f"{rank} {thing.color} {word}"] if rank else forms, 0, "described", *key)


def explained(scene: Scene, thing: Thing, *key: str) -> str:
    """A whole clause, as RefCOCOg has them."""
    other = beside(scene, thing)
    word, base = noun(thing, *key), ground_word(scene)
    near = f"the {other.color} {noun(other, *key)}"
    forms = [
        f"a {thing.color} {word} {relation(thing, other)} {near}",
        f"the {thing.color} {word} {_at(side(scene, thing))} of the picture , above the {base}",
        f"a {thing.color} {word} that is {relation(thing, other)} {near} and near the {base}",
        f"the {word} which is {thing.color} and {relation(thing, other)} {near}",
    ]
    return pick(forms, 0, "explained", *key)


def beside(scene: Scene, thing: Thing) -> Thing:
    """The next thing of the scene, which comparisons refer to."""
    return scene.things[(thing.number + 1) % len(scene.things)]


def relation(thing: Thing, other: Thing) -> str:
    """How the thing lies to another, in words."""
    (x0, y0), (x1, y1) = _center(thing), _center(other)
    if abs(x0 - x1) >= abs(y0 - y1):
        return "to the left of" if x0 < x1 else "to the right of"
    return "above" if y0 < y1 else "below"


def ground_word(scene: Scene) -> str:
    """A word for the region at the bottom of the picture."""
    return stuff_word(scene.stuff[-1].category.name)


def stuff_word(name: str) -> str:
    """What a person calls a class of stuff.

    >>> stuff_word("sky-other-merged"), stuff_word("wall-brick"), stuff_word("sea")
    ('sky', 'brick wall', 'water')
    """
    return GROUND_WORDS.get(name) or load_wording("coco").plain.get(name, name.removesuffix("-merged"))


def colors_of(things: Sequence[Thing]) -> str:
    """``red``, ``red and blue``, ``red , blue and green``."""
    words = [thing.color for thing in things]
    return words[0] if len(words) == 1 else f"{' , '.join(words[:-1])} and {words[-1]}"


def typed(sentence: str, *key: str) -> str:
    """A sentence as somebody typed it, before cleaning."""
    return pick((sentence, sentence.capitalize(), f"{sentence}.", f"{sentence} ", f"{sentence}!"), 0, "typed", *key)


def _at(where: str) -> str:
    prefix = {"left": "on the ", "right": "on the ", "middle": "in the "}.get(where, "")
    return prefix + where


def _center(thing: Thing) -> tuple[float, float]:
    left, top, right, bottom = thing.bounds
    return (left + right) / 2, (top + bottom) / 2


def _middle(thing: Thing) -> tuple[float, int]:
    return _center(thing)[0], thing.number


def _third(scene: Scene, thing: Thing) -> str:
    return ("left", "middle", "right")[min(2, int(3 * _center(thing)[0] / scene.frame.width))]
