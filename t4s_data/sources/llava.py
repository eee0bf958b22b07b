"""LLaVA-665k: conversations about an image or about none, kept as they are.

Source: github.com/haotian-liu/LLaVA (``llava_v1_5_mix665k.json``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import msgspec

from t4s_data.codecs.labels import neutralize
from t4s_data.errors import RecordError
from t4s_data.files.json.item import Item
from t4s_data.files.json.streams import JsonArray
from t4s_data.files.location import Location
from t4s_data.files.names import coco_image_id, image_name
from t4s_data.files.texts import shown
from t4s_data.sample import Entry, Image, Reject, Role, Sample, Turn
from t4s_data.tokens.tokenizers import IMAGE

ROLES: Mapping[str, Role] = {"human": "user", "gpt": "assistant"}
_PLACEHOLDER = re.compile(rf"{IMAGE}\n|\n{IMAGE}\Z|{IMAGE}")

Spoken = tuple[str, str]
"""A speaker as the file names it, and what is said."""


class _Turn(msgspec.Struct, rename={"speaker": "from", "text": "value"}):
    speaker: str
    text: str


class _Row(msgspec.Struct):
    conversations: list[_Turn]
    image: str | None = None


@dataclass(frozen=True, slots=True)
class Llava:
    """The conversations of one file."""

    location: Location

    def inputs(self) -> list[Path]:
        """The file of conversations."""
        return [self.location.file("conversations")]

    def entries(self) -> Iterator[Entry | Reject]:
        """One entry a row, with its place in the file as key: the rows' own ids repeat."""
        for item in JsonArray(self.location.file("conversations")):
            key = str(item.number)
            try:
                yield self._entry(key, item)
            except RecordError as error:
                yield Reject.of(key, error)

    def _entry(self, key: str, item: Item) -> Entry:
        try:
            found = msgspec.convert(item.value(), _Row)
        except msgspec.ValidationError as error:
            raise RecordError("bad-type", str(error)) from None
        path = None if found.image is None else self.location.image_path(image_name(found.image, "image"))
        said = [(turn.speaker, turn.text) for turn in found.conversations]
        return Entry((key,), {"image": path, "turns": said}, path)

    def samples(self, entry: Entry) -> Iterator[Sample | Reject]:
        """The row's conversation; the size of its image, which only the image knows, is not looked up."""
        path = entry.payload["image"]
        turns, notes = conversation(entry.payload["turns"], pictured=path is not None)
        image = None if path is None else Image(path, None, None)
        image_id = None if path is None else coco_image_id(path)
        yield Sample(entry.keys[0], image, turns=turns, image_id=image_id, notes=notes)


def conversation(said: list[Spoken], *, pictured: bool) -> tuple[tuple[Turn, ...], Mapping[str, int]]:
    """The turns that human and gpt take, and counts of what was changed in them.

    Turns before the human's first are left out. Where there is an image (``pictured``), the placeholder
    stands in front of the human's first turn, moved or put there if need be; other reserved marks are
    neutralized. All other text stays as it is.

    Raises:
        RecordError: `no-texts` or `bad-type`, the turns left are not human and gpt by turns with texts.

    >>> conversation([("human", "What is it?\\n<image>"), ("gpt", "A cat.")], pictured=True)[0][0].content
    '<image>\\nWhat is it?'
    """
    first = next((number for number, (speaker, _) in enumerate(said) if speaker == "human"), len(said))
    kept = said[first:]
    _check_turns(kept)
    notes = {"leading-turns-dropped": first, "placeholders-moved": 0, "placeholders-added": 0, "reserved-text": 0}
    turns = []
    for number, (speaker, text) in enumerate(kept):
        lead = ""
        if pictured and number == 0:
            lead, text = _parted(text, notes)  # noqa: PLW2901
        clean = neutralize(text)
        notes["reserved-text"] += clean.reserved
        turns.append(Turn(ROLES[speaker], lead + clean.text))
    return tuple(turns), notes


def _parted(text: str, notes: dict[str, int]) -> Spoken:
    """The placeholder as it stands in front, and the text without it; a line break goes along with it."""
    if text.startswith(IMAGE):
        return IMAGE, text.removeprefix(IMAGE)
    rest, moved = _PLACEHOLDER.subn("", text, count=1)
    notes["placeholders-moved" if moved else "placeholders-added"] += 1
    return f"{IMAGE}\n", rest


def _check_turns(turns: list[Spoken]) -> None:
    if len(turns) < 2:
        raise RecordError("no-texts", "the conversation has no question of a human with an answer of gpt")
    for number, ((speaker, text), expected) in enumerate(zip(turns, cycle(ROLES), strict=False)):
        if speaker != expected:
            raise RecordError("bad-type", f"turn {number} is from {shown(speaker)}, not from {expected}")
        if not text.strip():
            raise RecordError("no-texts", f"turn {number} is empty")
    if len(turns) % len(ROLES):
        raise RecordError("no-texts", "the last turn has no answer")
