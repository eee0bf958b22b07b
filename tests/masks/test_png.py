"""A PNG gives the numbers that were written into it, whatever way it stores them; what has none is refused by kind."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image as Pillow

from t4s_data.errors import RecordError
from t4s_data.masks.png import read_class_ids, read_mask, read_segment_ids

SHAPES = st.tuples(st.integers(1, 9), st.integers(1, 9))


def png(pixels: np.ndarray, depth: int, color: int, palette: bytes = b"") -> bytes:
    """A PNG by the book (www.w3.org/TR/png-3), of any bit depth: Pillow writes only some."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    height, width = pixels.shape[:2]
    rows = pixels.reshape(height, -1)
    bits = (rows[..., None] >> np.arange(depth - 1, -1, -1)) & 1
    packed = np.packbits(bits.reshape(height, -1).astype(np.uint8), axis=1)
    data = b"".join(b"\0" + row.tobytes() for row in packed)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0))
    colors = chunk(b"PLTE", palette) if palette else b""
    return b"\x89PNG\r\n\x1a\n" + head + colors + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


GRAY, COLOR, PALETTE, GRAY_ALPHA, COLOR_ALPHA = 0, 2, 3, 4, 6
NUMBERED = [(GRAY, depth) for depth in (1, 2, 4, 8, 16)] + [(PALETTE, depth) for depth in (1, 2, 4, 8)]
OTHER = [
    (COLOR, 8, 3),
    (COLOR, 16, 3),
    (GRAY_ALPHA, 8, 2),
    (GRAY_ALPHA, 16, 2),
    (COLOR_ALPHA, 8, 4),
    (COLOR_ALPHA, 16, 4),
]
COLORS = bytes(range(256)) * 3


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("png") / "x.png"


@pytest.mark.parametrize(("color", "depth"), NUMBERED)
@given(data=st.data())
def test_class_ids_are_the_numbers_as_stored(path: Path, color: int, depth: int, data: st.DataObject) -> None:
    ids = data.draw(arrays.arrays(np.int32, SHAPES, elements=st.integers(0, 2**depth - 1)))
    path.write_bytes(png(ids, depth, color, COLORS[: 3 * 2**depth] if color == PALETTE else b""))
    assert np.array_equal(read_class_ids(path), ids)


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
@given(data=st.data())
def test_a_mask_is_what_is_not_zero(path: Path, depth: int, data: st.DataObject) -> None:
    gray = data.draw(arrays.arrays(np.int32, SHAPES, elements=st.integers(0, 2**depth - 1)))
    path.write_bytes(png(gray, depth, GRAY))
    if gray.any():
        assert np.array_equal(read_mask(path).dense(), gray != 0)
    else:
        with pytest.raises(RecordError, match="empty-mask"):
            read_mask(path)


@given(arrays.arrays(np.uint32, SHAPES, elements=st.integers(0, 2**24 - 1)))
def test_segment_ids_are_red_and_256_green_and_65536_blue(path: Path, ids: np.ndarray) -> None:
    path.write_bytes(png(np.stack([ids & 255, ids >> 8 & 255, ids >> 16], axis=-1), 8, COLOR))
    assert np.array_equal(read_segment_ids(path), ids)


@pytest.mark.parametrize(("color", "depth", "channels"), OTHER)
def test_colors_and_alpha_are_neither_masks_nor_class_ids(path: Path, color: int, depth: int, channels: int) -> None:
    path.write_bytes(png(np.ones((2, 3, channels), dtype=int), depth, color))
    for read in (read_mask, read_class_ids):
        with pytest.raises(RecordError, match=r"bad-mask: x\.png: a .*(color|alpha).* cannot hold"):
            read(path)


@pytest.mark.parametrize(
    ("color", "depth", "kind"), [(PALETTE, 8, "palette"), (PALETTE, 1, "palette"), (GRAY, 16, "16-bit gray")]
)
def test_numbers_are_no_mask(path: Path, color: int, depth: int, kind: str) -> None:
    path.write_bytes(png(np.ones((2, 3), dtype=int), depth, color, COLORS[:6] if color == PALETTE else b""))
    with pytest.raises(RecordError, match=rf"bad-mask: x\.png: a {kind} PNG cannot hold a mask"):
        read_mask(path)


@pytest.mark.parametrize(("color", "depth", "channels"), [(GRAY, 8, 1), (COLOR, 16, 3), (COLOR_ALPHA, 8, 4)])
def test_segment_ids_are_8_bit_color_and_nothing_else(path: Path, color: int, depth: int, channels: int) -> None:
    path.write_bytes(png(np.ones((2, 3, channels), dtype=int), depth, color))
    with pytest.raises(RecordError, match=r"bad-mask: .*cannot hold segment ids"):
        read_segment_ids(path)


@pytest.mark.parametrize("read", [read_mask, read_class_ids, read_segment_ids])
class TestFiles:
    def test_an_absent_file_is_no_mask(self, path: Path, read: Any) -> None:
        with pytest.raises(RecordError, match=r"no-mask: absent\.png"):
            read(path.with_name("absent.png"))

    def test_a_jpeg_keeps_no_exact_numbers(self, path: Path, read: Any) -> None:
        Pillow.new("L", (4, 4), 255).save(path, "JPEG")
        with pytest.raises(RecordError, match=r"bad-mask: x\.png: a JPEG file"):
            read(path)

    @pytest.mark.parametrize("length", [0, 4, 20, 40, 50])
    def test_a_cut_file_is_a_bad_mask(self, path: Path, read: Any, length: int) -> None:
        color = read is read_segment_ids
        whole = png(np.ones((4, 4, 3) if color else (4, 4), dtype=int), 8, COLOR if color else GRAY)
        path.write_bytes(whole[:length])
        with pytest.raises(RecordError, match="bad-mask"):
            read(path)
