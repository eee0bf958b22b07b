"""What rows are about: tasks, targets, labels, boxes, bricks and repeated rows, in sums that merge."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from hashlib import blake2b

import msgspec
import numpy as np

from t4s_data.codecs.codec import codec_or_none
from t4s_data.corpus.row import Row
from t4s_data.counts import Frequent, Histogram, add

BINS = 24
"""Bins along each side of a map of boxes; bin ``row * BINS + column`` of the centers and of height and width."""

Group = tuple[str, str, str]
"""Source, task and split."""

_MASK_TEXT = re.compile(r"<seg>(.*?)</seg>", re.DOTALL)
_BRICK = re.compile(r"([fb])g([0-9]+)")
_ANONYMOUS = re.compile(r"roi[0-9]+")


class Numbers(msgspec.Struct):
    """Histograms of one source: words of a label, regions of a row, lengths of bricks, and bins of boxes."""

    words: Histogram = {}
    targets: Histogram = {}
    foreground: Histogram = {}
    background: Histogram = {}
    centers: Histogram = {}
    sizes: Histogram = {}

    def merge(self, other: Numbers) -> None:
        """Take over what another has counted."""
        for name in self.__struct_fields__:
            add(getattr(self, name), getattr(other, name))


class Rows(msgspec.Struct):
    """Rows of one group; ``no_target`` are those of a task with masks or boxes that have no region."""

    rows: int = 0
    no_target: int = 0
    regions: int = 0
    rescued: int = 0

    def merge(self, other: Rows) -> None:
        """Take over what another has counted."""
        self.rows += other.rows
        self.no_target += other.no_target
        self.regions += other.regions
        self.rescued += other.rescued


class Content(msgspec.Struct):
    """The content of rows.

    ``keys`` holds by source the hashes, 8 bytes each, of rows in their first pass: equal ones say that
    rows have the same image, labels and masks, or, where labels are no words, the same image and messages.
    Only hashes below a limit may be kept; they then stand for all.
    """

    groups: dict[Group, Rows] = {}
    numbers: dict[str, Numbers] = {}
    labels: dict[str, Frequent] = {}
    keys: dict[str, bytes] = {}

    def merge(self, other: Content) -> None:
        """Take over what another has counted."""
        for group, rows in other.groups.items():
            self.groups.setdefault(group, Rows()).merge(rows)
        for source, numbers in other.numbers.items():
            self.numbers.setdefault(source, Numbers()).merge(numbers)
        for source, labels in other.labels.items():
            self.labels.setdefault(source, Frequent()).merge(labels)
        for source, keys in other.keys.items():
            self.keys[source] = self.keys.get(source, b"") + keys


class ContentCounter:
    """Counts the rows of one shard."""

    def __init__(self, key_limit: int) -> None:
        self._content = Content()
        self._key_limit = key_limit
        self._labels: dict[str, Counter[str]] = {}
        self._keys: dict[str, bytearray] = {}

    def add(self, row: Row) -> None:
        """Count one row."""
        source, regions = row.source, row.regions
        rows = self._content.groups.setdefault((source, row.task, row.split), Rows())
        rows.rows += 1
        self._add_key(row)
        codec = codec_or_none(row.codec)
        if codec is None:
            return
        rows.no_target += not regions
        rows.regions += len(regions)
        numbers = self._content.numbers.setdefault(source, Numbers())
        _count(numbers.targets, len(regions))
        labels = self._labels.setdefault(source, Counter())
        for region in regions:
            rows.rescued += region.rescued
            self._add_box(numbers, region.box, codec.n)
            if not _ANONYMOUS.fullmatch(region.label):
                labels[region.label] += 1
                _count(numbers.words, len(region.label.split()))

    def add_bricks(self, row: Row) -> None:
        """Count the bricks of one row's answer, if it has any."""
        numbers = self._content.numbers.setdefault(row.source, Numbers())
        for message in row.messages:
            if message.role == "assistant":
                for text in _MASK_TEXT.findall(message.content):
                    for (kind, length), times in Counter(_BRICK.findall(text)).items():
                        counts = numbers.foreground if kind == "f" else numbers.background
                        counts[int(length)] = counts.get(int(length), 0) + times

    def result(self) -> Content:
        """What was counted."""
        for source, labels in self._labels.items():
            self._content.labels.setdefault(source, Frequent()).add(labels)
        self._content.keys = {source: bytes(keys) for source, keys in self._keys.items()}
        return self._content

    def _add_key(self, row: Row) -> None:
        if row.id.endswith("#0"):
            key = _key(row)
            if int.from_bytes(key, "little") < self._key_limit:
                self._keys.setdefault(row.source, bytearray()).extend(key)

    def _add_box(self, numbers: Numbers, box: list[int], n: int) -> None:
        x1, y1, x2, y2 = box
        _count(numbers.centers, (y1 + y2 + 1) * BINS // (2 * n) * BINS + (x1 + x2 + 1) * BINS // (2 * n))
        # A side of 1..n cells falls into the bins without a remainder at either end.
        _count(numbers.sizes, (y2 - y1) * BINS // n * BINS + (x2 - x1) * BINS // n)


def repeated(keys: Iterable[bytes]) -> tuple[int, int]:
    """How many content hashes there are, and how many of them repeat an earlier one."""
    every = np.frombuffer(b"".join(keys), dtype="<u8")
    return len(every), len(every) - len(np.unique(every))


def _key(row: Row) -> bytes:
    regions = row.regions
    image = (row.images[0].path or "") if row.images else ""
    if regions and not any(_ANONYMOUS.fullmatch(region.label) for region in regions):
        parts = [row.image_id or image, *(text for region in regions for text in (region.label, region.rle))]
    else:
        parts = [image, *(message.content for message in row.messages)]
    return blake2b("\x1f".join(parts).encode(), digest_size=8).digest()


def _count(histogram: Histogram, value: int) -> None:
    histogram[value] = histogram.get(value, 0) + 1
