"""A sample and what a recipe wants of it -> a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from t4s_data.canvas import Cells, cell_box, grid_of
from t4s_data.codecs import Codec, codec_of
from t4s_data.conversation import converse
from t4s_data.draw import pick_weighted
from t4s_data.images import read_checked
from t4s_data.labels import normalize
from t4s_data.masks import Mask
from t4s_data.parts import Part
from t4s_data.prompts import load_prompts
from t4s_data.sample import Image, Region, Sample, Turn
from t4s_data.tasks import TASKS, Exchange
from t4s_data.tokens import Tokenizer, lengths, load_tokenizer

NO_IMAGE: Mapping[str, Any] = {"images": [], "width": None, "height": None}
Row = dict[str, Any]
"""One row: the dump of a :class:`schemas.row.Row`."""


class RowMaker:
    """Makes the rows of one part in one pass of `repeat`."""

    def __init__(self, part: Part, passing: int) -> None:
        self._part = part
        self._passing = passing
        self._tokenizer = load_tokenizer(part.tokenizer, part.vocabulary)
        self._codecs = {task: codec_of(part.codec, seg=TASKS[task].masks) for task in part.tasks}

    def make(self, sample: Sample) -> tuple[Row, dict[str, int]]:
        """The row of one sample, and counts of what was rescued or repaired in it.

        Raises:
            RecordError: the sample cannot be used for the task that it drew.
        """
        part, record = self._part, f"{self._part.name}/{sample.key}"
        row_id = f"{record}#{self._passing}"
        task = pick_weighted(part.tasks, part.seed, row_id, "task")
        exchange, reserved = _normalized(TASKS[task].exchange(sample))
        codec = self._codecs[task]
        cells = [_cells(region.mask, codec.n) for region in exchange.regions]
        entries = _entries(codec, exchange.regions, cells)
        template = load_prompts(task).choose(part.seed, record, self._passing)
        turns = converse(exchange, template, entries)
        image, absent = self._image_columns(sample.image)
        row = {
            "id": row_id,
            "source": part.source,
            "split": part.as_split,
            "task": task,
            **image,
            "messages": [{"role": turn.role, "content": turn.content} for turn in turns],
            "regions": [_region_column(*pair) for pair in zip(exchange.regions, cells, strict=True)],
            "codec": codec.name,
            **_token_columns(self._tokenizer, turns, entries),
            "image_id": sample.image_id,
            "license": sample.license,
        }
        rescued = sum(found.rescued for found in cells)
        notes = {"regions": len(cells), "rescued": rescued, "reserved-text": reserved, "images-absent": absent}
        return row, {**sample.notes, **notes}

    def _image_columns(self, image: Image | None) -> tuple[Row, int]:
        if image is None:
            return dict(NO_IMAGE), 0
        root = self._part.location.data_root
        if self._part.embed:
            column: Row = {"bytes": read_checked(image, root), "path": PurePosixPath(image.path).name}
            absent = False
        else:
            column = {"bytes": None, "path": image.path}
            absent = not _exists(root / image.path)
        return {"images": [column], "width": image.width, "height": image.height}, int(absent)


def _normalized(exchange: Exchange) -> tuple[Exchange, int]:
    """The exchange with labels and fields as they may stand in a conversation, and how many reserved marks it had."""
    fields = {name: normalize(text) for name, text in exchange.fields.items()}
    labels = [normalize(region.label) for region in exchange.regions]
    regions = tuple(Region(label.text, region.mask) for label, region in zip(labels, exchange.regions, strict=True))
    reserved = sum(label.reserved for label in (*fields.values(), *labels))
    texts = {name: label.text for name, label in fields.items()}
    return replace(exchange, fields=texts, regions=regions), reserved


@lru_cache(maxsize=64)
def _cells(mask: Mask, n: int) -> Cells:
    return grid_of(mask, n)


@lru_cache(maxsize=16)
def _exists(path: Path) -> bool:
    return path.is_file()


def _entries(codec: Codec, regions: Sequence[Region], cells: Sequence[Cells]) -> list[str]:
    labels = [codec.label(region.label).text for region in regions]
    return codec.encode([(label, found.grid) for label, found in zip(labels, cells, strict=True)])


def _region_column(region: Region, cells: Cells) -> Row:
    return {
        "label": region.label,
        "box": list(cell_box(cells.grid)),
        "rle": region.mask.rle,
        "area": region.mask.area,
        "rescued": cells.rescued,
    }


def _token_columns(tokenizer: Tokenizer, turns: Sequence[Turn], entries: Sequence[str]) -> dict[str, int]:
    answers = [turn.content for turn in turns if turn.role == "assistant"]
    questions = [turn.content for turn in turns if turn.role != "assistant"]
    counts = lengths(tokenizer, questions, answers, entries)
    return {
        "descriptor_tokens": counts.descriptor,
        "answer_tokens": counts.answer,
        "total_tokens": counts.total,
    }
