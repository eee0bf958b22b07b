"""A mask is the same whatever file holds it; what could be understood in two ways is refused by its kind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image as Pillow

from t4s_data.errors import RecordError
from t4s_data.masks.mask import masks_of_labels
from t4s_data.masks.mask_file import read_mask_file
from t4s_data.masks.png import read_class_ids, read_mask

SPOT = np.zeros((24, 36), dtype=np.uint8)
SPOT[4:12, 8:28] = 1
SHAPES = st.tuples(st.integers(1, 9), st.integers(1, 9))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("masks")


def test_one_real_mask_is_the_same_in_all_its_files(real: Path) -> None:
    masks = real / "exports/mask-modes/train/masks"
    gray = read_mask_file(masks / "gray.png")
    assert gray.area == int((np.asarray(Pillow.open(masks / "gray.png")) > 0).sum()) > 0
    for path in sorted(masks.iterdir()):
        if path.suffix != ".jpg":
            assert read_mask_file(path) == gray, path.name
    with pytest.raises(RecordError, match=r"bad-mask: jpeg\.jpg: a JPEG file, which blurs .* threshold = 128"):
        read_mask_file(masks / "jpeg.jpg")
    jpeg = read_mask_file(masks / "jpeg.jpg", threshold=128)
    assert jpeg == gray


def channels(*each: np.ndarray) -> np.ndarray:
    return np.stack(each, axis=-1)


def colors(*palette: tuple[int, int, int], indexes: np.ndarray = SPOT) -> Pillow.Image:
    image = Pillow.fromarray(indexes, "P")
    image.putpalette([value for color in palette for value in color])
    return image


BLACK, WHITE, RED = (0, 0, 0), (255, 255, 255), (128, 0, 0)
FULL = np.full_like(SPOT, 255)
LIT = SPOT * 255
TAKEN = {
    "gray.png": Pillow.fromarray(LIT),
    "ones.png": Pillow.fromarray(SPOT),
    "bit.png": Pillow.fromarray(LIT).convert("1"),
    "rgb.png": Pillow.fromarray(channels(LIT, LIT, LIT)),
    "rgba.png": Pillow.fromarray(channels(LIT, LIT, LIT, FULL)),
    "clear.png": Pillow.fromarray(channels(LIT, LIT, LIT, FULL * 0)),
    "la.png": Pillow.fromarray(channels(LIT, FULL)),
    "palette.png": colors(BLACK, WHITE),
    "voc.png": colors(BLACK, RED),
    "sixteen.png": Pillow.fromarray(SPOT.astype(np.uint16) * 513),
    "gray.bmp": Pillow.fromarray(LIT),
    "rgb.bmp": Pillow.fromarray(channels(LIT, LIT, LIT)),
    "gray.tif": Pillow.fromarray(LIT),
    "sixteen.tiff": Pillow.fromarray(SPOT.astype(np.uint16) * 513),
}


@pytest.mark.parametrize("name", TAKEN)
def test_what_can_be_understood_in_one_way_is_taken(folder: Path, name: str) -> None:
    TAKEN[name].save(folder / name)
    assert np.array_equal(read_mask_file(folder / name).dense(), SPOT > 0)


def test_webp_is_taken_where_it_keeps_its_pixels(folder: Path) -> None:
    path = folder / "x.webp"
    for image in (TAKEN["rgb.png"], TAKEN["rgba.png"]):
        image.save(path, lossless=True, exact=True)
        assert np.array_equal(read_mask_file(path).dense(), SPOT > 0)
    TAKEN["rgb.png"].save(path, lossless=False, quality=90)
    with pytest.raises(RecordError, match=r"a WEBP file, which blurs"):
        read_mask_file(path)
    assert np.array_equal(read_mask_file(path, threshold=128).dense(), SPOT > 0)


def test_a_tiff_with_jpeg_inside_is_a_jpeg(folder: Path) -> None:
    path = folder / "jpeg.tif"
    TAKEN["gray.png"].save(path, compression="jpeg")
    with pytest.raises(RecordError, match=r"a TIFF file, which blurs"):
        read_mask_file(path)


THREE = SPOT.copy()
THREE[20:] = 2
VARIED = FULL.copy()
VARIED[:, ::2] = 0
REFUSED = {
    "colors.png": (Pillow.fromarray(channels(LIT, LIT * 0, LIT * 0)), "colors"),
    "alpha.png": (Pillow.fromarray(channels(LIT, LIT, LIT, VARIED)), "alpha that differs"),
    "la.png": (Pillow.fromarray(channels(LIT, VARIED)), "alpha that differs"),
    "palette.png": (colors(BLACK, RED, WHITE, indexes=THREE), "a palette of 3 values"),
    "inverse.png": (colors(WHITE, BLACK), "a palette in which 0 is not the darker color"),
    "shifted.png": (colors(BLACK, RED, WHITE, indexes=SPOT + 1), "palette indexes 1 and 2"),
    "all0.png": (colors(WHITE, BLACK, indexes=SPOT * 0), "a palette in which 0 is not the darker color"),
    "sixteen.png": (Pillow.fromarray(THREE.astype(np.uint16)), "16-bit numbers, 3 of them"),
    "no-zero.png": (Pillow.fromarray(SPOT + 1), "values from 1 upward"),
    "float.tif": (Pillow.fromarray(SPOT.astype(np.float32)), "pixels of the kind F"),
    "gif.gif": (Pillow.fromarray(LIT), "a GIF file"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_could_be_understood_in_two_ways_is_refused_by_its_kind(folder: Path, name: str) -> None:
    image, what = REFUSED[name]
    image.save(folder / name)
    with pytest.raises(RecordError, match=rf"bad-mask: {name}: {what}"):
        read_mask_file(folder / name, threshold=128)


def test_several_pictures_in_one_file_are_refused(folder: Path) -> None:
    path = folder / "pages.tif"
    TAKEN["gray.png"].save(path, save_all=True, append_images=[TAKEN["gray.png"]])
    with pytest.raises(RecordError, match="2 pictures in one file"):
        read_mask_file(path)


def test_colors_of_a_jpeg_are_refused_whatever_the_threshold(folder: Path) -> None:
    Pillow.fromarray(channels(LIT, LIT * 0, LIT * 0)).save(folder / "red.jpg")
    with pytest.raises(RecordError, match="colors"):
        read_mask_file(folder / "red.jpg", threshold=10)


@given(arrays.arrays(np.uint8, SHAPES, elements=st.integers(0, 255)))
def test_gray_is_what_is_not_zero_if_anything_is(folder: Path, gray: np.ndarray) -> None:
    path = folder / "any.png"
    Pillow.fromarray(gray).save(path)
    if not gray.any():
        with pytest.raises(RecordError, match="empty-mask"):
            read_mask_file(path)
    elif gray.min() and gray.min() != gray.max():
        with pytest.raises(RecordError, match="none of them is 0"):
            read_mask_file(path)
    else:
        assert np.array_equal(read_mask_file(path).dense(), gray != 0)


@pytest.mark.parametrize(
    ("data", "what"),
    [(b"", "bad-mask"), (b"%!PS-Adobe-3.0 EPSF-3.0\n", "bad-mask: x.png: not an image in"), (None, "no-mask")],
)
def test_what_is_no_image_is_named(tmp_path: Path, data: bytes | None, what: str) -> None:
    if data is not None:
        (tmp_path / "x.png").write_bytes(data)
    with pytest.raises(RecordError, match=what):
        read_mask_file(tmp_path / "x.png")


def test_a_small_file_whose_pixels_all_differ_is_too_large(tmp_path: Path):
    stripes = np.zeros((8200, 8200), dtype=np.uint8)
    stripes[::2] = 255
    path = tmp_path / "stripes.png"
    Pillow.fromarray(stripes).save(path)
    assert path.stat().st_size < 200_000
    for read in (read_mask_file, read_mask, lambda path: masks_of_labels(read_class_ids(path))):
        with pytest.raises(RecordError, match=r"too-large: a mask of 67,2\d\d,\d\d\d runs"):
            read(path)
