"""Pix2Cap-COCO: captions for segments of COCO panoptic, one record each.

Source: github.com/geshang777/pix2cap (``pix2cap_coco_{split}.json``; masks are COCO's panoptic PNGs).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from t4s_data.annotations.coco import Id, Whole
from t4s_data.errors import RecordError
from t4s_data.files.json.item import Item
from t4s_data.files.json.streams import items_of
from t4s_data.files.location import Location
from t4s_data.files.names import image_name
from t4s_data.files.texts import text_of
from t4s_data.masks.mask import masks_of_labels
from t4s_data.masks.png import read_segment_ids
from t4s_data.sample import Entry, Image, Region, Reject, Sample
from t4s_data.sources.entries import of_one

SHORTEST = 3
"""Characters of the shortest caption; the reference loader drops the whole image for a shorter one."""


class _Annotation(msgspec.Struct, frozen=True):
    image_id: Id
    file_name: str
    segments_info: list[Any]


class _Segment(msgspec.Struct, frozen=True):
    id: Whole
    iscrowd: bool | int = 0
    description: Any = None


_annotation = msgspec.json.Decoder(_Annotation).decode


@dataclass(frozen=True, slots=True)
class Pix2Cap:
    """One split of Pix2Cap-COCO; the key of a record is ``image_id-segment_id``."""

    location: Location

    def inputs(self) -> list[Path]:
        """The file of captions and the folder of COCO's panoptic PNGs."""
        return [self.location.file("captions"), self.location.file("masks")]

    def entries(self) -> Iterator[Entry | Reject]:
        """One entry an image, with its captioned segments as records, in the file's order."""
        for item in items_of(self.location.file("captions"), "annotations"):
            name = f"[{item.number}]"
            try:
                annotation = item.of_type(_annotation)
                name = _image_id(annotation.image_id)
                entries = list(self._entries_of(name, annotation))
            except RecordError as error:
                entries = [Reject.of(key, error) for key in _lost(name, item)]
            yield from of_one(name, entries)

    def _entries_of(self, image_id: str, annotation: _Annotation) -> Iterator[Entry | Reject]:
        png = image_name(annotation.file_name, "file_name")
        if not annotation.segments_info:
            raise RecordError("no-texts", "the image has no captioned segment")
        captions = [_caption(image_id, *numbered) for numbered in enumerate(annotation.segments_info)]
        yield from (caption for caption in captions if isinstance(caption, Reject))
        told = [caption for caption in captions if not isinstance(caption, Reject)]
        if told:
            file_name = PurePosixPath(png).with_suffix(".jpg").as_posix()
            payload = {"image_id": image_id, "file_name": file_name, "png": png, "captions": told}
            keys = tuple(f"{image_id}-{segment}" for segment, _ in told)
            yield Entry(keys, payload, self.location.image_path(file_name))

    def samples(self, entry: Entry) -> Iterator[Sample | Reject]:
        """One sample a caption; the PNG says how large the image is."""
        record = entry.payload
        ids = read_segment_ids(self.location.file("masks") / record["png"])
        height, width = ids.shape
        image = Image(self.location.image_path(record["file_name"]), width, height)
        masks = masks_of_labels(ids)
        for key, (segment, caption) in zip(entry.keys, record["captions"], strict=False):
            if segment not in masks:
                yield Reject(key, "empty-mask", f"{record['png']} has no pixel of segment {segment}")
                continue
            region = Region(caption, masks[segment])
            yield Sample(key, image, regions=(region,), query=caption, image_id=record["image_id"])


def _lost(name: str, item: Item) -> list[str]:
    """The keys of the records of an image that cannot be used: one for each of its segments."""
    found = item.lenient("image_id", "segments_info")
    with suppress(RecordError):
        name = _image_id(found["image_id"])
    segments = found["segments_info"]
    return [f"{name}-[{number}]" for number in range(len(segments) if isinstance(segments, list) else 0)] or [name]


def _image_id(value: Any) -> str:
    """The id without leading zeros: the reference loader takes numbers and numerals alike."""
    try:
        return str(int(value))
    except (ValueError, TypeError, OverflowError):
        raise RecordError("bad-type", f"image_id: expected a number, found {value!r:.80}") from None


def _caption(image_id: str, position: int, item: Any) -> tuple[int, str] | Reject:
    """The segment's id and caption, or why it is no record."""
    key = f"{image_id}-[{position}]"
    try:
        segment = _converted(item, _Segment)
        key = f"{image_id}-{segment.id}"
        if segment.iscrowd:
            raise RecordError("no-target", "the segment is a crowd")
        text = text_of(segment.description, "description")
        if len(text.strip()) < SHORTEST:
            raise RecordError("no-texts", f"the caption {text!r} is shorter than {SHORTEST} characters")
        return segment.id, text
    except RecordError as error:
        return Reject.of(key, error)


def _converted(item: Any, kind: type[Any]) -> Any:
    try:
        return msgspec.convert(item, kind)
    except msgspec.ValidationError as error:
        raise RecordError("bad-type", str(error)) from None
