"""Images, decoded by Pillow in the formats that are in reach and no larger than it may get."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from PIL import Image as Pillow
from PIL import UnidentifiedImageError

from t4s_data.errors import RecordError
from t4s_data.reading.bounds import MAX_PIXELS, MAX_SIDE
from t4s_data.reading.opening import reach

BROKEN = (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, MemoryError)
"""What Pillow raises on bytes that are no whole image."""
_OBJECT = re.compile(r"<[^<>]* object at 0x[0-9a-fA-F]+>")


@contextmanager
def opened(data: bytes | IO[bytes], name: str, reason: str = "image-unreadable") -> Iterator[Pillow.Image]:
    """The image in the bytes; its pixels are decoded where it is loaded, which may raise within the block.

    Raises:
        RecordError: ``reason`` where it is no image of a format in reach, or breaks off; `too-large`.
    """
    formats = reach().formats
    try:
        with Pillow.open(io.BytesIO(data) if isinstance(data, bytes) else data, formats=formats) as image:
            _check_size(image, name)
            yield image
    except UnidentifiedImageError:
        # Its own words hold the address of an object, which differs from run to run.
        raise RecordError(reason, f"{name}: not an image in {' or '.join(formats)}") from None
    except Pillow.DecompressionBombError:
        raise RecordError("too-large", f"{name}: more than {MAX_PIXELS:,} pixels") from None
    except BROKEN as error:
        raise RecordError(reason, f"{name}: {type(error).__name__}: {_OBJECT.sub('the file', str(error))}") from None


def _check_size(image: Pillow.Image, name: str) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS or max(image.size) > MAX_SIDE:
        allowed = f"a side of {MAX_SIDE:,} and {MAX_PIXELS:,} pixels are allowed"
        raise RecordError("too-large", f"{name}: {width:,} x {height:,} pixels; {allowed}")
