"""Image files: are they there, what size are they, and their bytes as rows hold them."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from t4s_data.errors import OutsideError, RecordError
from t4s_data.reading.bounds import MAX_IMAGE_BYTES
from t4s_data.reading.opening import Reach, reach, read_file
from t4s_data.reading.pictures import opened
from t4s_data.sample import Image

IMAGE_SUFFIXES: frozenset[str] = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})
"""Suffixes of the files that a user's folder of images is searched for, in lower case."""


def size_of(path: Path) -> tuple[int, int]:
    """Width and height in pixels from the file's header, as stored (no EXIF rotation).

    Raises:
        RecordError: `image-missing`, `image-unreadable`, `outside-root` or `too-large`.
    """
    with opened(read_image(path), path.name) as image:
        return image.size


def read_image(path: Path) -> bytes:
    """The bytes of an image file.

    Raises:
        RecordError: `image-missing`, `outside-root` or `too-large`.
    """
    try:
        return _read(path, reach())
    except OSError as error:
        raise RecordError("image-missing", f"{path.name}: {error.strerror}") from None
    except OutsideError as error:
        raise RecordError("outside-root", str(error)) from None


@lru_cache(maxsize=2)
def _read(path: Path, _: Reach) -> bytes:
    return read_file(path, MAX_IMAGE_BYTES)


def read_checked(image: Image, data_root: Path) -> bytes:
    """The bytes of a sample's image, which must decode to the size that the annotations give, if they do.

    Raises:
        RecordError: `image-missing`, `image-unreadable`, `size-mismatch`, `outside-root` or `too-large`.
    """
    data = read_image(data_root / image.path)
    size = _decoded_size(image.path, data)
    if image.width is not None and size != (image.width, image.height):
        raise RecordError("size-mismatch", f"{image.path} is {size}, its record says {(image.width, image.height)}")
    return data


def _decoded_size(name: str, data: bytes) -> tuple[int, int]:
    """The size of an image all of whose pixels can be decoded: a file that was cut off has a header too."""
    with opened(data, name) as image:
        image.load()
        return image.size
