"""What every source makes of its records: samples with image, regions and words, or rejects with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from t4s_data.errors import RecordError
from t4s_data.masks.mask import Mask

Role = Literal["user", "assistant", "system"]

REASONS: Mapping[str, str] = {
    "bad-type": "a field is missing or has another type than the layout says",
    "bad-json": "the record is JSON that cannot be read: NaN, a number out of range, a key twice, nested too deep",
    "duplicate-key": "an earlier record of this split has the same key",
    "no-texts": "the record has no sentence, caption, question or answer to use",
    "unknown-image": "the image id is not in the annotation file",
    "unknown-annotation": "the annotation id is not in the annotation file",
    "wrong-image": "the annotation belongs to another image than the record says",
    "unknown-category": "the category id is not in the annotation file",
    "no-mask": "the annotation has no segmentation",
    "bad-mask": "the segmentation cannot be read as polygons, run lengths or a label image",
    "empty-mask": "the segmentation has no pixel inside the image",
    "size-mismatch": "mask and image differ in size",
    "image-missing": "the image file is absent and its bytes or size are needed",
    "image-unreadable": "the image file cannot be opened as an image",
    "no-target": "nothing is left to segment and the source has no no-target records",
    "answer-mismatch": "an answer does not have as many places as it has regions",
    "too-large": "the record passes a bound of what is read: points, pixels, run lengths, texts or bytes",
    "outside-root": "a link leads out of the data root, or to something that is no file",
}
"""Why a record cannot be used: the fixed list of quarantine reasons."""
RULES: Mapping[str, str] = {
    "holdout": "the image is one of a split that is held out",
    "too-long": "the answer passes the recipe's token limit",
}
"""Why a record that could be used is left out: the recipe's rules, which say nothing against the data."""


ALL_CLASSES = "*"
"""Every class name, where names that are covered by another are listed."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One unit of the sequential read: the records that share an image or a mask.

    ``keys`` name its records within their source and split, one per record. ``payload`` is plain
    JSON data with everything the parallel step needs. ``image`` is the image's path relative to the
    data root where it is known without opening it: it lets embedded shards be cut by size. ``group`` names the
    image, ref or conversation that the entry is a part of, where a reader gives several items for one. ``targets`` are
    the ids of the COCO annotations that all of its records mean, where the layout has them.

    >>> Entry(("7-0", "7-1"), payload={"file_name": "a.jpg"}, image="a.jpg").keys
    ('7-0', '7-1')
    """

    keys: tuple[str, ...]
    payload: Any
    image: str | None = None
    group: str = ""
    targets: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Image:
    """An image by its path relative to the data root (with ``/``), width and height in pixels.

    Sources whose annotations do not say the size, and that have no masks, leave both None.

    >>> Image("coco/train2017/000000000009.jpg", width=640, height=480)
    Image(path='coco/train2017/000000000009.jpg', width=640, height=480)
    """

    path: str
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class Region:
    """A labelled set of pixels: a category name, a referring expression, or ``roi0``, ``roi1``, ...

    >>> region = Region("mug", Mask.from_polygons([[1, 1, 4, 1, 4, 3, 1, 3]], 4, 6))
    >>> region.label, region.mask.area, region.mask.box
    ('mug', 6, (1, 1, 4, 3))
    """

    label: str
    mask: Mask


class Turn(msgspec.Struct, frozen=True, gc=False):
    """One turn of a conversation; ``<image>`` in the content marks where the image goes.

    >>> Turn("user", "<image>\\nWhat is on the table?").role
    'user'
    """

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Sample:
    """One record, ready to be asked about: an image, its regions and the words that go with them.

    ``query`` is the referring expression, caption or question. ``answer`` holds the source's own
    answer words, split at its regions: ``answer[i]`` stands before region i and ``answer[-1]`` after
    the last one, so it has one more item than ``regions``; it is empty where the source has no
    answer words. ``explanation`` is its reason for the answer.
    ``categories`` are the class names that the source can vouch for: those of them that no
    region has may be called absent. Not so what ``unsure`` holds, names that the image may show although no
    region has them (crowds, annotations that cannot be used), ``incomplete``, names that have regions which
    are not all that the image shows, and names that stand in ``covers`` with the names that they cover
    (`food` beside a pizza), or with :data:`ALL_CLASSES`.
    ``turns`` is a whole conversation (visual understanding) and excludes the other texts.
    ``notes`` count what was left out or repaired on the way, by name.

    >>> mug = Region("mug", Mask.from_polygons([[1, 1, 4, 1, 4, 3, 1, 3]], 4, 6))
    >>> sample = Sample("7", Image("a.jpg", 6, 4), (mug,), query="the mug on the left")
    >>> sample.query, [region.label for region in sample.regions]
    ('the mug on the left', ['mug'])
    """

    key: str
    image: Image | None
    regions: tuple[Region, ...] = ()
    query: str = ""
    answer: tuple[str, ...] = ()
    explanation: str = ""
    categories: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    incomplete: tuple[str, ...] = ()
    covers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    turns: tuple[Turn, ...] = ()
    image_id: str | None = None
    license: str | None = None
    notes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that is not used, and what was found; ``group`` as in an entry.

    ``reason`` is one of :data:`REASONS`, or one of :data:`RULES`.

    >>> reject = Reject.of("7-0", RecordError("empty-mask", "no pixel inside 480 x 640"))
    >>> print(reject.reason, "-", REASONS[reject.reason])
    empty-mask - the segmentation has no pixel inside the image
    """

    key: str
    reason: str
    detail: str
    group: str = ""

    @classmethod
    def of(cls, key: str, error: RecordError) -> Reject:
        """The quarantine entry of one record's error."""
        return cls(key, error.reason, error.detail)
