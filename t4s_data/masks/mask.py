"""Region masks as COCO run lengths, read from whatever an annotation holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pycocotools import mask as coco

from t4s_data.errors import RecordError
from t4s_data.masks.rle import (
    Ints,
    canonical,
    compressed,
    is_empty,
    runs_between,
    short,
    uncompressed,
)
from t4s_data.reading.bounds import MAX_EDGES, MAX_PIXELS, MAX_RUNS, MAX_SIDE, MAX_STEPS

Bools = NDArray[np.bool_]

_STEPS_PER_PIXEL = 5
_FEW = 16


@dataclass(frozen=True)
class Mask:
    """A set of pixels of a ``height`` x ``width`` image; never empty.

    ``counts`` are COCO compressed run lengths over the column-major pixels, the first run unset. They
    are canonical (only the first run may be of length 0), so equal pixel sets have equal masks. The
    constructor trusts its arguments: anything from outside comes in through the ``from_`` methods,
    which raise :class:`RecordError` with reason ``no-mask``, ``bad-mask``, ``empty-mask``, ``size-mismatch``
    or, past :data:`MAX_STEPS`, ``MAX_RUNS`` or ``MAX_PIXELS``, ``too-large``.

    >>> mask = Mask.from_polygons([[1, 1, 4, 1, 4, 3, 1, 3]], 4, 6)
    >>> mask.area, mask.box, mask.runs.tolist()
    (6, (1, 1, 4, 3), [5, 2, 2, 2, 2, 2, 9])
    """

    height: int
    width: int
    counts: bytes

    @classmethod
    def from_parts(cls, segmentation: Any, height: int, width: int) -> Mask:
        """The union of all parts of a COCO or ``refer`` segmentation field.

        Polygons, one RLE object (compressed or not) or a list of RLE objects (RefCLEF, RRSIS-D). One
        part that cannot be read makes the whole segmentation ``bad-mask``: what it covers is not known.
        """
        if segmentation is None or (isinstance(segmentation, list) and not segmentation):
            raise RecordError("no-mask", "the segmentation is empty")
        if isinstance(segmentation, Mapping):
            segmentation = [segmentation]
        if isinstance(segmentation, list) and isinstance(segmentation[0], Mapping):
            _check_size(height, width)
            return _union_of([_object_counts(part, height, width) for part in segmentation], height, width)
        return cls.from_polygons(segmentation, height, width)

    @classmethod
    def from_polygons(cls, polygons: Sequence[Sequence[float]], height: int, width: int) -> Mask:
        """The union of polygons ``[x, y, x, y, ...]`` in pixels, as pycocotools rasterizes them.

        A polygon has at least three points (pycocotools would take two for a box), and none of them
        lies farther outside than the image is long: rasterizing takes time with the distance.
        """
        _check_size(height, width)
        if not isinstance(polygons, list | tuple) or not polygons:
            raise RecordError("bad-mask", f"expected a list of polygons, found {short(polygons)}")
        points = [_points(polygon, max(height, width)) for polygon in polygons]
        _check_steps(points, max(height, width))
        return _union_of([rle["counts"] for rle in coco.frPyObjects(points, height, width)], height, width)

    @classmethod
    def from_rle(cls, counts: str | bytes | Sequence[int], height: int, width: int) -> Mask:
        """The mask of COCO compressed counts or of a list of run lengths, verified and made canonical."""
        _check_size(height, width)
        return _union_of([canonical(counts, height, width)], height, width)

    @classmethod
    def from_dense(cls, pixels: ArrayLike) -> Mask:
        """The mask of an array (height, width), set where it is not 0."""
        array = np.asarray(pixels, dtype=bool)
        if array.ndim != 2:
            raise RecordError("bad-mask", f"expected a two-dimensional array, found shape {array.shape}")
        return cls.from_window(array, (0, 0), *array.shape)

    @classmethod
    def from_window(cls, window: Bools, origin: tuple[int, int], height: int, width: int) -> Mask:
        """The mask of a boolean window (rows, columns) whose first pixel is ``origin`` (row, column)."""
        _check_size(height, width)
        (rows, columns), (top, left) = window.shape, origin
        if min(top, left) < 0 or top + rows > height or left + columns > width:
            raise RecordError("bad-mask", f"window {rows} x {columns} at {origin} leaves {height} x {width}")
        # One unset row below keeps a run from crossing into the next column of the window.
        padded = np.zeros((columns, rows + 1), dtype=bool)
        padded[:, :rows] = window.T
        column, row = np.divmod(_edges(np.diff(padded.ravel(), prepend=False)), rows + 1)
        return _of_bounds((left + column) * height + top + row, height, width)

    @cached_property
    def runs(self) -> Ints:
        """Run lengths in pixels over the column-major image, the first one unset; read-only."""
        runs = uncompressed(self.counts)
        runs.flags.writeable = False
        return runs

    @cached_property
    def area(self) -> int:
        """Number of pixels."""
        return int(self.runs[1::2].sum())

    @cached_property
    def box(self) -> tuple[int, int, int, int]:
        """Tight box in pixels: left, top, and (exclusive) right and bottom."""
        ends = self.runs.cumsum()
        first, last = ends[:-1:2], ends[1::2] - 1
        left, right = int(first[0] // self.height), int(last[-1] // self.height)
        if (first // self.height != last // self.height).any():
            return left, 0, right + 1, self.height
        return left, int((first % self.height).min()), right + 1, int((last % self.height).max()) + 1

    @property
    def rle(self) -> str:
        """The counts as text, as rows and JSON hold them."""
        return self.counts.decode("ascii")

    def dense(self) -> Bools:
        """The pixels as a boolean array (height, width)."""
        return np.repeat(np.arange(len(self.runs)) % 2 == 1, self.runs).reshape(self.width, self.height).T

    def intersection_area(self, other: Mask) -> int:
        """Number of pixels in both masks; raises ``size-mismatch`` if they are of different images."""
        return int(coco.area(coco.merge(_same_size([self, other]), intersect=True)))

    def iou(self, other: Mask) -> float:
        """Intersection over union in pixels; raises ``size-mismatch`` if they are of different images."""
        common = self.intersection_area(other)
        return common / (self.area + other.area - common)


def union(masks: Sequence[Mask]) -> Mask:
    """All pixels of the masks; raises ``size-mismatch`` if they are of different images."""
    rles = _same_size(masks)
    return _union_of([rle["counts"] for rle in rles], *rles[0]["size"])


def masks_of_labels(labels: NDArray[np.integer[Any]]) -> dict[int, Mask]:
    """The mask of every value of an id image (height, width), 0 left out, in rising order of the values.

    All values are cut from one pass over the runs of the whole image.

    >>> {key: mask.area for key, mask in masks_of_labels(np.array([[0, 7], [2, 7]])).items()}
    {2: 1, 7: 2}

    Raises:
        RecordError: `too-large`, the values have more runs than are allowed.
    """
    height, width = labels.shape
    flat = np.ravel(labels, order="F")
    starts = np.concatenate(([0], _edges(flat[1:] != flat[:-1]) + 1))
    ends = np.append(starts[1:], flat.size)
    values = flat[starts]
    order = np.argsort(values, kind="stable")
    bounds = np.stack([starts[order], ends[order]], axis=1)
    keys, firsts = np.unique(values[order], return_index=True)
    groups = np.split(bounds, firsts[1:])
    return {int(key): _of_bounds(group.ravel(), height, width) for key, group in zip(keys, groups, strict=True) if key}


def _union_of(counts: list[bytes], height: int, width: int) -> Mask:
    if sum(map(len, counts)) > MAX_RUNS:
        raise RecordError("too-large", f"run lengths of more than {MAX_RUNS:,} characters in {len(counts):,} parts")
    # Merging goes through all that is merged already for each part: of many parts, few at a time.
    while len(counts) > 1:
        counts = [_merged(counts[at : at + _FEW], height, width) for at in range(0, len(counts), _FEW)]
    if is_empty(counts[0]):
        raise RecordError("empty-mask", f"no pixel inside {height} x {width}")
    return Mask(height, width, counts[0])


def _merged(counts: list[bytes], height: int, width: int) -> bytes:
    return counts[0] if len(counts) == 1 else coco.merge([_rle(part, height, width) for part in counts])["counts"]


def _rle(counts: bytes, height: int, width: int) -> dict[str, Any]:
    return {"size": [height, width], "counts": counts}


def _same_size(masks: Sequence[Mask]) -> list[dict[str, Any]]:
    sizes = {(mask.height, mask.width) for mask in masks}
    if len(sizes) > 1:
        raise RecordError("size-mismatch", f"masks of different images: {sorted(sizes)}")
    return [_rle(mask.counts, mask.height, mask.width) for mask in masks]


def _check_size(height: int, width: int) -> None:
    if not (isinstance(height, int) and isinstance(width, int) and height > 0 < width):
        raise RecordError("bad-mask", f"no image has {short(height)} x {short(width)} pixels")
    if max(height, width) > MAX_SIDE or height * width > MAX_PIXELS:
        detail = f"an image of {short(height)} x {short(width)} pixels"
        raise RecordError("too-large", f"{detail}; a side of {MAX_SIDE:,} and {MAX_PIXELS:,} pixels are allowed")


def _points(polygon: Any, reach: int) -> NDArray[np.float64]:
    if not isinstance(polygon, list | tuple) or len(polygon) < 6 or len(polygon) % 2:
        raise RecordError("bad-mask", f"expected a polygon of three or more points, found {short(polygon)}")
    if not {int, float}.issuperset(map(type, polygon)):
        raise RecordError("bad-mask", f"a polygon has a coordinate that is no number: {short(polygon)}")
    try:
        points = np.array(polygon, dtype=np.float64)
    except OverflowError:
        points = np.array([np.inf])
    # Written so that a NaN, which passes no comparison, fails too.
    if not (-reach <= points.min() and points.max() <= 2 * reach):
        raise RecordError("bad-mask", f"a polygon lies far outside the image: {short(polygon)}")
    return points


def _check_steps(polygons: list[NDArray[np.float64]], reach: int) -> None:
    """Make sure that rasterizing takes no more than :data:`MAX_STEPS`; nearly all polygons are too small to count."""
    numbers = sum(map(len, polygons))
    # No edge is longer than from one end of where points may lie to the other.
    most = numbers * (_STEPS_PER_PIXEL * (3 * reach + 1) + 1)
    if most > MAX_STEPS and (steps := sum(map(_steps, polygons))) > MAX_STEPS:
        raise RecordError("too-large", f"polygons of {numbers // 2:,} points take {steps:,} steps to draw")


def _steps(points: NDArray[np.float64]) -> int:
    edges = np.abs(np.diff(points.reshape(-1, 2), axis=0, append=points[None, :2]))
    return int((_STEPS_PER_PIXEL * (edges.max(axis=1) + 1) + 1).sum())


def _object_counts(rle: Any, height: int, width: int) -> bytes:
    if not isinstance(rle, Mapping) or not isinstance(rle.get("size"), list | tuple):
        raise RecordError("bad-mask", f"expected an RLE object with size and counts, found {short(rle)}")
    if list(rle["size"]) != [height, width]:
        raise RecordError("size-mismatch", f"RLE of {short(rle['size'])} in an image of {[height, width]}")
    return canonical(rle.get("counts"), height, width)


def _edges(changes: Bools) -> Ints:
    """Where an image changes from pixel to pixel: a small file can do so at each of 179 million, of 8 bytes here."""
    if (count := np.count_nonzero(changes)) > MAX_EDGES:
        raise RecordError("too-large", f"a mask of {count:,} runs, {MAX_EDGES:,} allowed")
    return np.flatnonzero(changes)


def _of_bounds(bounds: Ints, height: int, width: int) -> Mask:
    runs = runs_between(bounds, height * width)
    if len(runs) == 1:
        raise RecordError("empty-mask", f"no pixel inside {height} x {width}")
    return Mask(height, width, compressed(runs))
