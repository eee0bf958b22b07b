"""grefCOCO: expressions that mean one object, several, or none.

Source: github.com/henghuiding/gRefCOCO (``grefs(unc).json`` or the same as a pickle, and ``instances.json``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from t4s_data.annotations.instances import Instances, read_instances
from t4s_data.annotations.refs import Ref, entries_of, image_fields, image_of, is_id, read_refs, refs_of_split
from t4s_data.annotations.segmentations import compact
from t4s_data.errors import RecordError
from t4s_data.files.location import Location
from t4s_data.files.texts import shown
from t4s_data.masks.mask import Mask
from t4s_data.sample import Entry, Region, Reject, Sample
from t4s_data.sources.entries import of_one

NO_TARGET = (-1,)


@dataclass(frozen=True, slots=True)
class Grefcoco:
    """One split of grefCOCO."""

    location: Location

    def inputs(self) -> list[Path]:
        """The file of refs and the instances file."""
        return [self.location.file("refs"), self.location.file("instances")]

    def entries(self) -> Iterator[Entry | Reject]:
        """One entry a ref, with its sentences as records, in the order of the file."""
        refs_file, instances_file = self.inputs()
        refs = read_refs(refs_file)
        wanted = {number for _, ref in self._own(refs) for number in _wanted(ref)}
        join = partial(_joined, instances=read_instances(instances_file, wanted=wanted))
        for numbered in self._own(refs):
            yield from of_one(str(numbered[0]), entries_of(numbered, join, self.location))

    def _own(self, refs: Any) -> Iterator[tuple[int, Any]]:
        return refs_of_split(refs, self.location.split)

    def samples(self, entry: Entry) -> Iterator[Sample | Reject]:
        """One sample a sentence, with a region for each target and none where nothing is meant.

        The regions share the sentence as label; crowds are left out, as ReLA's loader does. All sentences of an
        entry share their masks.
        """
        ref = entry.payload
        masks = [Mask.from_parts(parts, ref["height"], ref["width"]) for parts in ref["segmentations"]]
        image = image_of(ref, self.location)
        for key, text in zip(entry.keys, ref["texts"], strict=False):
            yield Sample(
                key,
                image,
                regions=tuple(Region(text, mask) for mask in masks),
                query=text,
                image_id=str(ref["image_id"]),
                license=ref["license"],
                notes={"repeated-targets": ref["repeated"], "crowd-left-out": ref["crowds"]},
            )


def target_ids(ref: Ref) -> tuple[int, ...]:
    """The annotation ids that a ref names, :data:`NO_TARGET` where it means nothing.

    Raises:
        RecordError: `bad-type`, also where `no_target` says otherwise than the ids.

    >>> target_ids({"ann_id": 5}), target_ids({"ann_id": [-1], "no_target": True})
    ((5,), (-1,))
    """
    value = ref.get("ann_id")
    ids = tuple(value) if isinstance(value, list) else (value,)
    if not ids or not all(map(is_id, ids)):
        raise RecordError("bad-type", f"ann_id: expected ids, found {shown(value)}")
    empty = ref.get("no_target", ids == NO_TARGET)
    if not isinstance(empty, bool):
        raise RecordError("bad-type", f"no_target: expected true or false, found {shown(empty)}")
    if empty != (ids == NO_TARGET):
        raise RecordError("bad-type", f"no_target is {str(empty).lower()} and ann_id is {shown(value)}")
    return ids


def _wanted(ref: Any) -> tuple[int, ...]:
    with suppress(RecordError):
        return target_ids(ref) if isinstance(ref, dict) else ()
    return ()


def _joined(ref: Ref, instances: Instances) -> dict[str, Any]:
    fields = image_fields(ref, instances)
    ids = target_ids(ref)
    # An object that is named twice is one target.
    targets = () if ids == NO_TARGET else tuple(dict.fromkeys(ids))
    found = [instances.annotation(number, fields["image_id"]) for number in targets]
    kept = [compact(one.segmentation) for one in found if not one.iscrowd]
    if targets and not kept:
        raise RecordError("no-target", f"all {len(targets)} objects of ann_id {shown(ref.get('ann_id'))} are crowds")
    return fields | {
        "segmentations": kept,
        "repeated": len(ids) - len(targets) if targets else 0,
        "crowds": len(found) - len(kept),
    }
