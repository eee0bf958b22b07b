"""The images that are held out of training, and by which splits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from t4s_data.errors import RecipeError
from t4s_data.leaks.identity import Identity

MOST_SPLITS = 64
"""Splits that can be held out at a time: a bit for each."""


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """A set of images, each with the splits that hold it.

    ``names`` are the splits, `source/split`; ``images`` uint64 (n,), rising; ``splits`` uint64 (n,), bit k set where
    split k holds the image. 16 bytes an image.

    >>> held = HeldOut.of({"refcoco/unc-val": [5, 9], "refcocog/umd-test": [9]})
    >>> held.splits_of(9), held.splits_of(6), len(held)
    (('refcoco/unc-val', 'refcocog/umd-test'), (), 2)
    """

    names: tuple[str, ...]
    images: NDArray[np.uint64]
    splits: NDArray[np.uint64]

    @classmethod
    def of(cls, images: Mapping[str, Iterable[Identity]]) -> HeldOut:
        """Gather the images of every split, by the splits' names.

        Raises:
            RecipeError: there are more than :data:`MOST_SPLITS` splits.
        """
        if len(images) > MOST_SPLITS:
            raise RecipeError(f"holdout: {len(images)} splits are protected; {MOST_SPLITS} can be")
        columns = [np.unique(np.fromiter(found, dtype=np.uint64)) for found in images.values()]
        bits = [np.full(len(column), 1 << number, dtype=np.uint64) for number, column in enumerate(columns)]
        if not columns:
            return cls((), np.empty(0, np.uint64), np.empty(0, np.uint64))
        # (all images of all splits,) -> (different images,), the bits of equal images united
        every, which = np.unique(np.concatenate(columns), return_inverse=True)
        splits = np.zeros(len(every), dtype=np.uint64)
        np.bitwise_or.at(splits, which, np.concatenate(bits))
        return cls(tuple(images), every, splits)

    def __len__(self) -> int:
        return len(self.images)

    def splits_of(self, image: Identity) -> tuple[str, ...]:
        """The splits that hold an image, in the order of ``names``; none where it is free."""
        place = int(np.searchsorted(self.images, np.uint64(image)))
        if place == len(self.images) or self.images[place] != image:
            return ()
        bits = int(self.splits[place])
        return tuple(name for number, name in enumerate(self.names) if bits >> number & 1)

    def without(self, name: str) -> HeldOut:
        """The set without one split: the images that at least one of the others holds."""
        if name not in self.names:
            return self
        splits = self.splits & ~np.uint64(1 << self.names.index(name))
        kept = splits != 0
        return HeldOut(self.names, self.images[kept], splits[kept])

    def overlap(self, one: Sequence[str], other: Sequence[str]) -> int:
        """How many images are in any split of the one group and in any of the other."""
        return int(np.count_nonzero(self._any(one) & self._any(other)))

    def count(self, names: Sequence[str]) -> int:
        """How many images are in any of these splits."""
        return int(np.count_nonzero(self._any(names)))

    def save(self, path: Path) -> None:
        """Write the set to a file in numpy's ``.npz`` format."""
        with path.open("wb") as file:
            np.savez(file, names=np.array(self.names, dtype=str), images=self.images, splits=self.splits)

    @classmethod
    def load(cls, path: Path) -> HeldOut:
        """Read what :meth:`save` wrote."""
        with np.load(path) as file:
            return cls(tuple(map(str, file["names"])), file["images"], file["splits"])

    def _any(self, names: Sequence[str]) -> NDArray[np.bool_]:
        bits = sum(1 << self.names.index(name) for name in names)
        return (self.splits & np.uint64(bits)) != 0
