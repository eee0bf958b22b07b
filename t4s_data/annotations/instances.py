"""COCO `instances.json` files, joined on the ids of images and annotations."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from t4s_data.annotations.coco import AnnotationItem, Broken, Id, ImageItem, id_in, read_annotation, read_coco
from t4s_data.annotations.licences import license_name
from t4s_data.annotations.segmentations import compact
from t4s_data.errors import RecordError
from t4s_data.files.json.item import Item
from t4s_data.files.texts import shown


@dataclass(frozen=True, slots=True)
class Instances:
    """The images, the wanted annotations and the licence names of one file, by id; errors of what cannot be read."""

    path: Path
    images: Mapping[Id | None, ImageItem | Broken]
    annotations: Mapping[Id | None, AnnotationItem | RecordError]
    licenses: Mapping[Id, str]

    def image(self, image_id: Any) -> ImageItem:
        """The image of that id.

        Raises:
            RecordError: `unknown-image`, or the reason why it cannot be read.
        """
        record = self.images.get(image_id) if type(image_id) is int else None
        if record is None:
            raise RecordError("unknown-image", f"image_id {shown(image_id)} is not in {self.path.name}")
        if isinstance(record, Broken):
            raise record.error
        return record

    def license_name(self, image: ImageItem) -> str | None:
        """The name of an image's licence, from the file or else from COCO's fixed list."""
        return license_name(image.license, self.licenses)

    def segmentation(self, annotation_id: Any, image_id: Any) -> msgspec.Raw:
        """The segmentation of the annotation of that id, which must lie on that image, as compact JSON.

        Raises:
            RecordError: as :meth:`annotation`, and `bad-mask` where it has no form of
                :mod:`t4s_data.annotations.segmentations`.
        """
        return compact(self.annotation(annotation_id, image_id).segmentation)

    def annotation(self, annotation_id: Any, image_id: Any) -> AnnotationItem:
        """The annotation of that id, which must lie on that image.

        Raises:
            RecordError: `unknown-annotation`, `wrong-image`, or the reason why it cannot be read.
        """
        record = self.annotations.get(annotation_id) if type(annotation_id) is int else None
        if record is None:
            raise RecordError("unknown-annotation", f"ann_id {shown(annotation_id)} is not in {self.path.name}")
        if isinstance(record, RecordError):
            raise record
        if record.image_id != image_id:
            where = f"ann_id {annotation_id} lies on image {shown(record.image_id)}"
            raise RecordError("wrong-image", f"{where}, the record says {image_id}")
        return record


def read_instances(path: Path, *, wanted: Collection[int] | None = None) -> Instances:
    """The file's images, and those of its annotations whose id is wanted (all where None).

    Raises:
        DataError: the file is not JSON or has no lists of images and annotations.
    """
    annotations: dict[Id | None, AnnotationItem | RecordError] = {}

    def take(item: Item) -> None:
        found: AnnotationItem | RecordError
        try:
            found = read_annotation(item)
            number: Id | None = found.id
        except RecordError as error:
            found, number = error, id_in(item, "id")
        if wanted is None or number in wanted:
            annotations[number] = found

    file = read_coco(path, take)
    return Instances(path, {image.id: image for image in file.images}, annotations, file.licenses)
