"""What an answer is decoded onto: the codec it is written in, the size of its image, and the image itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from t4s_data.codecs.codec import Codec, from_name
from t4s_data.corpus.reader import open_image, rows_by_id
from t4s_data.corpus.row import Count, RowImage
from t4s_data.errors import CommandError, CorpusError, DataError, RecordError
from t4s_data.evaluation.predictions import Prediction
from t4s_data.evaluation.refiner import Pixels
from t4s_data.files.images import read_image, size_of


class FrameRow(msgspec.Struct):
    """The columns of a row that say what its answer is decoded onto."""

    id: str
    images: list[RowImage]
    width: Count | None
    height: Count | None
    codec: str


class Frame(NamedTuple):
    """A codec, height and width in pixels, the image's path where it has one, and its pixels where they are needed."""

    codec: Codec
    size: tuple[int, int]
    path: str | None = None
    image: Pixels | None = None


@dataclass(frozen=True, slots=True)
class Frames:
    """Finds the frame of each prediction: what it says itself, else its row in a corpus, else what is given here.

    ``size`` is height and width; images lie below ``data_root`` and are read if they are ``pictured``.
    A prediction's image gives its size where nothing else does.
    """

    codec: str | None = None
    size: tuple[int | None, int | None] = (None, None)
    image: str | None = None
    data_root: Path | None = None
    pictured: bool = False
    rows: Mapping[str, FrameRow] = field(default_factory=dict)

    def of(self, prediction: Prediction) -> Frame:
        """The frame of a prediction.

        Raises:
            DataError: its codec or size is nowhere said, or its image is needed and not there; names its place.
        """
        row = self.rows.get(prediction.id or "")
        codec = prediction.codec or (row and row.codec) or self.codec
        if codec is None:
            raise DataError(f"{prediction.place}: no codec; give it there, by --codec or by --corpus")
        stored = row.images[0].path if row and row.images else None
        path = prediction.image or self.image
        try:
            size = self._size(prediction, row, path)
            image = self._pixels(row, path, size) if self.pictured else None
        except (RecordError, CorpusError, CommandError) as error:
            raise DataError(f"{prediction.place}: {error}") from None
        return Frame(_codec(codec, prediction.place), size, path or stored, image)

    def _size(self, prediction: Prediction, row: FrameRow | None, path: str | None) -> tuple[int, int]:
        height = prediction.height or (row and row.height) or self.size[0]
        width = prediction.width or (row and row.width) or self.size[1]
        if path and not (height and width):
            width, height = size_of(self._below(path))
        if not height or not width or min(height, width) < 1:
            raise CommandError("no height and width; give them there, as options or by --corpus")
        return height, width

    def _pixels(self, row: FrameRow | None, path: str | None, size: tuple[int, int]) -> Pixels:
        images = [RowImage(path, read_image(self._below(path)))] if path else row.images if row else []
        image = open_image(FrameRow("", images, size[1], size[0], ""), self.data_root)
        if image is None:
            raise CommandError("a refiner needs the image; say where it lies by --data-root")
        return np.asarray(image)

    def _below(self, path: str) -> Path:
        return (self.data_root or Path()) / path


def rows_of(corpus: Path, predictions: Iterable[Prediction], *, images: bool) -> dict[str, FrameRow]:
    """The rows of a corpus that predictions name, without their texts; image bytes only if ``images`` are wanted.

    Raises:
        DataError: a prediction has no id or names no row; names its place.
    """
    places: dict[str, str] = {}
    for prediction in predictions:
        if prediction.id is None:
            raise DataError(f"{prediction.place}: no id to find in {corpus}")
        places.setdefault(prediction.id, prediction.place)
    rows = rows_by_id(corpus, places, FrameRow, pictures=images)
    if missing := next((row_id for row_id in places if row_id not in rows), None):
        raise DataError(f"{places[missing]}: {corpus} has no row {missing!r}")
    return rows


def _codec(name: str, place: str) -> Codec:
    try:
        return from_name(name)
    except CommandError as error:
        raise DataError(f"{place}: {error}") from None
