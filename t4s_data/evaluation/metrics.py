"""The metrics of section IV-A2 of the Text4Seg++ paper: sums over samples that merge, and the figures made of them.

=================  ===========================================================================================
cIoU               intersection over union, both cumulated over all samples in pixels. A region predicted where
                   there is no target enlarges the union; a correct refusal adds nothing
gIoU               mean IoU over all samples; without a target 1 for a refusal and 0 for any region
mIoU               mean IoU over the samples that have a target
box accuracy       share of samples with a target whose box passes an IoU of 0.5 with the tight box of the true
                   mask (Acc@0.5)
no-target          share of samples without a target for which no region is predicted (N-acc)
target             share of samples with a target for which a region is predicted (T-acc)
class IoU          IoU cumulated for each class, then the mean over the classes that the truth has
exact match        share of questions answered in the words of the truth
=================  ===========================================================================================

The paper leaves three things to its sources, and they are followed here. The no-target rule is that of the
evaluator of GRES (``refer_evaluation.py``, whose accuracies divide by one more than the samples, which is not
copied). A box has to pass 0.5, not to reach it, as in the released Text4Seg script
(``eval_refer_comprehen.py``). Pixels without a true class do not count in semantic segmentation
(``eval_semantic_seg.py`` ignores label 0), but a class without truth has no IoU here instead of 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields

from t4s_data.masks.boxes import Box, passes_half
from t4s_data.masks.overlap import UNIT, iou_units

FIGURES: Mapping[str, str] = {
    "ciou": "cIoU",
    "giou": "gIoU",
    "miou": "mIoU",
    "box_accuracy": "Acc@0.5",
    "no_target_accuracy": "N-acc",
    "target_accuracy": "T-acc",
    "class_iou": "class IoU",
    "exact_match": "exact",
}
"""The figures by name, and how papers head their columns."""


@dataclass(slots=True)
class Scores:
    """Sums over the samples of an evaluation: whole numbers all, so that the order of merging does not matter.

    ``united`` counts the samples whose regions are compared as one mask and ``united_iou`` sums their IoUs by
    the rule of gIoU, ``target_iou`` those with a target, both in units of
    :data:`t4s_data.masks.overlap.UNIT`. ``missing`` answers were not given and ``unreadable`` ones not in the
    codec's words, which counts under strict reading only; both are misses. ``repairs`` counts answers by kind of
    repair (:data:`t4s_data.codecs.decoded.KINDS`), each kind once an answer. The ``class_`` counters hold pixels
    by class.
    """

    samples: int = 0
    missing: int = 0
    unreadable: int = 0
    repaired: int = 0
    repairs: Counter[str] = field(default_factory=Counter)
    united: int = 0
    united_iou: int = 0
    intersection: int = 0
    union: int = 0
    targets: int = 0
    targets_found: int = 0
    target_iou: int = 0
    no_targets: int = 0
    no_targets_refused: int = 0
    boxes: int = 0
    boxes_right: int = 0
    class_intersection: Counter[str] = field(default_factory=Counter)
    class_union: Counter[str] = field(default_factory=Counter)
    class_truth: Counter[str] = field(default_factory=Counter)
    questions: int = 0
    questions_right: int = 0

    def add_target(self, intersection: int, union: int, *, found: bool) -> None:
        """Count a sample that has a target: pixels in both masks and in either, and if anything was predicted."""
        iou = iou_units(intersection, union)
        self.targets += 1
        self.targets_found += found
        self.target_iou += iou
        self._add_united(iou, intersection, union)

    def add_no_target(self, *, refused: bool, predicted: int = 0) -> None:
        """Count a sample without a target by whether the answer says so, and by the pixels it predicts."""
        self.add_refusal(right=refused)
        self._add_united(UNIT * refused, 0, predicted)

    def add_refusal(self, *, right: bool) -> None:
        """Count a sample without a target in the no-target accuracy alone."""
        self.no_targets += 1
        self.no_targets_refused += right

    def add_box(self, predicted: Box | None, true: Box) -> None:
        """Count a box, left, top, right and bottom in pixels, against the true one."""
        self.boxes += 1
        self.boxes_right += predicted is not None and passes_half(predicted, true)

    def add_class(self, name: str, *, intersection: int, union: int, truth: int) -> None:
        """Count one class of one sample by its pixels."""
        self.class_intersection[name] += intersection
        self.class_union[name] += union
        self.class_truth[name] += truth

    def add_question(self, *, right: bool) -> None:
        """Count an answered question."""
        self.questions += 1
        self.questions_right += right

    def merge(self, other: Scores) -> None:
        """Add the sums of other samples."""
        for one in fields(self):
            mine, theirs = getattr(self, one.name), getattr(other, one.name)
            if isinstance(mine, Counter):
                mine.update(theirs)
            else:
                setattr(self, one.name, mine + theirs)

    def figures(self) -> dict[str, float | None]:
        """Every figure of :data:`FIGURES` in percent; None where no sample counts for it."""
        classes = [name for name, pixels in self.class_truth.items() if pixels]
        class_iou = sum(self.class_intersection[name] / self.class_union[name] for name in sorted(classes))
        return {
            "ciou": _percent(self.intersection, self.union),
            "giou": _percent(self.united_iou, UNIT * self.united),
            "miou": _percent(self.target_iou, UNIT * self.targets),
            "box_accuracy": _percent(self.boxes_right, self.boxes),
            "no_target_accuracy": _percent(self.no_targets_refused, self.no_targets),
            "target_accuracy": _percent(self.targets_found, self.targets),
            "class_iou": _percent(class_iou, len(classes)),
            "exact_match": _percent(self.questions_right, self.questions),
        }

    def _add_united(self, iou: int, intersection: int, union: int) -> None:
        self.united += 1
        self.united_iou += iou
        self.intersection += intersection
        self.union += union


def total(scores: Iterable[Scores]) -> Scores:
    """The sum of several scores, which stay as they are."""
    whole = Scores()
    for part in scores:
        whole.merge(part)
    return whole


def _percent(part: float, whole: int) -> float | None:
    return 100 * part / whole if whole else None
