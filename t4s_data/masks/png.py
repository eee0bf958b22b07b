"""PNG files whose pixels are numbers: segment ids, class ids, or one mask. Anything else is refused by its kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL.PngImagePlugin import PngImageFile

from t4s_data.errors import OutsideError, RecordError
from t4s_data.masks.mask import Bools, Mask
from t4s_data.reading.bounds import MAX_IMAGE_BYTES
from t4s_data.reading.opening import read_file
from t4s_data.reading.pictures import opened

KINDS: Mapping[str, str] = {
    "1": "a 1-bit PNG",
    "L;2": "a 2-bit gray PNG",
    "L;4": "a 4-bit gray PNG",
    "L": "an 8-bit gray PNG",
    "I;16B": "a 16-bit gray PNG",
    "P;1": "a palette PNG",
    "P;2": "a palette PNG",
    "P;4": "a palette PNG",
    "P": "a palette PNG",
    "RGB": "a color PNG",
    "RGB;16B": "a 16-bit color PNG",
    "LA": "a gray PNG with alpha",
    "LA;16B": "a gray PNG with alpha",
    "RGBA": "a color PNG with alpha",
    "RGBA;16B": "a color PNG with alpha",
}
"""What Pillow calls the ways to store pixels, in words."""

_MASKS = frozenset({"1", "L;2", "L;4", "L"})
_INDEXES = _MASKS | {"I;16B", "P;1", "P;2", "P;4", "P"}
# Pillow stretches gray of 2 and 4 bits to 0..255.
_STRETCHED: Mapping[str, int] = {"L;2": 85, "L;4": 17}


def read_segment_ids(path: Path) -> NDArray[np.uint32]:
    """The segment ids of a COCO panoptic PNG: R + 256 G + 65536 B, uint32 (height, width); 0 is void.

    Source: https://cocodataset.org/#format-data (panoptic segmentation).

    Raises:
        RecordError: `no-mask` where the file is absent, `bad-mask` where it is no 8-bit RGB PNG.
    """
    with _opened(path, frozenset({"RGB"}), "segment ids") as (image, _):
        # Four bytes a pixel is how Pillow keeps RGB: taken so, the bytes already are little-endian numbers.
        packed = np.frombuffer(image.tobytes("raw", "RGBX"), dtype="<u4")
        return (packed & 0xFFFFFF).astype(np.uint32, copy=False).reshape(image.height, image.width)


def read_class_ids(path: Path) -> NDArray[np.integer[Any]]:
    """The class ids of an index PNG, integers (height, width): gray of up to 16 bits, or palette indexes.

    Raises:
        RecordError: `no-mask` where the file is absent, `bad-mask` where its pixels are no class ids.
    """
    with _opened(path, _INDEXES, "class ids") as (image, kind):
        return np.asarray(image).astype(np.int32) // _STRETCHED.get(kind, 1)


def read_mask(path: Path) -> Mask:
    """The mask in a black-and-white or gray PNG: every pixel that is not 0.

    Raises:
        RecordError: `no-mask` where the file is absent, `bad-mask` where it is no gray PNG of at most 8 bits,
            `empty-mask` where all pixels are 0.
    """
    with _opened(path, _MASKS, "a mask (gray, 0 where it is not set)") as (image, _):
        pixels: Bools = np.asarray(image) != 0
    if not pixels.any():
        raise RecordError("empty-mask", f"{path.name}: every pixel is 0")
    return Mask.from_dense(pixels)


@contextmanager
def _opened(path: Path, kinds: frozenset[str], wanted: str) -> Iterator[tuple[Pillow.Image, str]]:
    """The decoded PNG and how it stores its pixels."""
    with opened(mask_bytes(path), path.name, "bad-mask") as image:
        kind = _kind(image)
        if kind not in kinds:
            raise RecordError("bad-mask", f"{path.name}: {KINDS.get(kind, kind)} cannot hold {wanted}")
        image.load()
        yield image, kind


def mask_bytes(path: Path) -> bytes:
    """The bytes of a file that holds a mask.

    Raises:
        RecordError: `no-mask`, `bad-mask` or `outside-root`, it is absent, cannot be read, or is not within reach.
    """
    try:
        return read_file(path, MAX_IMAGE_BYTES)
    except FileNotFoundError:
        raise RecordError("no-mask", f"{path.name}: no such file") from None
    except OSError as error:
        raise RecordError("bad-mask", f"{path.name}: {error.strerror}") from None
    except OutsideError as error:
        raise RecordError("outside-root", str(error)) from None


def _kind(image: Pillow.Image) -> str:
    """How a PNG stores its pixels, or what the file is instead."""
    if not isinstance(image, PngImageFile):
        return f"a {image.format} file"
    # Pillow turns 16-bit color into 8 bits: only the raw mode tells.
    return str(image.tile[0].args)
