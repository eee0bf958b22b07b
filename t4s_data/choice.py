"""Choices that look random and depend on nothing but (seed, id)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


def draw(seed: int, *parts: str) -> int:
    """A uniform 64-bit number from the seed and the parts, the same on every machine.

    >>> draw(0, "refcoco/unc-train/7-12", "task") == draw(0, "refcoco/unc-train/7-12", "task")
    True
    """
    text = "\x1f".join((str(seed), *parts))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def pick(items: Sequence[T], seed: int, *parts: str) -> T:
    """One of the items, each as likely as the others."""
    return items[draw(seed, *parts) % len(items)]


def pick_weighted(weights: Mapping[str, float], seed: int, *parts: str) -> str:
    """One of the names, drawn with probability proportional to its weight; independent of the names' order.

    >>> pick_weighted({"a": 1, "b": 0}, 0, "x")
    'a'
    """
    names = sorted(name for name, weight in weights.items() if weight > 0)
    point = draw(seed, *parts) / 2**64 * sum(weights[name] for name in names)
    for name in names:
        point -= weights[name]
        if point < 0:
            return name
    return names[-1]
