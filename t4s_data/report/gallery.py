"""Rows for the report's gallery, each with all it takes to draw it, within a budget of bytes."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from PIL import Image as Pillow

from t4s_data.codecs.codec import codec_or_none
from t4s_data.corpus.reader import Place, open_image, rows_at
from t4s_data.corpus.regions import masks_of
from t4s_data.corpus.row import Row, RowRegion
from t4s_data.errors import RecordError
from t4s_data.masks.mask import Mask
from t4s_data.report.overlay import COLORS, decoded_regions

ROWS = 60
"""Most rows of a gallery."""
BYTES = 11_000_000
"""Most bytes of a gallery as JSON."""
LARGEST = 800_000
"""Most bytes of one row; larger ones are skipped."""
LONGEST_SIDE = 1024
"""Longest side in pixels of an image as it is shown; regions are drawn at the size of the original."""

Exhibit = dict[str, Any]
"""One row of a gallery, as the page's script reads it."""


def gallery(corpus: Path, places: Sequence[Place], data_root: Path | None) -> list[Exhibit]:
    """The first rows that fit into the budget, those with masks in their answers first.

    An image that is neither in the row nor readable below ``data_root`` is left out, and its regions are not.
    """
    return sorted(_within(_exhibits(corpus, places, data_root)), key=_has_no_masks)


def _has_no_masks(exhibit: Exhibit) -> bool:
    codec = codec_or_none(exhibit["codec"])
    return codec is None or not codec.masks or not exhibit["regions"]


def _exhibits(corpus: Path, places: Sequence[Place], data_root: Path | None) -> Iterator[Exhibit]:
    for start in range(0, len(places), ROWS):
        batch = places[start : start + ROWS]
        rows = rows_at(corpus, batch)
        for place in batch:
            yield _exhibit(rows[place], data_root)


def _within(exhibits: Iterator[Exhibit]) -> Iterator[Exhibit]:
    left, rows = BYTES, ROWS
    for exhibit in exhibits:
        size = len(msgspec.json.encode(exhibit))
        if size <= min(left, LARGEST):
            left -= size
            rows -= 1
            yield exhibit
        if rows == 0 or left < LARGEST:
            return


def _exhibit(row: Row, data_root: Path | None) -> Exhibit:
    try:
        image = open_image(row, data_root)
    except RecordError:
        image = None
    # Rows of conversations need not know the size of their image.
    width, height = image.size if image else (row.width, row.height)
    return {
        "id": row.id,
        "source": row.source,
        "split": row.split,
        "task": row.task,
        "codec": row.codec,
        "messages": msgspec.to_builtins(row.messages),
        "width": width,
        "height": height,
        "tokens": [row.descriptor_tokens, row.answer_tokens, row.total_tokens],
        "image": _encoded(image) if image else None,
        "pictured": bool(row.images),
        "regions": [
            _region(region, mask, number)
            for number, (region, mask) in enumerate(zip(row.regions, masks_of(row), strict=True))
        ],
        "canvas": _canvas(row),
    }


def _region(region: RowRegion, mask: Mask, number: int) -> dict[str, Any]:
    shown = {"label": region.label, "rle": mask.rle, "box": mask.box, "rescued": region.rescued}
    return {**shown, "share": round(mask.area / (mask.height * mask.width), 5), "color": _hex(number)}


def _canvas(row: Row) -> dict[str, Any] | None:
    """The decoded canvas, its regions as run lengths over the cells."""
    codec = codec_or_none(row.codec)
    if codec is None:
        return None
    by_label = {region.label: _hex(number) for number, region in reversed(list(enumerate(row.regions)))}
    cells = []
    for number, region in enumerate(decoded_regions(row)):
        color = _hex(number) if codec.per_region else by_label.get(region.label, "#888888")
        cells.append({"label": region.label, "rle": Mask.from_dense(region.grid).rle, "color": color})
    return {"n": codec.n, "regions": cells}


def _encoded(image: Pillow.Image) -> str:
    small = image.copy()
    small.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Pillow.Resampling.LANCZOS)
    file = io.BytesIO()
    small.save(file, "JPEG", quality=82, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode("ascii")


def _hex(number: int) -> str:
    return "#{:02x}{:02x}{:02x}".format(*COLORS[number % len(COLORS)])
