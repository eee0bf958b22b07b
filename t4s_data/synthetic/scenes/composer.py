"""Scenes from numbers.

A scene is a pure function of (seed, pool, number), so that every source that uses a picture agrees on
what is in it, whichever sources are written and in whatever order.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from t4s_data.choice import draw
from t4s_data.synthetic.scenes.catalog import COLORS, LICENSE_WEIGHTS, STUFF, Category
from t4s_data.synthetic.scenes.outlines import ASPECTS, Ring, fill, ragged, split_apart, thinned
from t4s_data.synthetic.scenes.scene import Frame, Scene, Stuff, Thing
from t4s_data.synthetic.scenes.styles import STYLES, Shares, Style

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels."""

OUTDOORS = ("grass-merged", "road", "sand", "snow", "pavement-merged", "dirt-merged")
BEHIND = ("tree-merged", "building-other-merged", "mountain-merged", "sea", "fence-merged")
INDOORS = ("floor-wood", "floor-other-merged", "rug-merged", "table-merged", "counter")
WALLS = ("wall-other-merged", "wall-brick", "wall-tile", "wall-wood")


def _start(seed: int, pool: str, number: int) -> tuple[Frame, np.random.Generator]:
    random = np.random.Generator(np.random.PCG64(draw(seed, "scene", pool, str(number))))
    sizes = STYLES[pool].frames
    at = np.searchsorted(np.cumsum([size[2] for size in sizes]), random.random() * sum(size[2] for size in sizes))
    # Picture 1 always has the rarest size, so that the smallest world has it.
    width, height, _ = sizes[int(at) if number != 1 else -1]
    license_id = 1 + int(np.searchsorted(np.cumsum(LICENSE_WEIGHTS), random.random() * sum(LICENSE_WEIGHTS)))
    return Frame(pool, number, width, height, license_id), random


def frame_of(seed: int, pool: str, number: int) -> Frame:
    """The frame of a picture alone, which is much cheaper than all of its scene."""
    return _start(seed, pool, number)[0]


def scene_of(seed: int, pool: str, number: int) -> Scene:
    """The scene of picture ``number`` of a pool of :data:`STYLES`.

    >>> scene_of(0, "coco", 7).frame == frame_of(0, "coco", 7)
    True
    """
    frame, random = _start(seed, pool, number)
    return _Composer(frame, STYLES[pool], random).build()


@dataclass(slots=True)
class _Composer:
    frame: Frame
    style: Style
    random: np.random.Generator
    boxes: list[Box] = field(default_factory=list)

    def build(self) -> Scene:
        first = int(self.random.integers(*self.style.leads))
        rest = int(self.random.integers(*self.style.others))
        kinds = [self._kind(lead=True)] * first + [self._kind(lead=False) for _ in range(rest)]
        boxes = self._lead_boxes(kinds[0], first) + [self._free_box(kind) for kind in kinds[first:]]
        unit = ragged([kind.outline for kind in kinds], self.random, self.style.roughness)
        colors = self.random.permutation(len(COLORS)).tolist()
        words = tuple(COLORS)
        things = [
            Thing.of(number, kind, words[colors[number % len(words)]], self._rings(unit[number], boxes[number]))
            for number, kind in enumerate(kinds)
        ]
        stuff = _aerial_ground(self) if self.style.aerial else _ground(self)
        # Picture 0 always has a crowd, so that the smallest world has one.
        rate = self.style.crowd_rate if self.frame.number else float(self.style.crowd_rate > 0)
        crowds = (self._crowd(kinds[0], len(things)),) if self.random.random() < rate else ()
        return Scene(self.frame, stuff, tuple(things), crowds)

    def _kind(self, *, lead: bool) -> Category:
        kinds = self.style.categories
        weights = np.array([kind.weight if lead else kind.weight**0.5 + 0.3 for kind in kinds])
        kind = kinds[int(np.searchsorted(np.cumsum(weights), self.random.random() * weights.sum()))]
        # Half of the people in photographs are cut off below the chest.
        return replace(kind, outline="bust") if kind.outline == "person" and self.random.random() < 0.5 else kind

    def _size(self, kind: Category, typical: Shares) -> tuple[float, float]:
        least, median, spread = typical
        share = min(0.5, max(least, median * float(self.random.lognormal(0, spread))))
        aspect = ASPECTS[kind.outline] * float(self.random.lognormal(0, 0.25))
        covered = share * self.frame.width * self.frame.height / fill(kind.outline)
        width, height = (covered * aspect) ** 0.5, (covered / aspect) ** 0.5
        # What is too tall gets wider, so that its area stays what was drawn.
        if height > (limit := 0.96 * self.frame.height):
            width, height = width * height / limit, limit
        if width > (limit := 0.96 * self.frame.width):
            width, height = limit, min(height * width / limit, 0.96 * self.frame.height)
        return max(width, 8.0), max(height, 8.0)

    def _lead_boxes(self, kind: Category, count: int) -> list[Box]:
        sizes = [self._size(kind, self.style.lead) for _ in range(count)]
        total = sum(width for width, _ in sizes)
        spare = self.frame.width - total
        left, boxes = 0.0, []
        for width, height in sizes:
            # Side by side; where they are wider than the frame together, neighbours overlap.
            left += spare * float(self.random.uniform(0.1, 1.5)) / (count + 1)
            top = (self.frame.height - height) * float(self.random.beta(3, 2))
            x = min(max(left, -0.1 * width), self.frame.width - 0.9 * width)
            boxes.append((x, top, x + width, top + height))
            left += width
        self.boxes.extend(boxes)
        return boxes

    def _free_box(self, kind: Category) -> Box:
        return self._free_place(*self._size(kind, self.style.other))

    def _free_place(self, width: float, height: float) -> Box:
        """Of six places for a box the one that covers least of those before it."""
        spare = (self.frame.width - width, self.frame.height - height)
        tries = (self.random.random((6, 2)) * spare).tolist()
        best = min(((x, y, x + width, y + height) for x, y in tries), key=self._covered)
        self.boxes.append(best)
        return best

    def _covered(self, box: Box) -> float:
        return sum(
            max(0.0, min(box[2], other[2]) - max(box[0], other[0]))
            * max(0.0, min(box[3], other[3]) - max(box[1], other[1]))
            for other in self.boxes
        )

    def _rings(self, unit: Ring, box: Box) -> tuple[Ring, ...]:
        left, top, right, bottom = box
        placed = unit * (right - left, bottom - top) + (left, top)
        side = ((right - left) * (bottom - top)) ** 0.5
        ring = thinned(placed, int(self.random.lognormal(2.7, 0.5) * max(0.55, min(2.5, side / 60))))
        parts = [ring]
        if side > 40 and self.random.random() < 0.16:
            gap = (right - left) * float(self.random.uniform(0.04, 0.12))
            parts = split_apart(ring, float(self.random.uniform(left, right)), gap)
        return tuple(self._inside(part) for part in parts) if parts else (self._inside(ring),)

    def _inside(self, ring: Ring) -> Ring:
        return np.clip(ring, 0, (self.frame.width, self.frame.height)).round(2)

    def _crowd(self, kind: Category, number: int) -> Thing:
        count = int(self.random.integers(5, 10))
        size = 0.06 * min(self.frame.width, self.frame.height)
        left, top, _, _ = self._free_place(size * count, 1.4 * size)
        unit = ragged([kind.outline] * count, self.random, self.style.roughness)
        rings = (
            thinned(one * (size, 1.4 * size) + (left + size * place, top), 12).round(2)
            for place, one in enumerate(unit)
        )
        return Thing.of(number, kind, "gray", tuple(rings), crowd=True)


def _ground(composer: _Composer) -> tuple[Stuff, ...]:
    """Sky or wall, what stands before it, and the ground, from top to bottom."""
    random, frame = composer.random, composer.frame
    outside = random.random() < 0.65
    floor = str(random.choice(OUTDOORS if outside else INDOORS))
    bands = [("sky-other-merged" if outside else str(random.choice(WALLS)), 0.0)]
    horizon = float(random.uniform(0.35, 0.7))
    if outside and random.random() < 0.75:
        bands.append((str(random.choice(BEHIND)), horizon * float(random.uniform(0.45, 0.8))))
    bands.append((floor, horizon))
    return tuple(Stuff(STUFF[name], _band(frame, top, random)) for name, top in bands)


def _band(frame: Frame, top: float, random: np.random.Generator) -> Ring:
    x = np.linspace(0, frame.width, 25)
    y = frame.height * (top + (random.normal(0, 0.012, 25) if top else np.zeros(25)))
    line = np.stack([x, np.clip(y, 0, frame.height)], axis=1)
    corners = [(frame.width, frame.height), (0, frame.height)]
    return np.concatenate([line, corners]).round(2)


def _aerial_ground(composer: _Composer) -> tuple[Stuff, ...]:
    """Fields, bare soil or water seen from above."""
    random, frame = composer.random, composer.frame
    names = random.permutation(["grass-merged", "dirt-merged", "pavement-merged", "sea", "sand"]).tolist()
    whole = Stuff(STUFF[names[0]], _band(frame, 0.0, random))
    patches = [
        Stuff(
            STUFF[name],
            (one * random.uniform(0.3, 0.7, 2) + random.uniform(0, 0.5, 2)) * (frame.width, frame.height),
        )
        for name, one in zip(names[1:4], ragged(["kite", "box", "couch"], random, 0.02), strict=True)
    ]
    return (whole, *patches)
