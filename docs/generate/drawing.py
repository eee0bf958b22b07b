"""A drawing of how a mask becomes text, made from what the codecs really write."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from html import escape

from t4s_data.codecs.codec import from_name
from t4s_data.masks.canvas import cell_box, grid_of, sample_positions
from t4s_data.masks.mask import Bools, Mask

N = 16
HEIGHT, WIDTH = 320, 320
LABEL = "mug"
PANEL, HEAD, GAP = 384, 76, 40
"""A picture's side, the room for the words above it, and the room beside it, in units of the drawing."""

Polygon = list[float]


def drawing() -> str:
    """The drawing as SVG: the image and the canvas one above the other, each with a text that says it beside it."""
    polygons = mug()
    grid = grid_of(Mask.from_polygons(polygons, HEIGHT, WIDTH), N).grid
    box_codec, image_codec = from_name(f"bsd-{N}"), from_name(f"isd-{N}-rrle")
    [box_wise], [image_wise] = box_codec.encode([(LABEL, grid)]), image_codec.encode([(LABEL, grid)])
    left, right, low = GAP, 2 * GAP + PANEL, HEAD + PANEL
    parts = [
        *_title(left, 0, "1. The image", f"each of {N} x {N} cells takes the pixel at its centre"),
        *_picture(left, HEAD, polygons, grid),
        *_title(left, low, "2. The canvas", "the cells whose pixel is in the region"),
        *_canvas(left, low + HEAD, grid),
        *_title(right, 0, f"Image-wise ({image_codec.name})", "one text for the image, a line for each row"),
        *_image_wise(right, HEAD, image_wise),
        *_title(right, low, f"Box-wise ({box_codec.name})", "one entry a region, a line for each row of its box"),
        *_box_wise(right, low + HEAD, box_wise, cell_box(grid)[1]),
    ]
    size = f"0 0 {right + PANEL + 16} {2 * low + GAP}"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{size}" role="img" aria-label="A mask becomes text">'
    return "\n".join([head, _STYLE, *parts, "</svg>", ""])


def mug() -> list[Polygon]:
    """The outline of a mug as polygons in pixels: its body, and the two halves of its handle."""
    body = [74.0, 90, 200, 90, 194, 250, 180, 262, 94, 262, 80, 250]
    return [body, _arc(-math.pi / 2, 0), _arc(0, math.pi / 2)]


def _arc(start: float, end: float) -> Polygon:
    """A quarter of a ring, outer edge first."""
    angles = [start + (end - start) * step / 12 for step in range(13)]
    edge = [(194 + 66 * math.cos(a), 165 + 58 * math.sin(a)) for a in angles]
    edge += [(194 + 38 * math.cos(a), 165 + 30 * math.sin(a)) for a in reversed(angles)]
    return [coordinate for point in edge for coordinate in point]


def _title(x: float, y: float, title: str, words: str) -> Iterator[str]:
    yield f'<text class="title" x="{x}" y="{y + 34}">{escape(title)}</text>'
    yield f'<text class="words" x="{x}" y="{y + 60}">{escape(words)}</text>'


def _picture(x: float, y: float, polygons: Iterable[Polygon], grid: Bools) -> Iterator[str]:
    yield f'<rect class="paper" x="{x}" y="{y}" width="{PANEL}" height="{PANEL}"/>'
    scale = PANEL / WIDTH
    for polygon in polygons:
        pairs = zip(polygon[::2], polygon[1::2], strict=True)
        points = " ".join(f"{x + a * scale:.1f},{y + b * scale:.1f}" for a, b in pairs)
        yield f'<polygon class="region" points="{points}"/>'
    columns = sample_positions(N, WIDTH).tolist()
    for r, row in enumerate(sample_positions(N, HEIGHT).tolist()):
        for c, column in enumerate(columns):
            kind = "in" if grid[r, c] else "out"
            yield f'<circle class="{kind}" cx="{x + column * scale:.1f}" cy="{y + row * scale:.1f}" r="3"/>'


def _canvas(x: float, y: float, grid: Bools) -> Iterator[str]:
    cell = PANEL // N
    for r in range(N):
        for c in range(N):
            kind = "set" if grid[r, c] else "unset"
            yield f'<rect class="{kind}" x="{x + c * cell}" y="{y + r * cell}" width="{cell}" height="{cell}"/>'
    x1, y1, x2, y2 = cell_box(grid)
    place = f'x="{x + x1 * cell}" y="{y + y1 * cell}" width="{(x2 - x1 + 1) * cell}" height="{(y2 - y1 + 1) * cell}"'
    yield f'<rect class="box" {place}/>'


def _image_wise(x: float, y: float, text: str) -> Iterator[str]:
    for r, line in enumerate(text.split("\n")):
        yield _code(x, y + (r + 0.72) * PANEL / N, line)


def _box_wise(x: float, y: float, text: str, first: int) -> Iterator[str]:
    """The entry, each line of bricks beside its row of the canvas, which begin at ``first``."""
    head, body = text.split("<seg>")
    cell = PANEL / N
    yield _code(x, y + (first - 0.6) * cell, head)
    for r, line in enumerate(f"<seg>{body}".split("\n"), first):
        yield _code(x, y + (r + 0.72) * cell, line)


def _code(x: float, y: float, text: str) -> str:
    """A line of a descriptor, its tags and bricks in colors."""
    return f'<text class="code" x="{x}" y="{y:.1f}">{_TOKEN.sub(_token, escape(text))}</text>'


_TOKEN = re.compile(r"&lt;(/?[a-z]+)[0-9]*&gt;")


def _token(found: re.Match[str]) -> str:
    return f'<tspan class="{found[1] if found[1] in {"fg", "bg"} else "tag"}">{found[0]}</tspan>'


_STYLE = """<style>
text { font-family: system-ui, sans-serif; fill: #1c2733; }
.title { font-size: 21px; font-weight: 600; }
.words { font-size: 15px; fill: #5a6775; }
.code { font-family: ui-monospace, monospace; font-size: 15px; white-space: pre; }
.tag { fill: #5a6775; } .fg { fill: #b4541a; font-weight: 600; } .bg { fill: #3a6ea5; }
.paper { fill: #f3f1ea; stroke: #c9c4b5; }
.region { fill: #e8a06a; stroke: #e8a06a; }
.in { fill: #7a2f05; } .out { fill: #b9c2cb; }
.set { fill: #e8a06a; stroke: #fff; } .unset { fill: #e9edf1; stroke: #fff; }
.box { fill: none; stroke: #b4541a; stroke-width: 3; }
</style>
<rect width="100%" height="100%" fill="#ffffff"/>"""
