"""An answer against the truth of its row: which metrics count for it, and with what.

=====================================  ======================================================================
referring, generalized, reasoning,     all regions of the answer as one mask and one box, against all true
multi-reasoning, geospatial            regions as one (cIoU, gIoU, mIoU, Acc@0.5, N-acc, T-acc). Labels do not
                                       matter
referring comprehension                the box alone (Acc@0.5), against the tight box of the true mask
panoptic, semantic, conditioned        all regions of one label as one class (class IoU). Labels have to read
                                       as the truth's; a label that no truth has is no class, and its pixels
                                       are missing elsewhere. In the first two, pixels in no true region do
                                       not count: they are void, or a question for the largest regions leaves
                                       them out. N-acc where no asked category is present (conditioned)
visual understanding                   the words of the last answer
=====================================  ======================================================================

An answer that sets no pixel says that there is no target, as an empty mask does in the released evaluation.
An answer that was not given, or that strict reading refuses, says nothing: it misses a target and the
absence of one alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from t4s_data.codecs.codec import from_name
from t4s_data.corpus.reader import open_image
from t4s_data.errors import CodecError, CommandError, DataError
from t4s_data.evaluation.answers import Answer, Reader
from t4s_data.evaluation.metrics import Scores
from t4s_data.evaluation.refiner import load_refiner, refine
from t4s_data.evaluation.truth import Truth
from t4s_data.masks.cover import Cover, united
from t4s_data.masks.mask import Bools, Mask, union


class Group(NamedTuple):
    """The samples that are scored together; ``source_split`` is the split in the source's own words."""

    source: str
    split: str
    source_split: str
    task: str


@dataclass(frozen=True, slots=True)
class Reading:
    """How answers are read: strictly or with repairs, and with which refiner.

    ``refiner`` is named as :func:`t4s_data.evaluation.refiner.load_refiner` takes it and redraws every region of an
    answer that is scored by its masks; ``data_root`` is where the images of a corpus in path mode lie.
    """

    strict: bool = False
    refiner: str | None = None
    data_root: Path | None = None

    def read(self, text: str | None, truth: Truth, scores: Scores) -> Answer | None:
        """An answer, counted with its repairs; None if it was not given or is not readable."""
        if text is None:
            scores.missing += 1
            return None
        reader = Reader(from_name(truth.codec), not self.strict, self._refine(truth))
        try:
            answer = reader.read(text, truth.size)
        except CodecError:
            scores.unreadable += 1
            return None
        scores.repaired += bool(answer.repairs)
        scores.repairs.update({repair.kind for repair in answer.repairs})
        return answer

    def _refine(self, truth: Truth) -> Callable[[Bools], Bools] | None:
        if self.refiner is None or truth.task in BOXES:
            return None
        refiner = load_refiner(self.refiner)
        image = open_image(truth.row, self.data_root)
        if image is None:
            raise CommandError(f"row {truth.id}: a refiner needs its image; --data-root says where it lies")
        return partial(refine, refiner, np.asarray(image))


def score(truth: Truth, text: str | None, reading: Reading, scores: Scores) -> None:
    """Add one sample to the scores of its group; ``text`` is None where no answer was given.

    Raises:
        DataError: the row has a task that is not scored.
        T4SError: an image or the refiner fails.
    """
    scores.samples += 1
    if truth.task in WORDS:
        scores.missing += text is None
        scores.add_question(right=text is not None and plain(text) == plain(truth.answer))
        return
    if truth.task not in _SCORERS:
        raise DataError(f"row {truth.id}: task {truth.task!r} has no metric")
    _SCORERS[truth.task](truth, reading.read(text, truth, scores), scores)


def plain(text: str) -> str:
    """An answer as exact match compares it: case, white space and a period at the end do not matter.

    >>> plain("Two\\n dogs. ")
    'two dogs'
    """
    return " ".join(text.split()).casefold().removesuffix(".").rstrip()


def _score_mask(truth: Truth, answer: Answer | None, scores: Scores) -> None:
    mask = truth.mask
    cover = answer.cover if answer else None
    if mask is None:
        scores.add_no_target(refused=answer is not None and cover is None, predicted=cover.area if cover else 0)
        return
    common, either = cover.overlap(mask) if cover else (0, mask.area)
    scores.add_target(common, either, found=cover is not None)
    scores.add_box(answer.box if answer else None, mask.box)


def _score_box(truth: Truth, answer: Answer | None, scores: Scores) -> None:
    if mask := truth.mask:
        scores.add_box(answer.box if answer else None, mask.box)


def _score_classes(truth: Truth, answer: Answer | None, scores: Scores, *, whole: bool) -> None:
    """``whole``: the truth leaves out only what is not annotated, so nothing outside of it counts."""
    if not truth.regions:
        scores.add_refusal(right=answer is not None and answer.cover is None)
    counted, masks, covers = truth.mask, _true_classes(truth), _found_classes(answer)
    for name in dict.fromkeys([*masks, *covers]):
        mask, cover = masks.get(name), covers.get(name)
        predicted = _within(cover, counted) if whole else cover.area if cover else 0
        common = _within(cover, mask)
        true = mask.area if mask else 0
        scores.add_class(name, intersection=common, union=predicted + true - common, truth=true)


def _true_classes(truth: Truth) -> dict[str, Mask]:
    codec = from_name(truth.codec)
    classes: dict[str, list[Mask]] = {}
    for region in truth.regions:
        classes.setdefault(codec.label(region.label).text, []).append(region.mask)
    return {name: union(masks) for name, masks in classes.items()}


def _found_classes(answer: Answer | None) -> dict[str, Cover]:
    classes: dict[str, list[Cover]] = {}
    for region in answer.regions if answer else ():
        classes.setdefault(region.label, []).append(region.cover)
    return {name: cover for name, covers in classes.items() if (cover := united(covers))}


def _within(cover: Cover | None, mask: Mask | None) -> int:
    return cover.overlap(mask)[0] if cover and mask else 0


_Scorer = Callable[[Truth, Answer | None, Scores], None]

BOXES = frozenset({"referring-comprehension"})
WORDS = frozenset({"visual-understanding"})
_SCORERS: Mapping[str, _Scorer] = {
    "referring-segmentation": _score_mask,
    "generalized-referring-segmentation": _score_mask,
    "reasoning-segmentation": _score_mask,
    "multi-reasoning-segmentation": _score_mask,
    "geospatial-reasoning-segmentation": _score_mask,
    "referring-comprehension": _score_box,
    "panoptic-segmentation": partial(_score_classes, whole=True),
    "semantic-segmentation": partial(_score_classes, whole=True),
    "conditioned-segmentation": partial(_score_classes, whole=False),
}
