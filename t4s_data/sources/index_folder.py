"""Index PNGs: images whose pixels' classes stand in a PNG of the same name, as ADE20K, Cityscapes and Pascal have them.

A part of the source `mask-folder`. Which layouts are known by name is in manifests/presets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from t4s_data.annotations.classes import has_synonyms, read_classes
from t4s_data.annotations.naming import drawn_names, first_names
from t4s_data.choice import draw
from t4s_data.errors import DataError, MissingInputError, RecordError
from t4s_data.files.folders import files_below, key_of_stem, only
from t4s_data.files.images import IMAGE_SUFFIXES, size_of
from t4s_data.files.location import Location
from t4s_data.files.texts import decoded
from t4s_data.manifest.wording import Wording, load_wording
from t4s_data.masks.mask import masks_of_labels
from t4s_data.masks.png import read_class_ids
from t4s_data.reading.opening import read_file
from t4s_data.sample import Entry, Image, Region, Reject, Sample
from t4s_data.sources.entries import of_one

NO_CLASS_NAMES = ("_background_", "__ignore__")
"""What labelme's lists of classes call the pixels that are none."""
NO_CLASS = (0, 255)
"""Values of index PNGs that are no class, unless the list of classes names them or the recipe says otherwise."""


@dataclass(frozen=True, slots=True)
class IndexFolder:
    """One split of images and index PNGs; the key of a record is its path below the folder, without the suffix.

    ``labels`` is the folder of the index PNGs.
    """

    location: Location
    labels: Path

    def inputs(self) -> list[Path]:
        """The folders, and the lists of classes and members as far as they are files.

        Raises:
            MissingInputError: one of them is absent in a layout that is known by name; says how it is obtained.
        """
        roles = [] if self._known else ["classes"]
        members = ["members"] if self.location.file("members").exists() else []
        paths = [self.location.file("images"), self.labels, *map(self.location.file, (*roles, *members))]
        where = self.location.options.get("get")
        if where and (absent := [path for path in paths if not path.exists()]):
            looked = "\n".join(f"{self.location.options['preset']}: not found: {path}" for path in absent)
            raise MissingInputError(f"{looked}\n  how to get it:\n{where}")
        return paths

    def entries(self) -> Iterator[Entry | Reject]:
        """One entry an image, in order of the names.

        Raises:
            DataError: there is no image or no index PNG, or two lists of classes contradict each other.
        """
        classes = self._classes()
        ignored = self._option("ignore_ids", [value for value in NO_CLASS if value not in classes])
        named = sorted(self._called({key: name for key, name in classes.items() if key not in ignored}).items())
        images, labels = self._files()
        for stem in self._members(images.keys() | labels.keys()):
            try:
                image = only(images.get(stem, []), "image-missing", f"image {self._looked('images', stem)}")
                index = only(labels.get(stem, []), "no-mask", f"index PNG {self._looked('labels', stem)}")
            except RecordError as error:
                yield from of_one(stem, [Reject.of(key_of_stem(stem), error)])
                continue
            payload = {
                "image": image.relative_to(self.location.file("images")).as_posix(),
                "labels": index.relative_to(self.labels).as_posix(),
                "classes": named,
                "ignored": list(ignored),
            }
            yield Entry((stem,), payload, image.relative_to(self.location.data_root).as_posix())

    def samples(self, entry: Entry) -> Iterator[Sample]:
        """The image with one region a class, the largest first.

        Raises:
            RecordError: `unknown-category`, a value has no name; `no-target`, no pixel is of a class.
        """
        record = entry.payload
        ids = read_class_ids(self.labels / record["labels"])
        image = self._image(record["image"], ids.shape)
        # Value 0 can be a class, and masks_of_labels leaves 0 out.
        masks = {value - 1: mask for value, mask in masks_of_labels(ids + 1).items()}
        names = self._drawn(entry.keys[0], dict(record["classes"]))
        if unknown := sorted(masks.keys() - names.keys() - set(record["ignored"])):
            raise RecordError(
                "unknown-category",
                f"{record['labels']}: value {unknown[0]} is neither a class nor ignored (ignore_ids in the recipe)",
            )
        regions = [Region(names[value], mask) for value, mask in masks.items() if value in names]
        if not regions:
            raise RecordError("no-target", f"{record['labels']} holds no class, only {sorted(masks)}")
        regions.sort(key=lambda region: -region.mask.area)
        covered = sum(region.mask.area for region in regions)
        yield Sample(
            entry.keys[0],
            image,
            tuple(regions),
            categories=tuple(dict.fromkeys(names.values())) if self._option("negatives", "") == "exhaustive" else (),
            covers=self._wording.covers if self._names == "plain" else {},
            notes={"void-pixels": int(np.prod(ids.shape)) - covered},
        )

    def _files(self) -> tuple[Mapping[str, list[Path]], Mapping[str, list[Path]]]:
        """The images and the index PNGs by what pairs them: their paths below the folders, without the suffixes."""
        folder = self.location.file("images")
        image_suffix, label_suffix = self._option("image_suffix", ""), self._option("label_suffix", "")
        images = files_below(folder, [image_suffix] if image_suffix else IMAGE_SUFFIXES)
        others = tuple(self._option("other_suffixes", ()))
        labels = files_below(self.labels, [label_suffix] if label_suffix else [".png"], without=others)
        for where, found, wanted in ((folder, images, image_suffix), (self.labels, labels, label_suffix)):
            if not found:
                ending = f" that end with {wanted}" if wanted else ""
                raise DataError(f"{where}: no {'images' if found is images else 'index PNGs'}{ending}")
        return images, labels

    @property
    def _known(self) -> dict[int, str]:
        """The classes of a layout that is known by name and whose list is shipped."""
        names: Mapping[str, str] = self.location.options.get("class_names", {})
        return {int(value): name for value, name in names.items()}

    def _classes(self) -> dict[int, str]:
        path = self.location.file("classes")
        if not self._known:
            return {value: name for value, name in read_classes(path).items() if name not in NO_CLASS_NAMES}
        if "classes" in self.location.given:
            raise DataError(f"{path}: preset {self.location.options['preset']!r} has its own classes; name one of them")
        if path.exists() and (own := read_classes(path)) != self._known:
            value = min(value for value in own.keys() | self._known.keys() if own.get(value) != self._known.get(value))
            raise DataError(
                f"{path}: value {value} is {own.get(value)!r}, for the preset {self.location.options['preset']!r} it "
                f"is {self._known.get(value)!r}; leave out preset in the recipe, or take the file away"
            )
        return self._known

    @property
    def _names(self) -> str:
        """How the recipe wants classes called."""
        return self._option("names", "plain")

    @property
    def _wording(self) -> Wording:
        """What a person calls the classes of a layout that is known by name."""
        name = self._option("wording", None)
        return load_wording(name) if name else Wording()

    def _called(self, classes: Mapping[int, str]) -> Mapping[int, str]:
        """The classes by the names that all images share.

        Raises:
            DataError: synonyms are asked for and the list has none.
        """
        listed = not self._known and has_synonyms(self.location.file("classes"))
        if self._names == "synonyms" and not listed:
            raise DataError('names = "synonyms": only lists of classes like ADE20K\'s objectInfo150.txt have synonyms')
        if self._names != "plain":
            return classes
        return first_names(classes) if listed else self._wording.called(classes)

    def _drawn(self, key: str, classes: Mapping[int, str]) -> Mapping[int, str]:
        """The classes by the names that one image uses."""
        if self._names != "synonyms":
            return classes
        chance = partial(draw, self._option("seed", 0), "mask-folder", self.location.split_id, key, "name")
        return drawn_names(classes, lambda value: chance(str(value)))

    def _members(self, stems: Iterable[str]) -> list[str]:
        """The stems of the split: those of its list in the list's order, or all in alphabetical order."""
        path = self.location.file("members")
        if not path.exists():
            return sorted(stems)
        return [line.strip() for line in decoded(read_file(path)).splitlines() if line.strip()]

    def _looked(self, role: str, stem: str) -> str:
        """The path that a file of this stem should have."""
        folder = self.location.file("images") if role == "images" else self.labels
        suffix = self._option("image_suffix", ".*") if role == "images" else self._option("label_suffix", ".png")
        return key_of_stem(f"{folder / stem}{suffix}")

    def _option(self, name: str, default: Any) -> Any:
        return self.location.options.get(name, default)

    def _image(self, name: str, shape: tuple[int, ...]) -> Image:
        path = self.location.file("images") / name
        width, height = size_of(path)
        if shape != (height, width):
            raise RecordError("size-mismatch", f"{name} is {width} x {height}, its mask is {shape[1]} x {shape[0]}")
        return Image(path.relative_to(self.location.data_root).as_posix(), width, height)
