"""The sources by name, and what a source is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

from t4s_data.files.location import Location
from t4s_data.sample import Entry, Reject, Sample
from t4s_data.sources.coco_instances import CocoInstances
from t4s_data.sources.coco_panoptic import CocoPanoptic
from t4s_data.sources.earthreason import EarthReason
from t4s_data.sources.grefcoco import Grefcoco
from t4s_data.sources.llava import Llava
from t4s_data.sources.mask_folder import MaskFolder
from t4s_data.sources.muse import Muse
from t4s_data.sources.pix2cap import Pix2Cap
from t4s_data.sources.reasonseg import ReasonSeg
from t4s_data.sources.refer import Refer


class Source(Protocol):
    """A reader of one layout, bound to one split of it. Implementations are frozen dataclasses."""

    def inputs(self) -> list[Path]:
        """The annotation files and folders that must exist before any work starts."""

    def entries(self) -> Iterator[Entry | Reject]:
        """The split in the source's own order: sequential, streaming, no pixels touched."""

    def samples(self, entry: Entry) -> Iterator[Sample | Reject]:
        """What the entry's records come to, one item for each of its keys: parallel and pure.

        Raises:
            RecordError: none of the entry's records can be used.
        """


SOURCES: Mapping[str, Callable[[Location], Source]] = {
    "coco-panoptic": CocoPanoptic,
    "refcoco": Refer,
    "refcoco+": Refer,
    "refcocog": Refer,
    "refclef": Refer,
    "grefcoco": Grefcoco,
    "pix2cap": Pix2Cap,
    "reasonseg": ReasonSeg,
    "muse": Muse,
    "rrsis-d": Refer,
    "earthreason": EarthReason,
    "llava": Llava,
    "coco-instances": CocoInstances,
    "mask-folder": MaskFolder,
}
"""The reader of every source: those of the paper's Table I in its order, then the user's own masks."""
