"""MUSE: questions about several objects of a COCO image, answered in sentences.

Source: github.com/MaverickRen/PixelLM (``MUSE_<split>.json``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from t4s_data.annotations.segmentations import packed
from t4s_data.errors import RecordError
from t4s_data.files.folders import list_in
from t4s_data.files.json.item import Unread
from t4s_data.files.json.streams import JsonArray
from t4s_data.files.location import Location
from t4s_data.files.names import coco_image_id, image_name
from t4s_data.files.texts import shown, text_of
from t4s_data.masks.mask import Mask
from t4s_data.reading.bounds import MAX_SIDE
from t4s_data.sample import Entry, Image, Region, Reject, Sample
from t4s_data.sources.entries import of_one

PLACE = "{seg}"
"""What stands in a text answer after each phrase, in place of its mask."""
COLUMNS = ("questions", "answers", "text_answers")
FOLDERS = ("train2014", "train2017", "val2017")

Fields = dict[str, Any]
_BRACE = re.compile(r"[{}]")


@dataclass(frozen=True, slots=True)
class Muse:
    """One split of MUSE."""

    location: Location

    def inputs(self) -> list[Path]:
        """The file of questions."""
        return [self.location.file("questions")]

    def entries(self) -> Iterator[Entry | Reject]:
        """One entry an image, with its pairs of question and answer as records, in the order of the file."""
        folders = {name: self.location.file(name).relative_to(self.location.data_root).as_posix() for name in FOLDERS}
        for item in JsonArray(self.location.file("questions")):
            name, record = str(item.number), item.told(*COLUMNS)
            try:
                yield from of_one(name, _entries_of(name, record, folders))
            except RecordError as error:
                lost = record.members if isinstance(record, Unread) else record if isinstance(record, dict) else {}
                columns = [lost.get(column) for column in COLUMNS]
                count = max(len(column) if isinstance(column, list) else 0 for column in columns)
                keys = [f"{name}-{number}" for number in range(count)] or [name]
                yield from of_one(name, [Reject.of(key, error) for key in keys])

    def samples(self, entry: Entry) -> Iterator[Sample | Reject]:
        """One sample a pair, with a region for each object of the answer."""
        record = entry.payload
        image = Image(record["path"], record["width"], record["height"])
        for key, pair in zip(entry.keys, record["pairs"], strict=False):
            try:
                yield Sample(
                    key,
                    image,
                    regions=_regions(pair["segmentations"], record["height"], record["width"]),
                    query=pair["question"],
                    answer=tuple(pair["words"]),
                    image_id=coco_image_id(image.path),
                    notes={"answers-built": int(pair["built"]), "stray-braces": pair["braces"]},
                )
            except RecordError as error:
                yield Reject.of(key, error)


def _regions(segmentations: Sequence[Any], height: int, width: int) -> tuple[Region, ...]:
    masks = [Mask.from_parts(parts, height, width) for parts in segmentations]
    return tuple(Region(f"roi{number}", mask) for number, mask in enumerate(masks))


def _entries_of(name: str, record: Any, folders: Mapping[str, str]) -> Iterator[Entry | Reject]:
    if isinstance(record, Unread):
        raise record.error
    if not isinstance(record, dict):
        raise RecordError("bad-type", f"expected an image with questions, found {shown(record)}")
    columns = [list_in(record, "questions"), list_in(record, "answers"), []]
    if record.get("text_answers") is not None:
        columns[2] = list_in(record, "text_answers")
    if not (count := max(map(len, columns))):
        raise RecordError("no-texts", "there are no questions")
    try:
        fields = _image_fields(record, folders)
    except RecordError as error:
        yield from (Reject.of(f"{name}-{number}", error) for number in range(count))
        return
    pairs: dict[str, Fields] = {}
    for number in range(count):
        key = f"{name}-{number}"
        try:
            pairs[key] = _pair(*(column[number] if number < len(column) else None for column in columns))
        except RecordError as error:
            yield Reject.of(key, error)
    if pairs:
        yield Entry(tuple(pairs), fields | {"pairs": list(pairs.values())}, fields["path"])


def _image_fields(record: Fields, folders: Mapping[str, str]) -> Fields:
    """Size in pixels and path; by MUSE's rule a file name is one of train2014, a URL names its folder."""
    size = {side: record.get(side) for side in ("height", "width")}
    if not all(type(length) is int and 0 < length <= MAX_SIDE for length in size.values()):
        raise RecordError("bad-type", f"expected height and width in pixels, found {shown(size)}")
    name, folder = record.get("file_name"), "train2014"
    if name is None:
        url = text_of(record.get("coco_url"), "file_name or coco_url")
        name, folder = url.rpartition("/")[2], "train2017" if "train2017" in url else "val2017"
    return size | {"path": f"{folders[folder]}/{image_name(name, 'file_name or coco_url')}"}


def _pair(question: Any, answer: Any, text: Any) -> Fields:
    if not isinstance(answer, list) or not all(isinstance(target, dict) for target in answer):
        raise RecordError("bad-type", f"answers: expected a list of objects, found {shown(answer)}")
    built = text is None or (isinstance(text, str) and not text.strip())
    words = ["", *[""] * len(answer)] if built else text_of(text, "text_answers").split(PLACE)
    if len(words) != len(answer) + 1:
        raise RecordError("answer-mismatch", f"{len(words) - 1} places for {len(answer)} objects: {shown(text)}")
    if not answer:
        raise RecordError("no-target", "the answer names no object")
    stray = "".join(words)
    return {
        "question": text_of(question, "questions"),
        "words": built_answer([_name(target) for target in answer]) if built else list(map(_unbraced, words)),
        "braces": stray.count("{") + stray.count("}"),
        "segmentations": [packed(target.get("segmentation")) for target in answer],
        "built": built,
    }


def _unbraced(words: str) -> str:
    """The words without the braces that are left of someone's template: around a name, or unmatched."""
    return re.sub(r" {2,}", " ", _BRACE.sub("", words)) if _BRACE.search(words) else words


def built_answer(names: Sequence[str]) -> list[str]:
    """The words of an answer that lists the names, split at the place after each of them.

    >>> PLACE.join(built_answer(["the cup", "the spoon", "a plate"]))
    'The answer: the cup {seg}, the spoon {seg} and a plate {seg}.'
    """
    links = ["The answer: ", *[", "] * (len(names) - 2), " and "][: len(names)]
    return [*(f"{link}{name} " for link, name in zip(links, names, strict=True)), "."]


def _name(target: Fields) -> str:
    if target.get("rephrased_name") is not None:
        return text_of(target["rephrased_name"], "rephrased_name")
    return text_of(target.get("category_name"), "category_name").replace("_", " ")
