"""Which classes of an image can be asked for, and which can be called absent, without telling a lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from t4s_data.sample import ALL_CLASSES, Sample


@dataclass(frozen=True, slots=True)
class Classes:
    """The class names of one image.

    ``whole`` are those whose every region is known, in the order of the regions, and ``absent`` those that the
    source says are not there, in its own order. ``complete`` says that nothing that the image shows was left out.
    """

    whole: tuple[str, ...]
    absent: tuple[str, ...]
    complete: bool


def askable(sample: Sample) -> Classes:
    """What "every instance of ..." can be asked of: neither part of a class nor a name that covers another there.

    Classes that the image has crowds of are asked for only where there are no others.

    >>> askable(Sample("a", None, categories=("cat", "dog", "cow"), unsure=("dog",)))
    Classes(whole=(), absent=('cat', 'cow'), complete=False)
    """
    present = _present(sample)
    covering = _covering(sample, present)
    whole = tuple(name for name in present if name not in covering and name not in sample.incomplete)
    sure = tuple(name for name in whole if name not in sample.unsure)
    return Classes(sure or whole, _absent(sample, present, covering), not (sample.unsure or sample.incomplete))


def listable(sample: Sample) -> Classes:
    """What a pixel-wise list of classes can hold: each pixel has one class, so that no name covers another."""
    present = _present(sample)
    hidden = {*sample.unsure, *sample.incomplete}
    whole = tuple(name for name in present if name not in hidden)
    return Classes(whole, _absent(sample, present, _covering(sample, present)), not hidden)


def _present(sample: Sample) -> tuple[str, ...]:
    return tuple(dict.fromkeys(region.label for region in sample.regions))


def _absent(sample: Sample, present: Sequence[str], covering: set[str]) -> tuple[str, ...]:
    doubted = {*present, *sample.unsure, *sample.incomplete, *covering}
    return tuple(dict.fromkeys(name for name in sample.categories if name not in doubted))


def _covering(sample: Sample, present: Sequence[str]) -> set[str]:
    """The names that cover something which the image shows under another name."""
    shown = {*present, *sample.unsure, ALL_CLASSES}
    return {name for name, covered in sample.covers.items() if not covered.isdisjoint(shown)}
