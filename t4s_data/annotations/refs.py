"""Refs: the objects of an image that sentences refer to, as the `refer` layouts hold them.

Source: github.com/lichengunc/refer, github.com/henghuiding/gRefCOCO.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from t4s_data.annotations.instances import Instances
from t4s_data.errors import DataError, RecordError
from t4s_data.files.json_streams import JsonArray
from t4s_data.files.location import Location
from t4s_data.files.pickles import load_plain
from t4s_data.files.texts import shown, text_of
from t4s_data.sample import Entry, Image, Reject

_TEST_LETTERS = ("testA", "testB", "testC")

Ref = Mapping[str, Any]


def read_refs(path: Path) -> Iterable[Any]:
    """The items of a file of refs, a pickle (`.p`) or JSON; they can be iterated more than once.

    Raises:
        DataError: the file is no list; for JSON, while iterating.
    """
    if path.suffix != ".p":
        return JsonArray(path)
    refs = load_plain(path)
    if not isinstance(refs, list):
        raise DataError(f"{path}: expected a list of refs, found {type(refs).__name__}")
    return refs


def refs_of_split(refs: Iterable[Any], split: str) -> Iterator[tuple[int, Any]]:
    """The refs of a split with their positions; what has no split of its own belongs to every one.

    As the `refer` loader has it, testA holds the refs marked testAB too, and so on.

    >>> list(refs_of_split([{"split": "testA"}, {"split": "testAB"}, {"split": "val"}, None], "testB"))
    [(1, {'split': 'testAB'}), (3, None)]
    """
    for position, ref in enumerate(refs):
        if _is_in(ref, split):
            yield position, ref


def _is_in(ref: Any, split: str) -> bool:
    own = ref.get("split") if isinstance(ref, dict) else None
    if not isinstance(own, str):
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
        sentences = _sentences(name, ref)
    except RecordError as error:
        yield Reject.of(name, error)
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
        "file_name": image.file_name,
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
    return str(ref["ref_id"]) if isinstance(ref, dict) and is_id(ref.get("ref_id")) else f"[{position}]"


def _sentences(name: str, ref: Any) -> list[tuple[str, str] | Reject]:
    """The (key, text) of each sentence of a ref, or why it cannot be used."""
    if not isinstance(ref, dict):
        raise RecordError("bad-type", f"expected a ref, found {type(ref).__name__} {shown(ref)}")
    if not isinstance(ref.get("split"), str):
        raise RecordError("bad-type", f"split: expected a string, found {shown(ref.get('split'))}")
    sentences = ref.get("sentences")
    if not isinstance(sentences, list):
        raise RecordError("bad-type", f"sentences: expected a list, found {type(sentences).__name__}")
    if not sentences:
        raise RecordError("no-texts", "the ref has no sentences")
    return [_sentence(name, position, sentence) for position, sentence in enumerate(sentences)]


def _sentence(name: str, position: int, sentence: Any) -> tuple[str, str] | Reject:
    if not isinstance(sentence, dict):
        return Reject(f"{name}-[{position}]", "bad-type", f"expected a sentence, found {shown(sentence)}")
    key = f"{name}-{sentence['sent_id']}" if is_id(sentence.get("sent_id")) else f"{name}-[{position}]"
    try:
        return key, text_of(sentence.get("sent"), "sent")
    except RecordError as error:
        return Reject.of(key, error)
