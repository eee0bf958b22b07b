"""Image files: are they there, what size are they, and their bytes as rows hold them."""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path

from PIL import Image as Pillow
from PIL import UnidentifiedImageError

from t4s_data.errors import RecordError
from t4s_data.sample import Image


def size_of(path: Path) -> tuple[int, int]:
    """Width and height in pixels from the file's header, as stored (no EXIF rotation).

    Raises:
        RecordError: `image-missing` or `image-unreadable`.
    """
    return _header_size(path.name, read_image(path))


@lru_cache(maxsize=2)
def read_image(path: Path) -> bytes:
    """The bytes of an image file.

    Raises:
        RecordError: `image-missing`.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise RecordError("image-missing", f"{path.name}: {error.strerror}") from None


def read_checked(image: Image, data_root: Path) -> bytes:
    """The bytes of a sample's image, which must decode to the size that the annotations give, if they do.

    Raises:
        RecordError: `image-missing`, `image-unreadable` or `size-mismatch`.
    """
    data = read_image(data_root / image.path)
    size = _decoded_size(image.path, data)
    if image.width is not None and size != (image.width, image.height):
        raise RecordError("size-mismatch", f"{image.path} is {size}, its record says {(image.width, image.height)}")
    return data


def _decoded_size(name: str, data: bytes) -> tuple[int, int]:
    """The size of an image all of whose pixels can be decoded: a file that was cut off has a header too."""
    try:
        with Pillow.open(io.BytesIO(data)) as image:
            image.load()
            return image.size
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Pillow.DecompressionBombError) as error:
        raise RecordError("image-unreadable", f"{name}: {type(error).__name__}: {error}") from None


def _header_size(name: str, data: bytes) -> tuple[int, int]:
    try:
        with Pillow.open(io.BytesIO(data)) as image:
            return image.size
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Pillow.DecompressionBombError) as error:
        raise RecordError("image-unreadable", f"{name}: {type(error).__name__}: {error}") from None
