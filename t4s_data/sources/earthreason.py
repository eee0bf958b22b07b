"""EarthReason: questions about images from above.

Source: github.com/earth-insights/SegEarth-R1 (folders ``images``, ``labels`` and ``QAs`` a split).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from t4s_data.errors import RecordError
from t4s_data.files.folders import files_by_stem, key_of_stem, list_in, only, read_object
from t4s_data.files.images import size_of
from t4s_data.files.json.item import Unread
from t4s_data.files.location import Location
from t4s_data.files.texts import text_of
from t4s_data.masks.mask import Mask
from t4s_data.masks.png import read_mask
from t4s_data.reading.bounds import MAX_RECORDS
from t4s_data.sample import Entry, Image, Region, Reject, Sample
from t4s_data.sources.entries import of_one

KINDS = {"images": (".jpg", ".jpeg", ".png"), "labels": (".png",), "QAs": (".json", ".txt")}
"""The folders of a split and the suffixes of their files."""

Pair = tuple[str, str, str]
"""A record's key, its question and its answer; the answer is empty where the source has none."""


@dataclass(frozen=True, slots=True)
class EarthReason:
    """One split of EarthReason, paired by file stem.

    Option of the recipe: ``pairs`` is `zip` (question i with answer i) or `product` (every question with
    every answer).
    """

    location: Location

    def inputs(self) -> list[Path]:
        """The split's folders of images, label images and questions."""
        return [folder for kind in KINDS for folder in self._folders(kind)]

    def _folders(self, kind: str) -> list[Path]:
        """Where files of a kind lie: some copies have them in a second folder of the split's name."""
        folder = self.location.file("folder")
        places = [folder / kind, folder / self.location.split / kind]
        return [place for place in places if place.is_dir()] or places[:1]

    def entries(self) -> Iterator[Entry | Reject]:
        """One entry an image, with its pairs of question and answer as records, in order of the stems."""
        files = {kind: files_by_stem(self._folders(kind), suffixes) for kind, suffixes in KINDS.items()}
        for stem in sorted(set().union(*files.values())):
            try:
                yield from of_one(stem, self._entry(stem, {kind: found.get(stem, []) for kind, found in files.items()}))
            except RecordError as error:
                yield Reject.of(key_of_stem(stem), error)

    def _entry(self, stem: str, files: dict[str, list[Path]]) -> Iterator[Entry | Reject]:
        record = read_object(only(files["QAs"], "no-texts", "file of questions"), "questions")
        if isinstance(record, Unread):
            lost = record.members["questions"]
            keys = [f"{stem}-{number}" for number in range(len(lost) if isinstance(lost, list) else 0)]
            yield from (Reject.of(key, record.error) for key in keys or [key_of_stem(stem)])
            return
        pairs, unpaired = self._pairs(stem, record)
        yield from (pair for pair in pairs if isinstance(pair, Reject))
        usable = [pair for pair in pairs if not isinstance(pair, Reject)]
        try:
            image = self._relative(only(files["images"], "image-missing", "image"))
            label = self._relative(only(files["labels"], "no-mask", "label image"))
        except RecordError as error:
            yield from (Reject.of(key, error) for key, _, _ in usable)
            return
        if usable:
            payload = {"image": image, "label": label, "pairs": [pair[1:] for pair in usable], "unpaired": unpaired}
            yield Entry(tuple(key for key, _, _ in usable), payload, image)

    def _relative(self, path: Path) -> str:
        return path.relative_to(self.location.data_root).as_posix()

    def _pairs(self, stem: str, record: dict[str, Any]) -> tuple[list[Pair | Reject], int]:
        """The pairs, and how many questions or answers have no counterpart."""
        questions, answers = list_in(record, "questions"), _answers(record)
        if not questions:
            raise RecordError("no-texts", "questions is empty")
        if not answers:
            return [_pair(f"{stem}-{q}", question) for q, question in enumerate(questions)], 0
        product = self.location.options.get("pairs", "zip") == "product"
        if product and len(questions) * len(answers) > MAX_RECORDS:
            detail = f"{len(questions):,} questions with {len(answers):,} answers each, {MAX_RECORDS:,} records allowed"
            raise RecordError("too-large", detail)
        pairs = [
            _pair(f"{stem}-{q}-{a}", question, [answer])
            for q, question in enumerate(questions)
            for a, answer in enumerate(answers)
            if product or q == a
        ]
        return pairs, 0 if product else abs(len(questions) - len(answers))

    def samples(self, entry: Entry) -> Iterator[Sample | Reject]:
        """One sample a pair; its region is the image's whole target, none where answer or mask is empty."""
        record = entry.payload
        width, height, mask = read_label(self.location.data_root / record["label"])
        image = Image(record["image"], width, height)
        for number, (key, (question, answer)) in enumerate(zip(entry.keys, record["pairs"], strict=False)):
            notes = {
                "answers-without-mask": int(bool(answer) and mask is None),
                "masks-without-answer": int(mask is not None and not answer),
                "texts-unpaired": 0 if number else record["unpaired"],
            }
            if mask is not None and answer:
                yield Sample(
                    key, image, regions=(Region("roi0", mask),), query=question, answer=(answer, ""), notes=notes
                )
            else:
                yield Sample(key, image, query=question, answer=(answer,) if answer else (), notes=notes)


def read_label(path: Path) -> tuple[int, int, Mask | None]:
    """Width, height and the mask of a gray label image, set where it is not 0; None where it is 0 everywhere.

    Raises:
        RecordError: `bad-mask`.
    """
    try:
        mask = read_mask(path)
    except RecordError as error:
        if error.reason != "empty-mask":
            raise
        return *size_of(path), None
    return mask.width, mask.height, mask


def _answers(record: dict[str, Any]) -> Sequence[Any]:
    """The answers, none where all of them are blank."""
    if record.get("answer") == "":
        return ()
    answers = list_in(record, "answer")
    return [] if all(isinstance(answer, str) and not answer.strip() for answer in answers) else answers


def _pair(key: str, question: Any, answers: Sequence[Any] = ()) -> Pair | Reject:
    try:
        return key, text_of(question, "questions"), "".join(text_of(answer, "answer") for answer in answers)
    except RecordError as error:
        return Reject.of(key, error)
