"""ReasonSeg: questions that take a thought, one JSON file an image.

Source: github.com/dvlab-research/LISA (``X.jpg`` and ``X.json``, ``explanatory/train.json``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from t4s_data.choice import draw
from t4s_data.errors import RecordError
from t4s_data.files.folders import files_by_stem, key_of_stem, list_in, only, read_object
from t4s_data.files.images import size_of
from t4s_data.files.json.item import Unread
from t4s_data.files.json.streams import JsonArray
from t4s_data.files.location import Location
from t4s_data.files.texts import shown, text_of
from t4s_data.masks.drawing import drawn_polygon
from t4s_data.masks.mask import Mask
from t4s_data.sample import Entry, Image, Region, Reject, Sample
from t4s_data.sources.entries import of_one

Shape = tuple[bool, list[list[float]]]
"""Whether a polygon is target (or else to be ignored), and its points (x, y) in pixels."""

Keyed = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ReasonSeg:
    """One split of ReasonSeg.

    Options of the recipe: ``min_texts`` (images with at least so many usable texts), ``texts_per_image``
    (so many texts of each image, drawn with ``seed``; 0 = all) and ``explanatory`` (with the written
    reason, where the image has one).
    """

    location: Location

    def inputs(self) -> list[Path]:
        """The split's folder, and the file of written reasons where they are asked for."""
        folder = self.location.file("folder")
        return [folder, *self._explanatory()]

    def _explanatory(self) -> list[Path]:
        """The file of written reasons where they are asked for: only train has one, other splits do without."""
        path = self.location.file("explanatory")
        return [path] if self._option("explanatory") and (self.location.split == "train" or path.exists()) else []

    def entries(self) -> Iterator[Entry | Reject]:
        """One entry an image, with its texts as records, in order of the file names."""
        reasons: dict[str, Any] = {}
        for path in self._explanatory():
            yield from _read_reasons(path, reasons)
        folder = [self.location.file("folder")]
        annotations = files_by_stem(folder, {".json"})
        for stem in sorted(annotations | files_by_stem(folder, {".jpg"})):
            try:
                path = only(annotations.get(stem, []), "no-texts", f"{stem}.json")
                yield from of_one(stem, self._entry(path, reasons))
            except RecordError as error:
                yield Reject.of(key_of_stem(stem), error)

    def _entry(self, path: Path, reasons: Mapping[str, Any]) -> Iterator[Entry | Reject]:
        record = read_object(path, "text")
        if isinstance(record, Unread):
            lost = record.members["text"]
            keys = [f"{path.stem}-{position}" for position in range(len(lost) if isinstance(lost, list) else 0)]
            yield from (Reject.of(key, record.error) for key in keys or [key_of_stem(path.stem)])
            return
        texts = _texts(path.stem, list_in(record, "text"))
        usable = [text for text in texts if not isinstance(text, Reject)]
        if texts and len(usable) < self._option("min_texts"):
            return
        yield from (text for text in texts if isinstance(text, Reject))
        chosen = self._chosen(usable)
        if not chosen:
            return
        name = f"{path.stem}.jpg"
        try:
            payload = {"file_name": name, "texts": [text for _, text in chosen], "shapes": _shapes(record)}
            payload["reason"] = text_of(reasons[name], "outputs") if name in reasons else ""
        except RecordError as error:
            yield from (Reject.of(key, error) for key, _ in chosen)
            return
        yield Entry(tuple(key for key, _ in chosen), payload, self.location.image_path(name))

    def _chosen(self, texts: Sequence[Keyed]) -> list[Keyed]:
        """So many texts as the recipe wants, in their own order."""
        count, seed = self._option("texts_per_image"), self._option("seed")
        if not count:
            return list(texts)
        drawn = sorted(texts, key=lambda text: draw(seed, "reasonseg", self.location.split_id, text[0], "texts"))
        return [text for text in texts if text in drawn[:count]]

    def _option(self, name: str) -> int:
        return self.location.options.get(name, 0)

    def samples(self, entry: Entry) -> Iterator[Sample | Reject]:
        """One sample a text; all of an image share its mask, and its written reason as the answer."""
        record = entry.payload
        path = self.location.image_path(record["file_name"])
        width, height = size_of(self.location.data_root / path)
        region = Region("roi0", target_mask(record["shapes"], height, width))
        for key, text in zip(entry.keys, record["texts"], strict=False):
            yield Sample(key, Image(path, width, height), regions=(region,), query=text, explanation=record["reason"])


def target_mask(shapes: Sequence[Shape], height: int, width: int) -> Mask:
    """What is target once the polygons are painted by falling area, smaller over larger.

    The rule of LISA's loader (``get_mask_from_json``), pixel by pixel: each polygon is drawn with its outline
    on whole pixels, and so drawn it is measured. The loader calls the pixels of polygons to be ignored 255
    and keeps 1.

    Raises:
        RecordError: `bad-mask`, or `empty-mask` where no target pixel is left.
    """
    painted = [(target, drawn_polygon(points, height, width)) for target, points in shapes]
    canvas = np.zeros((height, width), dtype=bool)
    painted.sort(key=lambda item: int(item[1].sum()))
    # Of equal areas the first ends on top.
    for target, pixels in painted[::-1]:
        canvas[pixels] = target
    return Mask.from_dense(canvas)


def _texts(stem: str, values: list[Any]) -> list[Keyed | Reject]:
    if not values:
        raise RecordError("no-texts", "text is empty")
    return [_text(f"{stem}-{position}", value) for position, value in enumerate(values)]


def _text(key: str, value: Any) -> Keyed | Reject:
    try:
        return key, text_of(value, "text")
    except RecordError as error:
        return Reject.of(key, error)


def _shapes(record: dict[str, Any]) -> list[Shape]:
    """The polygons to paint.

    Raises:
        RecordError: `no-target`, or `bad-type` or `bad-mask` where one cannot be read.
    """
    shapes = [shape for value in list_in(record, "shapes") if (shape := _shape(value))]
    if not any(target for target, _ in shapes):
        raise RecordError("no-target", "no polygon is labeled target")
    return shapes


def _shape(shape: Any) -> Shape | None:
    if not isinstance(shape, dict) or not isinstance(shape.get("label"), str):
        raise RecordError("bad-type", f"expected a shape with a label, found {shown(shape)}")
    label = shape["label"].lower()
    if label == "flag":
        return None
    if "ignore" not in label and "target" not in label:
        raise RecordError("bad-type", f"label: expected target, ignore or flag, found {shown(shape['label'])}")
    if shape.get("shape_type", "polygon") != "polygon":
        raise RecordError("bad-mask", f"shape_type: expected polygon, found {shown(shape['shape_type'])}")
    return "ignore" not in label, [_point(point) for point in list_in(shape, "points")]


def _point(point: Any) -> list[float]:
    if isinstance(point, list) and [type(value) in {int, float} for value in point] == [True, True]:
        return point
    raise RecordError("bad-mask", f"expected a point [x, y], found {shown(point)}")


def _read_reasons(path: Path, reasons: dict[str, Any]) -> Iterator[Reject]:
    """Fill in what is written for each image name, the last of several as LISA's loader has it."""
    for item in JsonArray(path):
        row = item.told()
        if isinstance(row, Unread):
            yield Reject.of(f"explanatory{item.name}", row.error)
        elif isinstance(row, dict) and isinstance(row.get("image"), str):
            reasons[row["image"]] = row.get("outputs")
        else:
            yield Reject(f"explanatory{item.name}", "bad-type", f"expected a row with an image, found {shown(row)}")
