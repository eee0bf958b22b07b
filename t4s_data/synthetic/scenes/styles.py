"""The pools of pictures and what makes them differ."""

from __future__ import annotations

from dataclasses import dataclass

from t4s_data.synthetic.scenes.catalog import AERIAL, FRAMES, THINGS, Category

Shares = tuple[float, float, float]
"""How much of the frame a thing covers: the least, and median and spread of a log-normal distribution."""


@dataclass(frozen=True, slots=True)
class Style:
    """What a pool of scenes looks like.

    Frames are (width, height, frequency). ``lead`` is for the things that people talk about, all of one
    class, ``other`` for the rest; ``leads`` and ``others`` say how many there are, ends exclusive.
    """

    categories: tuple[Category, ...] = THINGS
    frames: tuple[tuple[int, int, float], ...] = FRAMES
    lead: Shares = (0.028, 0.057, 0.7)
    other: Shares = (2e-4, 0.009, 1.3)
    leads: tuple[int, int] = (2, 5)
    others: tuple[int, int] = (2, 9)
    roughness: float = 0.011
    crowd_rate: float = 0.04
    aerial: bool = False


STYLES: dict[str, Style] = {
    "coco": Style(),
    "saiapr": Style(frames=((480, 360, 3), (360, 480, 1)), others=(4, 10), crowd_rate=0),
    "reason": Style(frames=((1024, 683, 3), (1024, 768, 2), (640, 480, 2), (768, 1024, 1)), crowd_rate=0),
    "rrsis": Style(AERIAL, ((800, 800, 97), (780, 800, 1), (800, 738, 1), (631, 600, 1)), (2e-4, 0.02, 1.2),
                   (2e-4, 0.006, 0.9), (1, 4), (1, 4), 0.012, 0, True),
    "earth": Style(AERIAL, ((512, 512, 2), (600, 600, 1), (800, 800, 1)), (1e-3, 0.05, 0.8),
                   (2e-4, 0.008, 0.9), (1, 4), (1, 4), 0.012, 0, True),
    "own": Style(others=(1, 6), crowd_rate=0),
    "gqa": Style(frames=((500, 375, 2), (375, 500, 1)), others=(1, 4), crowd_rate=0),
}  # fmt: skip
"""The pools of pictures by name."""
