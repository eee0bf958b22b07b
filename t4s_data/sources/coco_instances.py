"""Anybody's own data in COCO instances format, by category or by caption.

Format: https://cocodataset.org/#format-data (object detection). With the recipe's ``labels = "names"`` a
record is an image and its regions are called after their categories; with ``labels = "captions"`` a record
is an annotation's ``caption`` (one text or a list of texts), a field that COCO itself does not have.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from t4s_data.annotations.image_groups import AnnotationItem, ImageGroups, ImageItem, map_groups, read_annotation
from t4s_data.annotations.segmentations import check
from t4s_data.errors import DataError, RecordError
from t4s_data.files.location import Location
from t4s_data.files.names import image_name
from t4s_data.files.texts import shown, text_of
from t4s_data.masks.mask import Mask
from t4s_data.sample import Entry, Image, Region, Reject, Sample


@dataclass(frozen=True, slots=True)
class CocoInstances:
    """One annotation file.

    The key of a record is the image's id, or the annotation's where captions are used, with the place of
    the text behind it where there is a list of them.
    """

    location: Location

    def inputs(self) -> list[Path]:
        """The annotation file."""
        return [self.location.file("instances")]

    def entries(self) -> Iterator[Entry | Reject]:
        """One entry an image, or one an annotation, in the order of the file's images.

        Raises:
            DataError: the file is no COCO instances file, or has no categories where their names are needed.
        """
        file = map_groups(self.location.file("instances"))
        captions = self.location.options.get("labels") == "captions"
        if not captions and not file.categories:
            raise DataError(f'{file.path}: no categories; labels = "captions" works without them')
        for group in file.groups():
            if isinstance(group, Reject):
                yield group
            elif captions:
                yield from self._captions(*group, file)
            else:
                yield self._image(*group, file)

    def _image(self, image: ImageItem, items: list[msgspec.Raw], file: ImageGroups) -> Entry | Reject:
        key = str(image.id)
        try:
            shared = self._shared(image, file)
            annotations = [read_annotation(item) for item in items]
            regions = _regions(annotations, file)
        except RecordError as error:
            return Reject.of(key, error)
        crowds = len(annotations) - len(regions)
        payload = {**shared, "regions": regions, "crowds": crowds, "categories": list(file.categories.values())}
        return Entry((key,), payload, shared["image"])

    def _captions(self, image: ImageItem, items: list[msgspec.Raw], file: ImageGroups) -> Iterator[Entry | Reject]:
        for position, item in enumerate(items):
            key = f"{image.id}-[{position}]"
            try:
                annotation = read_annotation(item)
                key = str(annotation.id)
                texts = _texts(annotation)
                shared = {**self._shared(image, file), "segmentation": _segmentation(annotation)}
            except RecordError as error:
                yield Reject.of(key, error)
                continue
            yield from (text for text in texts if isinstance(text, Reject))
            told = [text for text in texts if not isinstance(text, Reject)]
            if told:
                payload = {**shared, "texts": [text for _, text in told]}
                yield Entry(tuple(key for key, _ in told), payload, shared["image"])

    def _shared(self, image: ImageItem, file: ImageGroups) -> dict[str, Any]:
        """What every record of an image needs; a licence has only the name that the file itself gives it."""
        return {
            "image": self.location.image_path(image_name(image.file_name, "file_name")),
            "image_id": str(image.id),
            "height": image.height,
            "width": image.width,
            "license": None if image.license is None else file.licenses.get(image.license),
        }

    def samples(self, entry: Entry) -> Iterator[Sample | Reject]:
        """The image with its regions, the largest first, or one sample a text; texts share the mask."""
        record = entry.payload
        image = Image(record["image"], record["width"], record["height"])
        about = {"image_id": record["image_id"], "license": record["license"]}
        if "regions" in record:
            notes = {"crowd-left-out": record["crowds"]}
            yield Sample(
                entry.keys[0],
                image,
                regions=_drawn(record),
                categories=tuple(record["categories"]),
                notes=notes,
                **about,
            )
            return
        mask = Mask.from_parts(record["segmentation"], record["height"], record["width"])
        for key, text in zip(entry.keys, record["texts"], strict=False):
            yield Sample(key, image, regions=(Region(text, mask),), query=text, **about)


def _regions(annotations: list[AnnotationItem], file: ImageGroups) -> list[tuple[str, str, msgspec.Raw]]:
    """Name for messages, label and segmentation of all annotations that are no crowd."""
    single = [annotation for annotation in annotations if not annotation.iscrowd]
    if not single:
        what = f"all of its {len(annotations)} annotations are crowds" if annotations else "it has no annotation"
        raise RecordError("no-target", f"nothing to segment in the image: {what}")
    return [(_name(one), _label(one, file), _segmentation(one)) for one in single]


def _name(annotation: AnnotationItem) -> str:
    return f"annotation {shown(annotation.id)}"


def _segmentation(annotation: AnnotationItem) -> msgspec.Raw:
    try:
        check(annotation.segmentation)
    except RecordError as error:
        raise RecordError(error.reason, f"{_name(annotation)}: {error.detail}") from None
    return annotation.segmentation


def _label(annotation: AnnotationItem, file: ImageGroups) -> str:
    found = None if annotation.category_id is None else file.categories.get(annotation.category_id)
    if found is None:
        detail = f"{_name(annotation)} has category_id {shown(annotation.category_id)}"
        raise RecordError("unknown-category", f"{detail}, which is not in {file.path.name}")
    return found


def _texts(annotation: AnnotationItem) -> list[tuple[str, str] | Reject]:
    """Key and text of every caption of an annotation, or why it cannot be used."""
    if annotation.iscrowd:
        raise RecordError("no-target", f"{_name(annotation)} is a crowd")
    if not annotation.caption:
        raise RecordError("no-texts", f"{_name(annotation)} has no caption")
    if isinstance(annotation.caption, str):
        return [_text(str(annotation.id), annotation.caption)]
    return [_text(f"{annotation.id}-{number}", text) for number, text in enumerate(annotation.caption)]


def _text(key: str, text: str) -> tuple[str, str] | Reject:
    try:
        return key, text_of(text, "caption")
    except RecordError as error:
        return Reject.of(key, error)


def _drawn(record: dict[str, Any]) -> tuple[Region, ...]:
    """The regions by falling area; those of one area stay in the file's order."""
    regions = []
    for name, label, segmentation in record["regions"]:
        try:
            regions.append(Region(label, Mask.from_parts(segmentation, record["height"], record["width"])))
        except RecordError as error:
            raise RecordError(error.reason, f"{name}: {error.detail}") from None
    return tuple(sorted(regions, key=lambda region: -region.mask.area))
