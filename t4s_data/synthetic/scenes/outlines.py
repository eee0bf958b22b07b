"""Outlines of things: silhouettes with a ragged edge, as people trace them."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

Ring = NDArray[np.float64]
"""A closed polygon, float64 (V, 2), x and y in pixels; the last point joins the first."""

POINTS = 64

# Corners in percent of the bounding box, y downwards.
_CORNERS = {
    "person": "42,0 58,0 64,7 61,15 76,19 92,32 100,52 88,58 78,44 76,58 80,78 86,98 62,100 54,72 46,72 38,100 14,98"
    " 22,76 24,58 22,44 12,58 0,52 8,32 24,19 39,15 36,7",
    "bust": "38,0 56,0 66,8 66,24 60,36 76,42 92,52 98,74 100,98 60,100 20,99 0,97 4,70 12,50 28,42 40,36 34,24 32,8",
    "quadruped": "0,34 6,26 20,28 60,27 70,16 74,2 80,10 88,6 100,24 96,36 84,42 80,56 79,98 70,100 67,68 40,66 36,99"
    " 27,100 24,66 20,98 11,99 11,58 7,46 2,60",
    "giraffe": "30,60 56,50 70,10 78,0 96,8 98,14 82,16 74,54 72,99 64,100 61,74 42,76 40,100 32,99 28,74 22,70",
    "bird": "0,60 20,48 34,30 58,24 74,6 88,8 100,20 86,26 84,46 68,70 56,78 58,100 50,100 48,78 28,70 12,72",
    "car": "0,60 6,44 24,38 36,8 68,6 84,38 97,46 100,74 90,78 86,98 74,100 70,80 32,80 28,100 16,98 12,80 2,78",
    "truck": "0,10 62,8 63,30 84,30 98,58 100,84 92,85 88,100 76,99 72,85 30,86 26,100 14,99 10,86 0,86",
    "box": "2,4 30,0 72,1 98,5 100,60 97,96 60,100 20,99 1,95 0,40",
    "cycle": "0,72 6,52 20,46 30,20 26,6 42,4 46,22 62,24 68,6 82,2 80,16 86,46 98,58 100,82 90,99 72,96 66,74 56,60"
    " 44,78 36,96 18,100 4,92",
    "airplane": "0,30 8,22 14,46 40,42 30,0 44,2 66,40 92,42 100,52 94,60 64,64 46,100 34,98 42,64 10,58 2,54",
    "aircraft": "46,0 54,0 58,32 100,58 100,68 58,58 56,82 70,94 70,100 50,94 30,100 30,94 44,82 42,58 0,68 0,58 42,32",
    "boat": "0,54 40,52 42,4 50,0 72,46 76,52 100,50 86,96 16,100",
    "bottle": "36,0 64,0 65,24 86,42 92,64 88,96 70,100 30,100 12,96 8,64 14,42 35,24",
    "cup": "4,6 30,0 64,1 78,8 78,22 98,30 100,56 78,66 72,94 50,100 18,96 8,60",
    "round": "50,0 72,5 90,20 99,42 98,64 88,84 68,97 46,100 24,94 8,78 0,54 3,32 14,14 32,3",
    "bowl": "0,14 20,3 52,0 82,4 100,16 94,52 76,86 50,100 24,88 6,54",
    "banana": "0,20 10,10 22,48 50,68 80,52 92,0 100,8 98,52 78,88 48,100 18,84",
    "chair": "8,0 34,2 38,44 80,46 92,54 90,98 80,100 78,68 36,70 34,100 22,99 20,60 10,50",
    "couch": "4,30 14,24 18,2 50,0 82,3 86,26 97,30 100,86 92,100 8,99 0,88",
    "table": "0,16 24,0 78,2 100,18 92,28 90,98 82,100 78,40 22,42 19,100 10,98 8,30",
    "plant": "40,0 58,4 70,16 92,18 100,38 84,54 62,58 66,74 74,76 68,100 32,100 26,76 36,74 40,58 16,56 0,40 8,22"
    " 30,18",
    "umbrella": "0,44 12,18 34,4 52,0 72,5 90,22 100,46 76,40 56,46 57,84 50,100 40,94 42,86 50,84 48,46 24,40",
    "stick": "0,88 60,30 84,2 96,0 100,12 92,24 68,42 12,100 2,98",
    "kite": "50,0 98,46 60,96 52,100 2,50",
    "teddy": "30,0 40,6 60,6 70,0 80,10 74,26 68,34 86,40 100,58 90,66 76,56 78,74 92,92 78,100 60,90 40,90 22,100"
    " 8,92 22,74 24,56 10,66 0,58 14,40 32,34 26,26 20,10",
}  # fmt: skip

ASPECTS: dict[str, float] = {
    "person": 0.58, "bust": 0.9, "quadruped": 1.25, "giraffe": 0.6, "bird": 1.2, "car": 1.7, "truck": 1.5, "box": 1.1,
    "cycle": 1.3,
    "airplane": 2.0, "aircraft": 1.0, "boat": 1.2, "bottle": 0.42, "cup": 0.95, "round": 1.15, "bowl": 1.5,
    "banana": 1.3, "chair": 0.8, "couch": 1.7, "table": 1.6, "plant": 0.8, "umbrella": 1.1, "stick": 1.2, "kite": 0.9,
    "teddy": 0.85,
}  # fmt: skip
"""Usual width over height of each silhouette."""


@cache
def unit_outline(name: str) -> Ring:
    """A silhouette as 64 points at even distances along its edge, in the unit square."""
    corners = np.array([[float(v) for v in pair.split(",")] for pair in _CORNERS[name].split()]) / 100
    closed = np.vstack([corners, corners[:1]])
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
    at = np.linspace(0, along[-1], POINTS, endpoint=False)
    return np.stack([np.interp(at, along, closed[:, axis]) for axis in (0, 1)], axis=1)


@cache
def fill(name: str) -> float:
    """The share of its bounding box that a silhouette covers."""
    return ring_area(unit_outline(name))


def ring_area(ring: Ring) -> float:
    """The area inside a ring in square pixels (shoelace formula)."""
    x, y = ring[:, 0], ring[:, 1]
    return abs(float(x[:-1] @ y[1:] - x[1:] @ y[:-1] + x[-1] * y[0] - x[0] * y[-1])) / 2


def points_of(ring: Ring) -> list[tuple[float, float]]:
    """The ring's points as pairs, as Pillow draws them."""
    return [(x, y) for x, y in ring.tolist()]


@cache
def _waves() -> Ring:
    """Ten sines and cosines around a closed outline, (POINTS, 20), the slow ones strongest."""
    order = np.arange(1, 11)
    angle = 2 * np.pi * np.arange(POINTS)[:, None] / POINTS * order
    return np.concatenate([np.cos(angle), np.sin(angle)], axis=1) / np.sqrt(np.concatenate([order, order]))


def ragged(names: list[str], random: np.random.Generator, roughness: float) -> NDArray[np.float64]:
    """One traced outline per silhouette name, float64 (K, 64, 2) in the unit square.

    ``roughness`` is the usual distance of an edge point from the silhouette, in box sides.
    """
    base = np.stack([unit_outline(name) for name in names])
    strength = roughness * random.lognormal(0, 0.5, (len(names), 1, 1))
    slow = np.einsum("pw,kwa->kpa", _waves(), random.standard_normal((len(names), 20, 2)))
    fast = random.standard_normal(base.shape)
    shaped = base + strength * (0.35 * slow + 0.45 * fast)
    flip = random.random(len(names)) < 0.5
    shaped[flip, :, 0] = 1 - shaped[flip, :, 0]
    low, high = shaped.min(1, keepdims=True), shaped.max(1, keepdims=True)
    return (shaped - low) / (high - low)


def thinned(ring: Ring, vertices: int) -> Ring:
    """The outline with at most so many of its points, evenly taken."""
    kept = min(len(ring), max(4, vertices))
    return ring[np.arange(kept) * len(ring) // kept]


def split_apart(ring: Ring, at: float, gap: float) -> list[Ring]:
    """What is left of a ring left and right of an upright gap around x = at, in pixels; parts may be missing."""
    parts = [_left_of(ring, at - gap / 2), -_left_of(-ring, -at - gap / 2)]
    return [part for part in parts if len(part) >= 4]


def _left_of(ring: Ring, limit: float) -> Ring:
    kept: list[tuple[float, float]] = []
    for (x0, y0), (x1, y1) in zip(np.roll(ring, 1, axis=0).tolist(), ring.tolist(), strict=True):
        if (x0 < limit) != (x1 < limit):
            kept.append((limit, y0 + (y1 - y0) * (limit - x0) / (x1 - x0)))
        if x1 < limit:
            kept.append((x1, y1))
    return np.array(kept).reshape(-1, 2)
