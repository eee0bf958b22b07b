"""What a fuzzing target is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol


class Mutator(Protocol):
    """Another input made of one, at most `size` bytes long; the same arguments give the same bytes."""

    def __call__(self, data: bytes, size: int, seed: int) -> bytes:
        """The other input."""


@dataclass(frozen=True, slots=True)
class Target:
    """A law over all inputs.

    ``check`` raises for an input that breaks the law; ``seeds`` are inputs to start from; ``mutate`` knows the
    input's structure where random bytes would hardly get past a parser; ``words`` are byte strings that the
    reader treats in a way of its own.
    """

    name: str
    check: Callable[[bytes], None]
    seeds: Callable[[], Iterable[bytes]]
    mutate: Mutator | None = None
    words: tuple[bytes, ...] = ()
