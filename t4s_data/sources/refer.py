"""RefCOCO, RefCOCO+, RefCOCOg, RefCLEF and RRSIS-D: the layout of the `refer` loader.

Source: github.com/lichengunc/refer (``refs(<split_by>).p`` and ``instances.json``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from t4s_data.annotations.instances import Instances, read_instances
from t4s_data.annotations.refs import Ref, entries_of, image_fields, image_of, is_id, read_refs, refs_of_split
from t4s_data.files.location import Location
from t4s_data.masks.mask import Mask
from t4s_data.sample import Entry, Region, Reject, Sample
from t4s_data.sources.entries import of_one


@dataclass(frozen=True, slots=True)
class Refer:
    """One split of a data set in the `refer` layout."""

    location: Location

    def inputs(self) -> list[Path]:
        """The pickle of refs and the instances file."""
        return [self.location.file("refs"), self.location.file("instances")]

    def entries(self) -> Iterator[Entry | Reject]:
        """One entry a ref, with its sentences as records, in the order of the pickle."""
        refs_file, instances_file = self.inputs()
        refs = list(refs_of_split(read_refs(refs_file), self.location.split))
        wanted = {ref["ann_id"] for _, ref in refs if isinstance(ref, dict) and is_id(ref.get("ann_id"))}
        join = partial(_joined, instances=read_instances(instances_file, wanted=wanted))
        for numbered in refs:
            yield from of_one(str(numbered[0]), entries_of(numbered, join, self.location))

    def samples(self, entry: Entry) -> Iterator[Sample | Reject]:
        """One sample a sentence; all of an entry share the ref's mask."""
        ref = entry.payload
        mask = Mask.from_parts(ref["segmentation"], ref["height"], ref["width"])
        image = image_of(ref, self.location)
        for key, text in zip(entry.keys, ref["texts"], strict=False):
            yield Sample(
                key,
                image,
                regions=(Region(text, mask),),
                query=text,
                image_id=str(ref["image_id"]),
                license=ref["license"],
            )


def _joined(ref: Ref, instances: Instances) -> dict[str, Any]:
    fields = image_fields(ref, instances)
    return fields | {"segmentation": instances.segmentation(ref.get("ann_id"), fields["image_id"])}
