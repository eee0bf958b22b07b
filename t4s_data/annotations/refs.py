"""Refs: the objects of an image that sentences refer to, as the `refer` layouts hold them.

Source: github.com/lichengunc/refer, github.com/henghuiding/gRefCOCO.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from t4s_data.annotations.instances import Instances
from t4s_data.errors import DataError, RecordError
from t4s_data.files.json.item import Unread
from t4s_data.files.json.streams import JsonArray
from t4s_data.files.location import Location
from t4s_data.files.pickles import load_plain
from t4s_data.files.texts import shown, text_of
from t4s_data.sample import Entry, Image, Reject

_TEST_LETTERS = ("testA", "testB", "testC")
_SPLITS = re.compile(r"train|val|test[ABC]*")

Ref = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _JsonRefs:
    """The refs in a JSON file, :class:`Unread` where one cannot be read."""

    path: Path

    def __iter__(self) -> Iterator[Any]:
        return (item.told("ref_id", "split", "sentences") for item in JsonArray(self.path))


def read_refs(path: Path) -> Iterable[Any]:
    """The items of a file of refs, a pickle (`.p`) or JSON; they can be iterated more than once.

    Raises:
        DataError: the file is no list; for JSON, while iterating.
    """
    if path.suffix != ".p":
        return _JsonRefs(path)
    refs = load_plain(path)
    if not isinstance(refs, list):
        raise DataError(f"{path}: expected a list of refs, found {type(refs).__name__}")
    return refs


def refs_of_split(refs: Iterable[Any], split: str) -> Iterator[tuple[int, Any]]:
    """The refs of a split with their positions; what has no split that there is belongs to every one.

    As the `refer` loader has it, testA holds the refs marked testAB too, and so on.

    >>> list(refs_of_split([{"split": "testA"}, {"split": "testAB"}, {"split": "val"}, None], "testB"))
    [(1, {'split': 'testAB'}), (3, None)]
    """
    for position, ref in enumerate(refs):
        if _is_in(ref, split):
            yield position, ref


def _is_in(ref: Any, split: str) -> bool:
    own = _members(ref).get("split")
    if not isinstance(own, str) or not (_SPLITS.fullmatch(own) or own == split):
        return True
    return own == split or (split in _TEST_LETTERS and own.startswith("test") and split[-1] in own[4:])


def entries_of(
    numbered: tuple[int, Any], join: Callable[[Ref], dict[str, Any]], location: Location
) -> Iterator[Entry | Reject]:
    """One entry with the ref's usable sentences as records, and a reject for each of the others.

    ``join`` gives the rest of the payload, the fields of :func:`image_fields` among it; where it raises
    :class:`RecordError`, all sentences are rejected.
    """
    name = _name(*numbered)
    ref = numbered[1]
    try:
        sentences = _sentences(name, ref, location.split)
    except RecordError as error:
        yield from (Reject.of(key, error) for key in _keys(name, _members(ref).get("sentences")))
        return
    yield from (sentence for sentence in sentences if isinstance(sentence, Reject))
    texts = [sentence for sentence in sentences if not isinstance(sentence, Reject)]
    if not texts:
        return
    try:
        payload = join(ref) | {"texts": [text for _, text in texts]}
    except RecordError as error:
        yield from (Reject.of(key, error) for key, _ in texts)
        return
    image = location.image_path(payload["file_name"])
    yield Entry(tuple(key for key, _ in texts), payload, image, targets=_targets(ref))


def image_fields(ref: Ref, instances: Instances) -> dict[str, Any]:
    """The payload's fields on the image that a ref lies on; its own `file_name` is no file.

    Raises:
        RecordError: `unknown-image`, or `bad-type`.
    """
    image = instances.image(ref.get("image_id"))
    return {
        "image_id": image.id,
        "file_name": image.name,
        "height": image.height,
        "width": image.width,
        "license": instances.license_name(image),
    }


def image_of(payload: Mapping[str, Any], location: Location) -> Image:
    """The image of a payload with :func:`image_fields`."""
    return Image(location.image_path(payload["file_name"]), payload["width"], payload["height"])


def _targets(ref: Ref) -> tuple[int, ...]:
    """The annotations that a ref means: one number or a list, -1 for none."""
    value = ref.get("ann_id")
    numbers: list[Any] = value if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(number for number in numbers if number != -1))


def is_id(value: Any) -> bool:
    """Whether a value can be an id: an integer of 64 bits.

    >>> is_id(7), is_id(True), is_id("7"), is_id(10**30)
    (True, False, False, False)
    """
    return type(value) is int and -(2**63) <= value < 2**63


def _name(position: int, ref: Any) -> str:
    """The key of a ref: its id, or its place in the file where it has none."""
    number = _members(ref).get("ref_id")
    return str(number) if is_id(number) else f"[{position}]"


def _members(ref: Any) -> Mapping[str, Any]:
    """What is known of a ref, if only to say whose records are lost."""
    if isinstance(ref, Unread):
        return ref.members
    return ref if isinstance(ref, dict) else {}


def _keys(name: str, sentences: Any) -> list[str]:
    """The key of each sentence of a ref, or the ref's where it has none: each is a record that is lost with it."""
    if not isinstance(sentences, list) or not sentences:
        return [name]
    return [_key(name, position, sentence) for position, sentence in enumerate(sentences)]


def _key(name: str, position: int, sentence: Any) -> str:
    number = sentence.get("sent_id") if isinstance(sentence, dict) else None
    return f"{name}-{number}" if is_id(number) else f"{name}-[{position}]"


def _sentences(name: str, ref: Any, split: str) -> list[tuple[str, str] | Reject]:
    """The (key, text) of each sentence of a ref, or why it cannot be used."""
    if isinstance(ref, Unread):
        raise ref.error
    if not isinstance(ref, dict):
        raise RecordError("bad-type", f"expected a ref, found {type(ref).__name__} {shown(ref)}")
    own = ref.get("split")
    if not isinstance(own, str) or not (_SPLITS.fullmatch(own) or own == split):
        raise RecordError("bad-type", f"split: expected train, val or test, found {shown(own)}")
    sentences = ref.get("sentences")
    if not isinstance(sentences, list):
        raise RecordError("bad-type", f"sentences: expected a list, found {type(sentences).__name__}")
    if not sentences:
        raise RecordError("no-texts", "the ref has no sentences")
    return [_sentence(name, position, sentence) for position, sentence in enumerate(sentences)]


def _sentence(name: str, position: int, sentence: Any) -> tuple[str, str] | Reject:
    key = _key(name, position, sentence)
    if not isinstance(sentence, dict):
        return Reject(key, "bad-type", f"expected a sentence, found {shown(sentence)}")
    try:
        return key, text_of(sentence.get("sent"), "sent")
    except RecordError as error:
        return Reject.of(key, error)
