"""COCO panoptic: every thing and every stuff area of an image, as one record.

Source: https://cocodataset.org/#format-data (``panoptic_{split}2017.json`` and its id PNGs).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from t4s_data.annotations.coco import Broken, Id, ImageItem, Whole, id_in, read_coco
from t4s_data.annotations.instances import Instances
from t4s_data.errors import RecordError
from t4s_data.files.json.item import Item
from t4s_data.files.json.streams import items_of
from t4s_data.files.location import Location
from t4s_data.files.names import image_name
from t4s_data.files.texts import shown
from t4s_data.manifest.wording import load_wording
from t4s_data.masks.mask import Mask, masks_of_labels
from t4s_data.masks.png import read_segment_ids
from t4s_data.sample import Entry, Image, Region, Reject, Sample


class _Segment(msgspec.Struct, frozen=True):
    id: Whole
    category_id: Whole
    iscrowd: bool | int = 0


class _Annotation(msgspec.Struct, frozen=True):
    image_id: Whole
    file_name: str
    segments_info: list[_Segment]


_annotation = msgspec.json.Decoder(_Annotation).decode
WORDING = "coco"
"""What the classes are called: see :func:`t4s_data.manifest.wording.load_wording`."""


@dataclass(frozen=True, slots=True)
class CocoPanoptic:
    """One split of COCO panoptic; the key of a record is its ``image_id``.

    Every image is labelled exhaustively: a class that the file uses anywhere is absent where no segment has it.
    With the recipe's ``names = "raw"`` classes keep the file's names (`wall-other-merged`, not `wall`).
    """

    location: Location

    def inputs(self) -> list[Path]:
        """The annotation file and the folder of id PNGs."""
        return [self.location.file("annotations"), self.location.file("masks")]

    def entries(self) -> Iterator[Entry | Reject]:
        """One entry an annotation, in the file's order; then the images that have none, as rejects."""
        path = self.location.file("annotations")
        used: set[Id] = set()
        file = read_coco(path, lambda item: used.update(_categories_of(item)))
        images = Instances(path, {image.id: image for image in file.images}, {}, file.licenses)
        categories = file.categories if self._raw else load_wording(WORDING).called(file.categories)
        vouched = [name for number, name in categories.items() if number in used and number not in file.parents]
        told: set[Id | None] = set()
        for item in items_of(path, "annotations"):
            image_id: Id | None = None
            try:
                annotation = _read(item)
                image_id = annotation.image_id
                yield self._entry(annotation, images, categories, vouched)
            except RecordError as error:
                image_id = id_in(item, "image_id") if image_id is None else image_id
                yield Reject.of(f"[{item.number}]" if image_id is None else str(image_id), error)
            told.add(image_id)
        for image in file.images:
            if image.id is None or image.id not in told:
                yield _untold(image, path)

    @property
    def _raw(self) -> bool:
        """Whether classes keep the names that the file gives them."""
        return self.location.options.get("names") == "raw"

    def _entry(
        self, annotation: _Annotation, images: Instances, categories: Mapping[Id, str], vouched: list[str]
    ) -> Entry:
        image = images.image(annotation.image_id)
        payload = {
            "file_name": image.name,
            "height": image.height,
            "width": image.width,
            "license": images.license_name(image),
            "png": image_name(annotation.file_name, "file_name"),
            "segments": _labels(annotation, categories),
            "crowds": [segment.id for segment in annotation.segments_info if segment.iscrowd],
            "categories": vouched,
            "unsure": _crowded(annotation, categories),
        }
        return Entry((str(image.id),), payload, self.location.image_path(image.name))

    def samples(self, entry: Entry) -> Iterator[Sample | Reject]:
        """The image with its regions, the largest first (ties: the lower segment id first)."""
        record = entry.payload
        masks = self._masks(record)
        regions = [Region(label, masks[segment]) for segment, label in sorted(record["segments"])]
        regions.sort(key=lambda region: -region.mask.area)
        covered = sum(mask.area for mask in masks.values())
        yield Sample(
            entry.keys[0],
            Image(self.location.image_path(record["file_name"]), record["width"], record["height"]),
            regions=tuple(regions),
            categories=tuple(record["categories"]),
            unsure=tuple(record["unsure"]),
            covers={} if self._raw else load_wording(WORDING).covers,
            image_id=entry.keys[0],
            license=record["license"],
            notes={
                "crowd-left-out": len(record["crowds"]),
                "void-pixels": record["height"] * record["width"] - covered,
            },
        )

    def _masks(self, record: Mapping[str, Any]) -> dict[int, Mask]:
        """The masks of the PNG by segment id, which must be the segments of the annotation."""
        ids = read_segment_ids(self.location.file("masks") / record["png"])
        if ids.shape != (record["height"], record["width"]):
            height, width = ids.shape
            raise RecordError(
                "size-mismatch",
                f"{record['png']} is {width} x {height}, its image is {record['width']} x {record['height']}",
            )
        masks = masks_of_labels(ids)
        segments = dict(record["segments"])
        if missing := sorted(segments.keys() - masks.keys()):
            raise RecordError("empty-mask", f"{record['png']} has no pixel of segment {missing[0]}")
        if unlisted := sorted(masks.keys() - segments.keys() - set(record["crowds"])):
            raise RecordError(
                "unknown-annotation", f"{record['png']}: id {unlisted[0]} is no segment of its annotation"
            )
        return masks


def _read(item: Item) -> _Annotation:
    annotation = item.of_type(_annotation)
    ids = [segment.id for segment in annotation.segments_info]
    if len(set(ids)) < len(ids):
        raise RecordError("bad-type", f"a segment is listed twice: {shown(ids)}")
    return annotation


def _untold(image: ImageItem | Broken, path: Path) -> Reject:
    """The reject of an image that no annotation tells of."""
    if isinstance(image, Broken):
        return Reject.of(image.key, image.error)
    return Reject(str(image.id), "no-target", f"{path.name} has no annotation of this image")


def _categories_of(item: Item) -> list[Id]:
    """The categories that the segments of an annotation have; none where it cannot be read."""
    try:
        return [segment.category_id for segment in item.of_type(_annotation).segments_info]
    except RecordError:
        return []


def _labels(annotation: _Annotation, categories: Mapping[Id, str]) -> list[tuple[int, str]]:
    """The id and label of every segment that is no crowd."""
    segments = [segment for segment in annotation.segments_info if not segment.iscrowd]
    if not segments:
        raise RecordError("no-target", f"none of {len(annotation.segments_info)} segments is anything but a crowd")
    for segment in segments:
        if segment.category_id not in categories:
            raise RecordError("unknown-category", f"segment {segment.id} has category_id {segment.category_id}")
    return [(segment.id, categories[segment.category_id]) for segment in segments]


def _crowded(annotation: _Annotation, categories: Mapping[Id, str]) -> list[str]:
    """The names of the categories that the image has crowds of; a crowd of no listed category may be of any."""
    crowds = [segment.category_id for segment in annotation.segments_info if segment.iscrowd]
    unsure: Iterable[Id] = crowds if categories.keys() >= set(crowds) else categories
    return list(dict.fromkeys(categories[number] for number in unsure))
