"""Masks as people have them -> masks of this package."""

from __future__ import annotations

import os
from collections.abc import Mapping
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np

from t4s_data.errors import InputError, RecordError
from t4s_data.masks.mask import Mask

KINDS = (
    "a bool array (height, width), a COCO RLE dict with size and counts, "
    "a list of polygons [x, y, x, y, ...] with height= and width=, or a Mask"
)


def mask_of(value: Any, label: str, size: tuple[int | None, int | None]) -> Mask:
    """The mask that a value says; ``size`` is the image's height and width, which polygons need.

    Raises:
        InputError: it is none of :data:`KINDS`, sets no pixel, or is of another size.

    >>> mask_of([[0, 0, 2, 0, 2, 1, 0, 1]], "strip", (2, 3)).area
    2
    """
    try:
        mask = _read(value, size)
    except RecordError as error:
        raise InputError(f"mask of {label!r}: {error.detail}; expected {KINDS}") from None
    if any(given not in (None, own) for given, own in zip(size, (mask.height, mask.width), strict=True)):
        raise InputError(f"mask of {label!r} is {mask.height} x {mask.width}, but the image is {size[0]} x {size[1]}")
    return mask


def _read(value: Any, size: tuple[int | None, int | None]) -> Mask:
    if isinstance(value, Mask):
        return value
    if isinstance(value, Mapping):
        return _of_rle(value)
    if isinstance(value, list | tuple):
        return _of_polygons(value, size)
    if hasattr(value, "__array__"):
        return Mask.from_dense(_bools(np.asarray(value)))
    raise RecordError("bad-mask", f"found {type(value).__name__}")


def _of_rle(value: Mapping[str, Any]) -> Mask:
    size = value.get("size")
    if not isinstance(size, list | tuple) or len(size) != 2:
        raise RecordError("bad-mask", f"found an RLE dict without size [height, width]: keys {sorted(value)}")
    if not all(isinstance(side, Integral) for side in size):
        raise RecordError("bad-mask", f"found an RLE dict of size {size!r}, not [height, width] in pixels")
    height, width = map(int, size)
    return Mask.from_parts({**value, "size": [height, width]}, height, width)


def _of_polygons(value: Any, size: tuple[int | None, int | None]) -> Mask:
    height, width = size
    if height is None or width is None:
        raise RecordError("bad-mask", "polygons do not say how large the image is: give height= and width=")
    return Mask.from_polygons(value, height, width)


def _bools(array: Any) -> Any:
    if array.ndim != 2:
        raise RecordError("bad-mask", f"found an array of shape {array.shape}")
    if array.dtype != bool and not np.isin(array, (0, 1)).all():
        raise RecordError("bad-mask", f"found {array.dtype} values beside 0 and 1: say which are set, as in mask > 0")
    return array.astype(bool)


def folder_of(value: Any, meaning: str) -> Path:
    """The path that a value says; ``meaning`` is what the folder holds, for the message.

    Raises:
        InputError: it is no path.
    """
    if isinstance(value, str | os.PathLike) and os.fspath(value):
        return Path(value)
    raise InputError(f"expected the path of {meaning}, found {value!r:.60}")
