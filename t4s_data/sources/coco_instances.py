"""Anybody's own data in COCO instances format, by category or by caption.

Format: https://cocodataset.org/#format-data (object detection). With the recipe's ``labels = "names"`` a
record is an image and its regions are called after their categories; with ``labels = "captions"`` a record
is an annotation's ``caption`` (one text or a list of texts), a field that COCO itself does not have. Crowds
are left out unless the recipe says ``crowd = "use"``: CVAT marks every brush mask as one. What says ``ignore``
is left out in any case.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from t4s_data.annotations.coco import AnnotationItem, Broken, Id, ImageItem, read_annotation
from t4s_data.annotations.image_groups import ImageGroups, map_groups
from t4s_data.annotations.image_paths import ImagePaths
from t4s_data.annotations.segmentations import compact
from t4s_data.errors import DataError, RecordError
from t4s_data.files.json.item import Item
from t4s_data.files.location import Location
from t4s_data.files.texts import shown, text_of
from t4s_data.masks.mask import Mask
from t4s_data.sample import Entry, Image, Region, Reject, Sample
from t4s_data.sources.entries import of_one

IGNORED = "ignored"
"""What annotations that say `ignore` are counted under."""
HOW_TO_USE = 'crowd = "use" in the recipe takes them like all others'


@dataclass(frozen=True, slots=True)
class CocoInstances:
    """One annotation file, or those of a glob pattern in sorted order.

    The key of a record is the image's id, or the annotation's where captions are used, with the place of
    the text behind it where there is a list of them. Files of a pattern number their images each on its own:
    the path of the file stands before the key there.
    """

    location: Location

    def inputs(self) -> list[Path]:
        """The annotation files.

        Raises:
            DataError: none was named and several could be meant, or the one is not divided into splits.
        """
        self.location.check_only("instances")
        self.location.check_divided("instances")
        return self.location.globbed("instances")

    def entries(self) -> Iterator[Entry | Reject]:
        """One entry an image, or one an annotation, in the order of the files and their images.

        Raises:
            DataError: a file is no COCO instances file, or has no categories where their names are needed.
        """
        for path in self.inputs():
            prefix = self._prefix(path)
            yield from (_prefixed(item, prefix) for item in self._entries(map_groups(path)))

    def _entries(self, file: ImageGroups) -> Iterator[Entry | Reject]:
        captions = self.location.options.get("labels") == "captions"
        if not captions and not file.categories:
            raise DataError(f'{file.path}: no categories; labels = "captions" works without them')
        paths = ImagePaths.of(self.location, file.path, file.names())
        vouched = list(file.used().values()) if self._negatives == "exhaustive" and not captions else []
        for group in file.groups():
            if isinstance(group, Reject):
                yield group
            elif captions:
                yield from self._captions(*group, file, paths)
            else:
                yield self._image(*group, file, paths, vouched)

    def _prefix(self, path: Path) -> str:
        """What tells the records of one file from those of another; nothing where there can be but one."""
        if not self.location.is_glob("instances"):
            return ""
        fixed = re.split(r"[*?\[]", self.location.pattern("instances"))[0].rpartition("/")[0]
        return path.relative_to(self.location.data_root / fixed).with_suffix("").as_posix() + "/"

    def _image(
        self, image: ImageItem | Broken, items: list[Item], file: ImageGroups, paths: ImagePaths, vouched: list[str]
    ) -> Entry | Reject:
        if isinstance(image, Broken):
            return Reject.of(image.key, image.error)
        key = str(image.id)
        try:
            shared = _shared(image, file, paths)
            found = _Found.of(items, file, crowds=self._crowds)
        except RecordError as error:
            return Reject.of(key, error)
        payload = {**shared, **found.payload(), "categories": self._vouched(image, file, vouched)}
        payload["incomplete"] += _names(image.not_exhaustive_category_ids, file)
        return Entry((key,), payload, shared["image"])

    def _vouched(self, image: ImageItem, file: ImageGroups, vouched: list[str]) -> list[str]:
        """The categories that are absent where no annotation has them: LVIS says of each image which they are."""
        if self._negatives == "none":
            return []
        return vouched if image.neg_category_ids is None else _names(image.neg_category_ids, file)

    @property
    def _negatives(self) -> str | None:
        return self.location.options.get("negatives")

    @property
    def _crowds(self) -> bool:
        """Whether annotations with `iscrowd` are used like all others."""
        return self.location.options.get("crowd") == "use"

    def _captions(
        self, image: ImageItem | Broken, items: list[Item], file: ImageGroups, paths: ImagePaths
    ) -> Iterator[Entry | Reject]:
        if isinstance(image, Broken) and not items:
            yield Reject.of(image.key, image.error)
        for position, item in enumerate(items):
            key = f"{image.id}-[{position}]"
            try:
                annotation = read_annotation(item)
                key = str(annotation.id)
                texts = _texts(annotation, crowds=self._crowds)
                shared = {**_shared(image, file, paths), "segmentation": _segmentation(annotation)}
            except RecordError as error:
                yield from of_one(key, [Reject.of(one, error) for one in _lost(key, item)])
                continue
            yield from of_one(key, _told(texts, shared))

    def samples(self, entry: Entry) -> Iterator[Sample | Reject]:
        """The image with its regions, the largest first, or one sample a text; texts share the mask."""
        record = entry.payload
        image = Image(record["image"], record["width"], record["height"])
        about = {"image_id": record["image_id"], "license": record["license"]}
        if "regions" in record:
            regions, unusable, unsure, incomplete = _drawn(record)
            notes = {f"left-out-{reason}": count for reason, count in unusable.items()}
            yield Sample(
                entry.keys[0],
                image,
                regions=regions,
                categories=tuple(record["categories"]),
                unsure=unsure,
                incomplete=incomplete,
                notes={"crowd-left-out": record["crowds"], **notes},
                **about,
            )
            return
        mask = Mask.from_parts(record["segmentation"], record["height"], record["width"])
        for key, text in zip(entry.keys, record["texts"], strict=False):
            yield Sample(key, image, regions=(Region(text, mask),), query=text, **about)


def _shared(image: ImageItem | Broken, file: ImageGroups, paths: ImagePaths) -> dict[str, Any]:
    """What every record of an image needs; a licence has only the name that the file itself gives it."""
    if isinstance(image, Broken):
        raise image.error
    return {
        "image": paths.path(image.name),
        "image_id": str(image.id),
        "height": image.height,
        "width": image.width,
        "license": None if image.license is None else file.licenses.get(image.license),
    }


def _prefixed(item: Entry | Reject, prefix: str) -> Entry | Reject:
    """The item with the prefix before each of its keys."""
    if isinstance(item, Entry):
        return replace(item, keys=tuple(prefix + key for key in item.keys)) if prefix else item
    return replace(item, key=prefix + item.key)


@dataclass(slots=True)
class _Found:
    """The annotations of one image, sorted: ``regions`` hold an id, a label and a segmentation.

    ``unusable`` counts annotations that are left out, by reason, ``unsure`` are the categories that the image
    may show beside those of the regions, and ``incomplete`` those that it shows more of than the regions.
    """

    regions: list[tuple[Id, str, msgspec.Raw]] = field(default_factory=list)
    crowds: int = 0
    unusable: Counter[str] = field(default_factory=Counter)
    unsure: dict[str, None] = field(default_factory=dict)
    incomplete: dict[str, None] = field(default_factory=dict)
    first: RecordError | None = None

    @classmethod
    def of(cls, items: Sequence[Item], file: ImageGroups, *, crowds: bool) -> _Found:
        """Everything that can be used; one broken annotation costs no other.

        Raises:
            RecordError: nothing is left; for the reason of the first that cannot be used, or `no-target`.
        """
        found = cls()
        for item in items:
            found._take(item, file, crowds=crowds)
        if not found.regions:
            raise found._nothing(len(items))
        return found

    def payload(self) -> dict[str, Any]:
        """What the parallel step needs of it."""
        return {
            "regions": self.regions,
            "crowds": self.crowds,
            "unusable": dict(sorted(self.unusable.items())),
            "unsure": list(self.unsure),
            "incomplete": list(self.incomplete),
        }

    def _take(self, item: Item, file: ImageGroups, *, crowds: bool) -> None:
        # Until its category is known, an annotation may be of any.
        may_be = dict.fromkeys(file.categories.values())
        is_one: dict[str, None] = {}
        try:
            annotation = read_annotation(item)
            label = _label(annotation, file)
            may_be = is_one = {label: None}
            if annotation.ignore:
                self.unusable[IGNORED] += 1
            elif annotation.iscrowd and not crowds:
                self.crowds += 1
            else:
                self.regions.append((annotation.id, label, _segmentation(annotation)))
                return
        except RecordError as error:
            self.first = self.first or error
            self.unusable[error.reason] += 1
            self.incomplete |= is_one
        self.unsure |= may_be

    def _nothing(self, count: int) -> RecordError:
        if self.first:
            others = f"; nor can the other {count - 1} annotations of the image be used" if count > 1 else ""
            return RecordError(self.first.reason, self.first.detail + others)
        what = f"all of its {count} annotations are crowds ({HOW_TO_USE})" if count else "it has no annotation"
        if ignored := self.unusable[IGNORED]:
            others = f"; the others are crowds ({HOW_TO_USE})" if self.crowds else ""
            what = f"{ignored} of its {count} annotations say ignore{others}"
        return RecordError("no-target", f"nothing to segment in the image: {what}")


def _name(number: Id) -> str:
    return f"annotation {shown(number)}"


def _segmentation(annotation: AnnotationItem) -> msgspec.Raw:
    try:
        return compact(annotation.segmentation)
    except RecordError as error:
        raise RecordError(error.reason, f"{_name(annotation.id)}: {error.detail}") from None


def _label(annotation: AnnotationItem, file: ImageGroups) -> str:
    found = None if annotation.category_id is None else file.categories.get(annotation.category_id)
    if found is None:
        detail = f"{_name(annotation.id)} has category_id {shown(annotation.category_id)}"
        raise RecordError("unknown-category", f"{detail}, which is not in {file.path.name}")
    return found


def _lost(key: str, item: Item) -> list[str]:
    """The keys of the captions of an annotation that cannot be used."""
    captions = item.lenient("caption")["caption"]
    return [f"{key}-{number}" for number in range(len(captions))] if isinstance(captions, list) and captions else [key]


def _told(texts: list[tuple[str, str] | Reject], shared: dict[str, Any]) -> Iterator[Entry | Reject]:
    yield from (text for text in texts if isinstance(text, Reject))
    told = [text for text in texts if not isinstance(text, Reject)]
    if told:
        payload = {**shared, "texts": [text for _, text in told]}
        yield Entry(tuple(key for key, _ in told), payload, shared["image"])


def _texts(annotation: AnnotationItem, *, crowds: bool) -> list[tuple[str, str] | Reject]:
    """Key and text of every caption of an annotation, or why it cannot be used."""
    if annotation.ignore:
        raise RecordError("no-target", f"{_name(annotation.id)} says ignore")
    if annotation.iscrowd and not crowds:
        raise RecordError("no-target", f"{_name(annotation.id)} is a crowd ({HOW_TO_USE})")
    if not annotation.caption:
        raise RecordError("no-texts", f"{_name(annotation.id)} has no caption")
    if isinstance(annotation.caption, str):
        return [_text(str(annotation.id), annotation.caption)]
    return [_text(f"{annotation.id}-{number}", text) for number, text in enumerate(annotation.caption)]


def _text(key: str, text: str) -> tuple[str, str] | Reject:
    try:
        return key, text_of(text, "caption")
    except RecordError as error:
        return Reject.of(key, error)


class _Drawn(NamedTuple):
    regions: tuple[Region, ...]
    unusable: dict[str, int]
    unsure: tuple[str, ...]
    incomplete: tuple[str, ...]


def _drawn(record: dict[str, Any]) -> _Drawn:
    """The regions by falling area (those of one area stay in the file's order), and what is left out.

    Raises:
        RecordError: no region is left; for the reason of the first.
    """
    regions, unusable = [], Counter(record["unusable"])
    unsure, incomplete = dict.fromkeys(record["unsure"]), dict.fromkeys(record["incomplete"])
    first: RecordError | None = None
    for number, label, segmentation in record["regions"]:
        try:
            regions.append(Region(label, Mask.from_parts(segmentation, record["height"], record["width"])))
        except RecordError as error:
            first = first or RecordError(error.reason, f"{_name(number)}: {error.detail}")
            unusable[error.reason] += 1
            unsure[label] = None
            # Without a pixel in the image there is nothing that an answer would lack.
            incomplete |= {} if error.reason == "empty-mask" else {label: None}
    if first and not regions:
        raise first
    regions.sort(key=lambda region: -region.mask.area)
    return _Drawn(tuple(regions), dict(sorted(unusable.items())), tuple(unsure), tuple(incomplete))


def _names(ids: Sequence[Any] | None, file: ImageGroups) -> list[str]:
    return [file.categories[number] for number in ids or () if number in file.categories]
