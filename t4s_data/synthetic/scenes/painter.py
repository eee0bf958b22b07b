"""Pictures of scenes, drawn so that a person sees what the sentences say."""

from __future__ import annotations

import io
from functools import cache

import numpy as np
from PIL import Image, ImageChops, ImageDraw

from t4s_data.synthetic.scenes.catalog import COLORS
from t4s_data.synthetic.scenes.outlines import points_of
from t4s_data.synthetic.scenes.scene import Scene, Thing

Rgb = tuple[int, int, int]

GROUNDS: dict[str, Rgb] = {
    "sky-other-merged": (158, 200, 234), "grass-merged": (112, 168, 84), "road": (98, 98, 104), "sand": (222, 204, 152),
    "snow": (232, 238, 244), "pavement-merged": (172, 168, 164), "dirt-merged": (150, 116, 82),
    "tree-merged": (58, 110, 62), "building-other-merged": (182, 142, 122), "mountain-merged": (122, 124, 142),
    "sea": (62, 126, 158), "fence-merged": (168, 134, 98), "floor-wood": (184, 138, 92),
    "floor-other-merged": (188, 184, 174), "rug-merged": (150, 92, 96), "table-merged": (142, 104, 72),
    "counter": (202, 198, 188), "wall-other-merged": (218, 208, 190), "wall-brick": (172, 100, 82),
    "wall-tile": (192, 214, 214), "wall-wood": (162, 122, 86),
}  # fmt: skip
"""What each stuff class is painted with."""

QUALITY = 70
GRAY = 20


def picture(scene: Scene) -> bytes:
    """The scene as a JPEG file."""
    return _jpeg(_drawn(scene))


def gif(scene: Scene) -> bytes:
    """The scene as a GIF file."""
    file = io.BytesIO()
    _drawn(scene).quantize(64).save(file, "GIF")
    return file.getvalue()


def _drawn(scene: Scene) -> Image.Image:
    image = Image.new("RGB", (scene.frame.width, scene.frame.height), (200, 200, 200))
    pen = ImageDraw.Draw(image)
    for stuff in scene.stuff:
        pen.polygon(points_of(stuff.ring), fill=GROUNDS[stuff.category.name])
    for crowd in scene.crowds:
        _paint(pen, crowd)
    for thing in back_to_front(scene):
        _paint(pen, thing)
    return image


def back_to_front(scene: Scene) -> list[Thing]:
    """The things in painting order: large ones first, so that no small one is hidden."""
    return sorted(scene.things, key=lambda thing: (-thing.area, thing.number))


def _paint(pen: ImageDraw.ImageDraw, thing: Thing) -> None:
    color = COLORS[thing.color]
    dark = (color[0] // 2, color[1] // 2, color[2] // 2)
    light = (color[0] + (255 - color[0]) // 4, color[1] + (255 - color[1]) // 4, color[2] + (255 - color[2]) // 4)
    for ring in thing.rings:
        pen.polygon(points_of(ring), fill=color, outline=dark)
        center = ring.mean(0)
        pen.polygon(points_of(center + (ring - center) * 0.6 - 0.06 * np.ptp(ring, axis=0)), fill=light)


@cache
def _grain(size: tuple[int, int]) -> Image.Image:
    """Film grain around GRAY: a flat surface is nothing a camera gives."""
    width, height = size
    random = np.random.Generator(np.random.PCG64(0))
    coarse = random.normal(GRAY, 5, (height // 4 + 1, width // 4 + 1)).clip(0, 2 * GRAY).astype(np.uint8)
    return Image.fromarray(np.kron(coarse, np.ones((4, 4), np.uint8))[:height, :width]).convert("RGB")


def _jpeg(image: Image.Image) -> bytes:
    file = io.BytesIO()
    ImageChops.add(image, _grain(image.size), offset=-GRAY).save(file, "JPEG", quality=QUALITY)
    return file.getvalue()
