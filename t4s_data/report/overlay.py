"""Pictures of a row: its regions on the image, and beside it the canvas that its text decodes to."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFilter, ImageFont

from t4s_data.codecs.codec import codec_or_none
from t4s_data.codecs.decoded import DecodedRegion
from t4s_data.corpus.regions import masks_of
from t4s_data.corpus.row import Row
from t4s_data.errors import CodecError, CorpusError
from t4s_data.masks.canvas import Box, box_pixels, cell_box, cell_edges, pixels
from t4s_data.masks.mask import Bools

Color = tuple[int, int, int]
Pixels = NDArray[np.uint8]

COLORS: Sequence[Color] = (
    (230, 57, 70),
    (29, 131, 212),
    (255, 159, 28),
    (46, 160, 67),
    (155, 81, 224),
    (0, 173, 181),
    (240, 98, 146),
    (141, 110, 99),
    (205, 180, 0),
    (84, 110, 222),
)
"""The colors of regions in turn, told apart on light and dark ground."""
_INK, _MUTED, _PAPER, _BLANK = (32, 33, 36), (110, 115, 122), (255, 255, 255), (58, 63, 71)
_GAP = 16
_SMALLEST_SIDE = 480


@dataclass(frozen=True, slots=True)
class Drawn:
    """A region as it is drawn: pixels (height, width), its box in pixels with exclusive ends, and its label."""

    mask: Bools
    box: Box
    label: str
    color: Color


class Line(NamedTuple):
    """A line of a caption: the height of its letters, and texts with their colors."""

    size: int
    parts: Sequence[tuple[str, Color]]


def color_of(number: int) -> Color:
    """The color of a row's region by its number from 0."""
    return COLORS[number % len(COLORS)]


def decoded_regions(row: Row) -> list[DecodedRegion]:
    """What the row's own answers decode to, in the order of the text; nothing for rows that draw no region.

    Raises:
        CorpusError: an answer is not what the row's codec writes.
    """
    codec = codec_or_none(row.codec)
    if codec is None:
        return []
    answers = [message.content for message in row.messages if message.role == "assistant"]
    try:
        return [region for answer in answers for region in codec.decode_answer(answer).regions]
    except CodecError as error:
        raise CorpusError(f"row {row.id!r}: its answer is not what {codec.name} writes: {error}") from None


def picture(row: Row, image: Pillow.Image | None) -> Pillow.Image:
    """One row to look at: image with regions, boxes and labels, the decoded canvas beside it, a caption below.

    The image is at full size; small ones are enlarged. Without one, regions stand on a plain ground.
    """
    if image is None and (row.width is None or row.height is None):
        return _stacked([], _caption(row, []), 2 * _SMALLEST_SIDE + _GAP)
    ground = image or Pillow.new("RGB", (row.width or 0, row.height or 0), _BLANK)
    truth = true_regions(row)
    times = max(1, -(-_SMALLEST_SIDE // max(ground.size)))
    left = with_labels(_enlarged(with_regions(ground, truth), times), truth, times)
    right = _canvas_panel(row, ground, truth, times)
    titles = [f"{ground.width} x {ground.height} pixels", _canvas_title(row)]
    panels = [_titled(panel, title) for panel, title in zip((left, right), titles, strict=True)]
    return _stacked(panels, _caption(row, truth), left.width + right.width + _GAP)


def true_regions(row: Row) -> list[Drawn]:
    """The row's regions at the size of its image."""
    drawn = []
    for number, (region, mask) in enumerate(zip(row.regions, masks_of(row), strict=True)):
        drawn.append(Drawn(mask.dense(), mask.box, region.label, color_of(number)))
    return drawn


def with_regions(image: Pillow.Image, regions: Sequence[Drawn]) -> Pillow.Image:
    """The image with each region tinted and outlined, and its box."""
    shown = np.asarray(image, dtype=np.uint8).copy()
    thick = max(1, round(max(image.size) / 400))
    for region in regions:
        _tint(shown, region.mask, region.color, 0.42)
    for region in regions:
        _tint(shown, _outline(region.mask, thick), region.color, 1)
    drawn = Pillow.fromarray(shown)
    pen = ImageDraw.Draw(drawn)
    for region in regions:
        left, top, right, bottom = region.box
        pen.rectangle((left, top, right - 1, bottom - 1), outline=region.color, width=thick)
    return drawn


def with_cells(image: Pillow.Image, regions: Sequence[Drawn], n: int) -> Pillow.Image:
    """The image in dim gray with each region's cells filled and the lines of the canvas through them."""
    gray = np.asarray(image.convert("L").convert("RGB"), dtype=np.float64)
    shown = (gray * 0.35 + 20).astype(np.uint8)
    lines = _lines(n, image.height, image.width)
    for region in regions:
        _tint(shown, region.mask, region.color, 0.78)
        _tint(shown, region.mask & lines, _BLANK, 0.35)
    drawn = Pillow.fromarray(shown)
    pen = ImageDraw.Draw(drawn)
    for region in regions:
        left, top, right, bottom = region.box
        pen.rectangle((left, top, right - 1, bottom - 1), outline=region.color, width=max(1, image.width // 400))
    return drawn


def with_labels(image: Pillow.Image, regions: Sequence[Drawn], times: int) -> Pillow.Image:
    """The image, enlarged so many times, with each region's label in a flag at its box."""
    pen = ImageDraw.Draw(image)
    font = _font(15)
    for region in regions:
        text = textwrap.shorten(region.label, 34, placeholder=" …") or region.label[:34]
        left, top = region.box[0] * times, region.box[1] * times
        width, height = int(pen.textlength(text, font)) + 10, 22
        x = max(0, min(left, image.width - width))
        y = top - height if top >= height else top
        pen.rectangle((x, y, x + width, y + height - 1), fill=region.color)
        pen.text((x + 5, y + 2), text, fill=_PAPER, font=font)
    return image


def _canvas_panel(row: Row, ground: Pillow.Image, truth: Sequence[Drawn], times: int) -> Pillow.Image:
    large = _enlarged(ground, times)
    codec = codec_or_none(row.codec)
    if codec is None:
        return large
    n = codec.n
    by_label = {region.label: region.color for region in reversed(truth)}
    cells = []
    for number, region in enumerate(decoded_regions(row)):
        box = box_pixels(cell_box(region.grid), n, large.height, large.width)
        # Image-wise descriptors merge regions of one label and give them in an order of their own.
        color = color_of(number) if codec.per_region else by_label.get(region.label, _MUTED)
        cells.append(Drawn(pixels(region.grid, large.height, large.width), box, region.label, color))
    return with_cells(large, cells, n)


def _canvas_title(row: Row) -> str:
    codec = codec_or_none(row.codec)
    if codec is None:
        return "no canvas: text alone"
    return f"decoded from the answer: {codec.n} x {codec.n} cells ({row.codec})"


def _caption(row: Row, truth: Sequence[Drawn]) -> list[Line]:
    counts = f"descriptor {row.descriptor_tokens:,}, answer {row.answer_tokens:,}, total {row.total_tokens:,}"
    asked = next((message.content for message in row.messages if message.role == "user"), "")
    question = textwrap.shorten(asked.replace("<image>", ""), 400, placeholder=" …")
    labels = [(textwrap.shorten(region.label, 120, placeholder=" …"), region.color) for region in truth[:12]]
    if len(truth) > 12:
        labels.append((f"and {len(truth) - 12} more", _MUTED))
    facts = f"{row.id} · {row.task} · {row.split} · text tokens: {counts}"
    return [Line(19, [(question, _INK)]), Line(17, labels), Line(14, [(facts, _MUTED)])]


def _stacked(panels: Sequence[Pillow.Image], caption: Sequence[Line], width: int) -> Pillow.Image:
    height = max((panel.height for panel in panels), default=0)
    text = _typeset(caption, width)
    page = Pillow.new("RGB", (width + 2 * _GAP, height + text.height + 3 * _GAP), _PAPER)
    x = _GAP
    for panel in panels:
        page.paste(panel, (x, _GAP))
        x += panel.width + _GAP
    page.paste(text, (_GAP, height + 2 * _GAP - _GAP // 2))
    return page


def _typeset(caption: Sequence[Line], width: int) -> Pillow.Image:
    """Words set one after the other and broken at the width."""
    words: list[tuple[int, int, str, Color, int]] = []
    y = 0
    for line in caption:
        font, x = _font(line.size), 0
        for text, color in line.parts:
            for word in text.split():
                length = int(font.getlength(word))
                if x and x + length > width:
                    x, y = 0, y + int(line.size * 1.4)
                words.append((x, y, word, color, line.size))
                x += length + line.size // 3
            x += line.size
        y += int(line.size * 1.6) if line.parts else 0
    page = Pillow.new("RGB", (width, max(1, y)), _PAPER)
    pen = ImageDraw.Draw(page)
    for x, y, word, color, size in words:
        pen.text((x, y), word, fill=color, font=_font(size))
    return page


def _titled(panel: Pillow.Image, title: str) -> Pillow.Image:
    page = Pillow.new("RGB", (panel.width, panel.height + 26), _PAPER)
    ImageDraw.Draw(page).text((0, 2), title, fill=_MUTED, font=_font(15))
    page.paste(panel, (0, 26))
    return page


def _enlarged(image: Pillow.Image, times: int) -> Pillow.Image:
    return image.resize((image.width * times, image.height * times), Pillow.Resampling.NEAREST) if times > 1 else image


def _tint(shown: Pixels, mask: Bools, color: Color, share: float) -> None:
    shown[mask] = (shown[mask] * (1 - share) + np.array(color) * share).astype(np.uint8)


def _outline(mask: Bools, thick: int) -> Bools:
    """The pixels of the mask that lie so close to its edge; the image's own border is none."""
    padded = np.pad(mask, thick, mode="edge")
    shrunk = Pillow.fromarray(padded).convert("L").filter(ImageFilter.MinFilter(2 * thick + 1))
    inner = np.asarray(shrunk)[thick:-thick, thick:-thick] > 0
    return mask & ~inner


def _lines(n: int, height: int, width: int) -> Bools:
    """Where the canvas's lines fall on an image, bool (height, width): the first pixel of every cell."""
    lines = np.zeros((height, width), dtype=bool)
    lines[[edge for edge in cell_edges(n, height).tolist() if 0 < edge < height]] = True
    lines[:, [edge for edge in cell_edges(n, width).tolist() if 0 < edge < width]] = True
    return lines


@lru_cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    # The font that comes with matplotlib knows far more of Unicode than Pillow's own.
    import matplotlib

    return ImageFont.truetype(str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"), size)
