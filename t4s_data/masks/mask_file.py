"""Image files that hold one mask, whatever way they store it, as long as there is only one way to understand them.

Gray, where 0 is background and everything else the region, is the plain case. Color of equal channels and alpha that is
the same everywhere add nothing to it; palettes and 16 bits are understood where they hold two values. JPEG blurs its
edges and is read only from a gray value upward that somebody has chosen. Everything else is refused by its kind.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from t4s_data.errors import RecordError
from t4s_data.masks.mask import Bools, Mask
from t4s_data.masks.png import mask_bytes
from t4s_data.reading.pictures import opened

MASK_SUFFIXES: frozenset[str] = frozenset({".png", ".bmp", ".tif", ".tiff", ".webp", ".jpg", ".jpeg"})
"""Suffixes of the files that can hold a mask, in lower case."""
FORMATS = frozenset({"PNG", "BMP", "TIFF", "WEBP", "JPEG"})
"""What Pillow calls their formats."""
_BLURRED = {"jpeg", "tiff_jpeg", "webp"}
_GRAY_JPEG = 32
"""How far the channels of a gray JPEG may be apart after its colors were rounded."""

Numbers = NDArray[Any]


def read_mask_file(path: Path, threshold: int | None = None) -> Mask:
    """The mask in an image file.

    Args:
        path: a PNG, BMP, TIFF, WebP or JPEG file.
        threshold: gray value of 1 to 255 from which on a pixel of a JPEG, or of another file that does not keep
            its pixels exactly, belongs to the region; None refuses these files.

    Raises:
        RecordError: `no-mask` where the file is absent, `bad-mask` where it holds no mask or could be understood
            in more than one way, `empty-mask` where no pixel is set; `outside-root` or `too-large`.
    """
    data = mask_bytes(path)
    with opened(data, path.name, "bad-mask") as image:
        pixels = _pixels(image, data, path.name, threshold)
    if not pixels.any():
        raise RecordError("empty-mask", f"{path.name}: no pixel is set")
    return Mask.from_dense(pixels)


def _pixels(image: Pillow.Image, data: bytes, name: str, threshold: int | None) -> Bools:
    if image.format not in FORMATS:
        raise _refused(name, f"a {image.format} file")
    if getattr(image, "n_frames", 1) > 1:
        raise _refused(name, f"{image.n_frames} pictures in one file")  # type: ignore[attr-defined]
    image.load()
    if _is_blurred(image, data):
        return _from_gray_value(image, name, threshold)
    if image.mode == "P":
        return _of_palette(image, name)
    # The bit depth is byte 24 of a PNG (www.w3.org/TR/png-3): Pillow turns several channels of 16 bits into 8.
    if image.format == "PNG" and data[24] == 16 and image.mode != "I;16":
        raise _refused(name, "a 16-bit PNG of several channels")
    gray = _gray(np.asarray(image), image.mode, name)
    return _set(gray, name, two_values=image.mode.startswith("I"))


def _gray(pixels: Numbers, mode: str, name: str) -> Numbers:
    """The one channel that says everything."""
    if mode in {"1", "L", "I;16", "I;16B", "I"}:
        return pixels
    if mode not in {"LA", "RGB", "RGBA"}:
        raise _refused(name, f"pixels of the kind {mode}")
    if mode.endswith("A"):
        alpha, pixels = pixels[..., -1], pixels[..., :-1]
        if alpha.min() != alpha.max():
            raise _refused(name, "alpha that differs from pixel to pixel")
    if (pixels != pixels[..., :1]).any():
        raise _refused(name, "colors")
    return pixels[..., 0]


def _set(gray: Numbers, name: str, *, two_values: bool) -> Bools:
    """The pixels that are not 0, where 0 is background beyond doubt."""
    values = np.unique(gray)
    if two_values and len(values) > 2:
        raise _refused(name, f"16-bit numbers, {len(values)} of them", "save two values, or use it as an index PNG")
    if len(values) > 1 and values[0] != 0:
        raise _refused(name, f"values from {values[0]} upward", "none of them is 0, which is background")
    chosen: Bools = gray != 0
    return chosen


def _of_palette(image: Pillow.Image, name: str) -> Bools:
    """The pixels of the higher index, if it is also the brighter color: else index and color contradict each other."""
    indexes = np.asarray(image)
    values = np.unique(indexes)
    if len(values) > 2:
        raise _refused(name, f"a palette of {len(values)} values", "indexes of classes go with a list of classes")
    palette = np.frombuffer(bytes(image.getpalette("RGB") or ()), dtype=np.uint8).reshape(-1, 3).astype(int)
    light = [int(palette[value].sum()) if value < len(palette) else 0 for value in values]
    if values[0] != 0 and len(values) == 2:
        raise _refused(name, f"palette indexes {values[0]} and {values[1]}", "none of them is 0, which is background")
    if light != sorted(light) or (len(values) == 1 and bool(values[0]) != bool(light[0])):
        raise _refused(name, "a palette in which 0 is not the darker color", "save it as gray")
    chosen: Bools = indexes != 0
    return chosen


def _from_gray_value(image: Pillow.Image, name: str, threshold: int | None) -> Bools:
    if threshold is None:
        raise _refused(
            name,
            f"a {image.format} file, which blurs the edge of a mask",
            "threshold = 128 in the recipe takes gray values from 128 upward",
        )
    if image.mode not in {"L", "RGB"}:
        raise _refused(name, f"pixels of the kind {image.mode}")
    if image.mode == "RGB":
        channels = np.asarray(image).astype(int)
        if int(np.ptp(channels, axis=-1).max()) > _GRAY_JPEG:
            raise _refused(name, "colors")
    chosen: Bools = np.asarray(image.convert("L")) >= threshold
    return chosen


def _is_blurred(image: Pillow.Image, data: bytes) -> bool:
    """Whether the way in which the file was compressed changes pixels."""
    if image.format == "WEBP":
        return not _is_lossless_webp(data)
    return image.format == "JPEG" or str(image.info.get("compression", "")) in _BLURRED


def _is_lossless_webp(data: bytes) -> bool:
    """Whether the picture is a VP8L chunk (https://developers.google.com/speed/webp/docs/riff_container)."""
    at = 12
    while at + 8 <= len(data):
        kind, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if kind in {b"VP8L", b"VP8 "}:
            return kind == b"VP8L"
        at += 8 + size + size % 2
    return False


def _refused(name: str, what: str, mend: str = "save one gray channel") -> RecordError:
    return RecordError("bad-mask", f"{name}: {what} cannot be taken for a mask (gray, 0 where it is not set); {mend}")
