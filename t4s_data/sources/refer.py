"""RefCOCO, RefCOCO+, RefCOCOg, RefCLEF and RRSIS-D: the layout of the `refer` loader.

Source: github.com/lichengunc/refer (``refs(<split_by>).p`` and ``instances.json``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from t4s_data.errors import DataError, RecordError
from t4s_data.instances import Instances, read_instances
from t4s_data.location import Location
from t4s_data.masks import Mask
from t4s_data.pickles import load_plain
from t4s_data.sample import Entry, Image, Region, Reject, Sample
from t4s_data.texts import text_of


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
        refs = list(_of_split(load_plain(refs_file), refs_file, self.location.split))
        instances = read_instances(instances_file, wanted={ref["ann_id"] for _, ref in refs if _is_id(ref, "ann_id")})
        for position, ref in refs:
            yield from self._entries_of(position, ref, instances)

    def _entries_of(self, position: int, ref: Any, instances: Instances) -> Iterator[Entry | Reject]:
        name = ref_name(position, ref)
        try:
            sentences = sentences_of(name, ref)
        except RecordError as error:
            yield Reject.of(name, error)
            return
        rejects = [sentence for sentence in sentences if isinstance(sentence, Reject)]
        texts = [sentence for sentence in sentences if not isinstance(sentence, Reject)]
        yield from rejects
        try:
            payload = self._joined(ref, instances)
        except RecordError as error:
            yield from (Reject.of(key, error) for key, _ in texts)
            return
        if texts:
            payload["texts"] = [text for _, text in texts]
            yield Entry(tuple(key for key, _ in texts), payload, self.location.image_path(payload["file_name"]))

    def _joined(self, ref: Any, instances: Instances) -> dict[str, Any]:
        image = instances.image(ref.get("image_id"))
        annotation = instances.annotation(ref.get("ann_id"), image.id)
        return {
            "image_id": image.id,
            "file_name": image.file_name,
            "height": image.height,
            "width": image.width,
            "license": instances.license_name(image),
            "segmentation": annotation.segmentation,
        }

    def samples(self, entry: Entry) -> Iterator[Sample | Reject]:
        """One sample a sentence; all of an entry share the ref's mask."""
        ref = entry.payload
        mask = Mask.from_parts(ref["segmentation"], ref["height"], ref["width"])
        image = Image(self.location.image_path(ref["file_name"]), ref["width"], ref["height"])
        for key, text in zip(entry.keys, ref["texts"], strict=False):
            yield Sample(
                key,
                image,
                regions=(Region(text, mask),),
                query=text,
                image_id=str(ref["image_id"]),
                license=ref["license"],
            )


def _of_split(refs: Any, path: Path, split: str) -> Iterator[tuple[int, Any]]:
    """The refs of a split with their positions; what is no ref at all belongs to every split."""
    if not isinstance(refs, list):
        raise DataError(f"{path}: expected a list of refs, found {type(refs).__name__}")
    for position, ref in enumerate(refs):
        if not isinstance(ref, dict) or ref.get("split", split) == split:
            yield position, ref


def _is_id(ref: Any, field: str) -> bool:
    return isinstance(ref, dict) and type(ref.get(field)) is int


def ref_name(position: int, ref: Any) -> str:
    """The key of a ref: its id, or its place in the file where it has none."""
    return str(ref["ref_id"]) if _is_id(ref, "ref_id") else f"[{position}]"


def sentences_of(name: str, ref: Any) -> list[tuple[str, str] | Reject]:
    """The (key, text) of each sentence of a ref, or why it cannot be used.

    Raises:
        RecordError: the ref is no mapping (`bad-type`) or has no sentences (`no-texts`).
    """
    if not isinstance(ref, dict):
        raise RecordError("bad-type", f"expected a ref, found {type(ref).__name__} {ref!r:.80}")
    sentences = ref.get("sentences")
    if not isinstance(sentences, list):
        raise RecordError("bad-type", f"sentences: expected a list, found {type(sentences).__name__}")
    if not sentences:
        raise RecordError("no-texts", "the ref has no sentences")
    return [_sentence(name, position, sentence) for position, sentence in enumerate(sentences)]


def _sentence(name: str, position: int, sentence: Any) -> tuple[str, str] | Reject:
    key = f"{name}-{sentence['sent_id']}" if _is_id(sentence, "sent_id") else f"{name}-[{position}]"
    try:
        if not isinstance(sentence, dict):
            raise RecordError("bad-type", f"expected a sentence, found {type(sentence).__name__} {sentence!r:.80}")
        return key, text_of(sentence.get("sent"), "sent")
    except RecordError as error:
        return Reject.of(key, error)
