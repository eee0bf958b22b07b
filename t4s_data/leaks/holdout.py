"""A recipe's holdout at work: which records of a split are left out because their image is held out, and the counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import msgspec
import numpy as np

from t4s_data.errors import DataError
from t4s_data.leaks.held import HeldOut
from t4s_data.leaks.identity import VISUAL_GENOME, identity, is_unchecked
from t4s_data.recipe.spec import HoldoutSpec
from t4s_data.sample import Entry, Reject
from t4s_data.sources.entries import records_of


class Overlap(msgspec.Struct):
    """How many records and images of a split are also in another, and how many records are about the very object."""

    records: int = 0
    images: int = 0
    objects: int = 0


class HoldoutCounts(msgspec.Struct):
    """What a holdout found in one split: its overlap with every protected split, and records it could not look up."""

    overlaps: dict[str, Overlap] = {}
    unchecked: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Holdout:
    """The images and objects that are held out, and how Visual Genome's images are told from COCO's.

    ``objects`` are COCO annotation ids by the splits whose expressions mean them. Without ``visual_genome`` (ids of
    Visual Genome to those of COCO), its images cannot be looked up.
    """

    images: HeldOut
    objects: HeldOut
    visual_genome: Mapping[int, int] | None = None

    def digest(self) -> str:
        """A fingerprint of 16 hex digits: it changes with the images, the objects, their splits and the mapping."""
        digest = sha256()
        for held in (self.images, self.objects):
            digest.update("\n".join(held.names).encode() + b"\0" + held.images.tobytes() + held.splits.tobytes())
        digest.update(_columns(self.visual_genome).tobytes())
        return digest.hexdigest()[:16]

    def save(self, folder: Path) -> None:
        """Write the held-out images and objects to a folder, which may exist."""
        folder.mkdir(parents=True, exist_ok=True)
        self.images.save(folder / "images.npz")
        self.objects.save(folder / "objects.npz")
        if self.visual_genome is not None:
            np.save(folder / "visual_genome.npy", _columns(self.visual_genome))

    @classmethod
    def load(cls, folder: Path) -> Holdout:
        """Read what :meth:`save` wrote; once per process."""
        return _load(folder)


@lru_cache(maxsize=2)
def _load(folder: Path) -> Holdout:
    mapping = folder / "visual_genome.npy"
    known = dict(np.load(mapping).T.tolist()) if mapping.exists() else None
    return Holdout(HeldOut.load(folder / "images.npz"), HeldOut.load(folder / "objects.npz"), known)


def _columns(mapping: Mapping[int, int] | None) -> np.ndarray:
    """The mapping as int64 (2, n), sorted by its keys."""
    return np.array(sorted((mapping or {}).items()), dtype=np.int64).reshape(-1, 2).T


class Gate:
    """Lets the records of one split through, or leaves out those whose image is held out; counts them either way.

    A split that is itself protected loses nothing.

    >>> holdout = Holdout(HeldOut.of({"refcoco/unc-val": [9]}), HeldOut.of({}))
    >>> gate = Gate(holdout, "refcoco/unc-train", HoldoutSpec(mode="drop"))
    >>> entry = Entry(("7-0",), {}, image="coco/train2014/COCO_train2014_000000000009.jpg")
    >>> [(reject.key, reject.reason) for reject in gate.through([entry])]
    [('7-0', 'holdout')]
    >>> gate.counts.overlaps["refcoco/unc-val"].records
    1
    """

    def __init__(self, holdout: Holdout, name: str, spec: HoldoutSpec) -> None:
        self._holdout = holdout
        self._own = name
        self._drop = spec.mode == "drop" and name not in holdout.images.names
        self._refuse = self._drop and spec.unchecked == "refuse"
        self._images: dict[str, set[int]] = {}
        self.counts = HoldoutCounts()

    def through(self, items: Iterable[Entry | Reject]) -> Iterator[Entry | Reject]:
        """The items, held-out records as rejects for the rule `holdout`."""
        for item in items:
            splits = self._splits(item) if isinstance(item, Entry) else ()
            if splits and self._drop:
                assert isinstance(item, Entry)
                detail = f"the image {item.image} is in {', '.join(splits)}"
                yield from (Reject(key, "holdout", detail, item.group or item.keys[0]) for key in item.keys)
            else:
                yield item

    def _splits(self, entry: Entry) -> tuple[str, ...]:
        if entry.image is None:
            return ()
        image = identity(entry.image, self._holdout.visual_genome)
        if self._holdout.visual_genome is None and is_unchecked(image):
            self._check_refused(entry)
            self.counts.unchecked += records_of(entry)
        splits = tuple(name for name in self._holdout.images.splits_of(image) if name != self._own)
        for name in splits:
            overlap = self.counts.overlaps.setdefault(name, Overlap())
            overlap.records += records_of(entry)
            seen = self._images.setdefault(name, set())
            overlap.images += image not in seen
            seen.add(image)
        if splits and image < VISUAL_GENOME:
            self._count_objects(entry)
        return splits

    def _check_refused(self, entry: Entry) -> None:
        if self._refuse:
            raise DataError(
                f"{self._own}: record {entry.keys[0]}: {entry.image} is Visual Genome's, and half of those images are "
                "COCO's under other ids, so whether it is held out cannot be said; give Visual Genome's "
                'image_data.json as [holdout] vg, or say unchecked = "allow"'
            )

    def _count_objects(self, entry: Entry) -> None:
        """Count by object; only of COCO's images, since other data sets number their annotations on their own."""
        held = {name for target in entry.targets for name in self._holdout.objects.splits_of(target)} - {self._own}
        for name in held:
            self.counts.overlaps.setdefault(name, Overlap()).objects += records_of(entry)


def holdout_counts(path: Path) -> HoldoutCounts:
    """The counts in a file; none where there is no file."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=HoldoutCounts)
    except FileNotFoundError:
        return HoldoutCounts()


def merged(counts: Iterable[HoldoutCounts]) -> HoldoutCounts:
    """The counts of several splits as one; images of two splits are counted in each."""
    total = HoldoutCounts()
    for one in counts:
        total.unchecked += one.unchecked
        for name, overlap in one.overlaps.items():
            known = total.overlaps.setdefault(name, Overlap())
            total.overlaps[name] = Overlap(
                known.records + overlap.records, known.images + overlap.images, known.objects + overlap.objects
            )
    return total
