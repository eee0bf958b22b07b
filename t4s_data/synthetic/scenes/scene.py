"""What a synthetic picture shows: its frame, its stuff regions and its things."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from t4s_data.synthetic.scenes.catalog import Category
from t4s_data.synthetic.scenes.outlines import Ring, ring_area


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture before anything is in it; width and height in pixels."""

    pool: str
    number: int
    width: int
    height: int
    license: int


@dataclass(frozen=True, slots=True)
class Thing:
    """One object: rings in pixels, rounded as annotation files have them; crowds have many rings.

    ``bounds`` are left, top, right and bottom in pixels; ``area`` is in square pixels.
    """

    number: int
    category: Category
    color: str
    rings: tuple[Ring, ...]
    bounds: tuple[float, float, float, float]
    area: float
    crowd: bool = False

    @classmethod
    def of(cls, number: int, category: Category, color: str, rings: tuple[Ring, ...], *, crowd: bool = False) -> Thing:
        """The thing inside some rings."""
        points = np.concatenate(rings)
        (left, top), (right, bottom) = points.min(0).tolist(), points.max(0).tolist()
        area = sum(ring_area(ring) for ring in rings)
        return cls(number, category, color, rings, (left, top, right, bottom), area, crowd)


@dataclass(frozen=True, slots=True)
class Stuff:
    """A background region, painted in the scene's order, below all things."""

    category: Category
    ring: Ring


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture's content; the first things are of one class, and large."""

    frame: Frame
    stuff: tuple[Stuff, ...]
    things: tuple[Thing, ...]
    crowds: tuple[Thing, ...] = ()

    def alike(self, thing: Thing) -> list[Thing]:
        """The things of the same class, the given one included."""
        return [other for other in self.things if other.category.id == thing.category.id]

    def talked_about(self) -> list[Thing]:
        """The things in the order in which people speak of them: the leading class first, then by size."""
        lead = self.things[0].category.id
        return sorted(self.things, key=lambda thing: (thing.category.id != lead, -thing.area))
