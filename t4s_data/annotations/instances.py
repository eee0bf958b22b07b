"""COCO `instances.json` files, joined on ids without building the whole file in memory.

Format: https://cocodataset.org/#format-data (object detection).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from t4s_data.annotations.licences import license_name
from t4s_data.annotations.segmentations import check
from t4s_data.errors import DataError, RecordError
from t4s_data.files.names import image_name
from t4s_data.files.texts import shown
from t4s_data.reading.bounds import MAX_SIDE
from t4s_data.reading.opening import read_file


class ImageRecord(msgspec.Struct, frozen=True):
    """One item of `images`; height and width in pixels."""

    id: int
    file_name: str
    height: int
    width: int
    license: int | None = None


class AnnotationRecord(msgspec.Struct, frozen=True):
    """One item of `annotations`; the segmentation stays as JSON text until a worker needs it."""

    id: int
    image_id: int
    segmentation: msgspec.Raw = msgspec.Raw(b"null")


class LicenseRecord(msgspec.Struct, frozen=True):
    """One item of `licenses`."""

    id: int
    name: str


class _File(msgspec.Struct):
    images: list[msgspec.Raw]
    annotations: list[msgspec.Raw]
    licenses: list[msgspec.Raw] = []


@dataclass(frozen=True, slots=True)
class Instances:
    """The images, the wanted annotations and the licence names of one file, by id."""

    path: Path
    images: Mapping[int, ImageRecord]
    annotations: Mapping[int, AnnotationRecord]
    licenses: Mapping[int, str]

    def image(self, image_id: Any) -> ImageRecord:
        """The image of that id.

        Raises:
            RecordError: `unknown-image`, or `bad-type` where its name or size makes no sense.
        """
        record = self.images.get(image_id) if type(image_id) is int else None
        if record is None:
            raise RecordError("unknown-image", f"image_id {shown(image_id)} is not in {self.path.name}")
        if not (0 < record.height <= MAX_SIDE and 0 < record.width <= MAX_SIDE):
            raise RecordError(
                "bad-type", f"image_id {image_id} is {record.width} x {record.height} in {self.path.name}"
            )
        image_name(record.file_name, "file_name")
        return record

    def license_name(self, image: ImageRecord) -> str | None:
        """The name of an image's licence, from the file or else from COCO's fixed list."""
        return license_name(image.license, self.licenses)

    def annotation(self, annotation_id: Any, image_id: Any) -> AnnotationRecord:
        """The annotation of that id, which must lie on that image.

        Raises:
            RecordError: `unknown-annotation`, `wrong-image`, or `bad-mask` where the segmentation has no form
                of :mod:`t4s_data.annotations.segmentations`.
        """
        record = self.annotations.get(annotation_id) if type(annotation_id) is int else None
        if record is None:
            raise RecordError("unknown-annotation", f"ann_id {shown(annotation_id)} is not in {self.path.name}")
        if record.image_id != image_id:
            raise RecordError(
                "wrong-image", f"ann_id {annotation_id} lies on image {record.image_id}, the record says {image_id}"
            )
        check(record.segmentation)
        return record


def read_instances(path: Path, *, wanted: Collection[int] | None = None) -> Instances:
    """The file's images, and those of its annotations whose id is wanted (all where None).

    Items that lack an id or have a field of another type are left out: whoever refers to them finds
    the id unknown.

    Raises:
        DataError: the file is not JSON or has no lists of images and annotations.
    """
    try:
        file = msgspec.json.decode(read_file(path), type=_File)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OSError) as error:
        raise DataError(f"{path}: not a COCO instances file: {error}") from None
    annotations = {
        record.id: AnnotationRecord(record.id, record.image_id, record.segmentation.copy())
        for record in _readable(file.annotations, AnnotationRecord)
        if wanted is None or record.id in wanted
    }
    images = {record.id: record for record in _readable(file.images, ImageRecord)}
    licenses = {record.id: record.name for record in _readable(file.licenses, LicenseRecord)}
    return Instances(path, images, annotations, licenses)


def _readable(items: list[msgspec.Raw], kind: type[Any]) -> Iterator[Any]:
    decode = msgspec.json.Decoder(kind).decode
    for item in items:
        with suppress(msgspec.DecodeError, UnicodeDecodeError):
            yield decode(item)
