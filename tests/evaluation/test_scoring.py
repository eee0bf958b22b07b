"""Every figure equals an independent computation on dense masks with pycocotools, task by task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from msgspec.structs import replace
from numpy.typing import NDArray
from PIL import Image
from pycocotools import mask as coco

from t4s_data.codecs.bsd import BoxCodec
from t4s_data.codecs.codec import Codec
from t4s_data.codecs.isd import ImageCodec
from t4s_data.corpus.row import RowImage, RowRegion
from t4s_data.errors import CommandError, CorpusError, DataError
from t4s_data.evaluation.metrics import Scores
from t4s_data.evaluation.scoring import Reading, score
from t4s_data.evaluation.truth import TruthRow, truth_of
from t4s_data.manifest.names import TaskName
from t4s_data.masks.mask import Mask
from t4s_data.sample import Turn

Dense = NDArray[np.bool_]
Regions = Sequence[tuple[str, Dense]]
N = 12
CODECS: list[Codec] = [BoxCodec(N), BoxCodec(N, bricks="bare", row_separator="none"), ImageCodec(N)]


def blob(rng: np.random.Generator, height: int, width: int) -> Dense:
    """A random rectangle with holes, never empty."""
    mask = np.zeros((height, width), dtype=bool)
    y, x = rng.integers(0, height), rng.integers(0, width)
    mask[y : y + rng.integers(1, height + 1), x : x + rng.integers(1, width + 1)] = True
    mask &= rng.random((height, width)) < 0.9
    mask[y, x] = True
    return mask


def cells(rng: np.random.Generator) -> Dense:
    return blob(rng, N, N)


def spread(grid: Dense, height: int, width: int) -> Dense:
    rows, columns = np.arange(height) * N // height, np.arange(width) * N // width
    return grid[np.ix_(rows, columns)]


def row(task: str, codec: str, size: tuple[int, int] | None, regions: Regions, said: str = "") -> TruthRow:
    height, width = size or (None, None)
    return TruthRow(
        id="source/val/1#0",
        split="val",
        task=task,
        images=[RowImage("image.png")],
        width=width,
        height=height,
        messages=[Turn("user", "?"), Turn("assistant", said)],
        regions=[RowRegion(label, [0, 0, 0, 0], Mask.from_dense(mask).rle, 1, False) for label, mask in regions],
        codec=codec,
    )


def rle(mask: Dense) -> Any:
    return coco.encode(np.asfortranarray(mask, dtype=np.uint8))


def areas(one: Dense, other: Dense) -> tuple[int, int]:
    """Intersection and union, by pycocotools."""
    pair = [rle(one), rle(other)]
    return int(coco.area(coco.merge(pair, intersect=True))), int(coco.area(coco.merge(pair)))


def box_iou(one: Dense, other: Dense) -> float:
    """IoU of the tight boxes, by pycocotools."""
    return float(coco.iou([coco.toBbox(rle(one))], [coco.toBbox(rle(other))], [0])[0, 0])


@dataclass
class Case:
    row: TruthRow
    text: str
    truths: list[tuple[str, Dense]]
    found: list[tuple[str, Dense]]

    def united(self, regions: Regions) -> Dense:
        return np.logical_or.reduce([mask for _, mask in regions] or [np.zeros(self.size, dtype=bool)])

    @property
    def size(self) -> tuple[int, int]:
        assert self.row.height
        assert self.row.width
        return self.row.height, self.row.width


def case(rng: np.random.Generator, task: str, codec: Codec, labels: Sequence[str], most: int) -> Case:
    """Up to ``most`` true and predicted regions; in image-wise codecs a later region covers an earlier one."""
    size = (int(rng.integers(20, 70)), int(rng.integers(20, 70)))
    truths = [(str(rng.choice(labels)), blob(rng, *size)) for _ in range(rng.integers(0, most + 1))]
    grids = [(str(rng.choice(labels)), cells(rng)) for _ in range(rng.integers(0, most + 1))]
    found = [(label, spread(grid, *size)) for label, grid in grids]
    if isinstance(codec, ImageCodec):
        for number, (label, mask) in enumerate(found):
            later = [other for name, other in found[number + 1 :] if name != label]
            found[number] = (label, mask & ~np.logical_or.reduce([np.zeros_like(mask), *later]))
    text = "\n".join(codec.encode([(codec.label(label).text, grid) for label, grid in grids])) if grids else "Nothing."
    return Case(row(task, codec.name, size, truths), text, truths, found)


def cases(task: str, codec: Codec, labels: Sequence[str] = ("a", "b", "c"), most: int = 3) -> list[Case]:
    rng = np.random.default_rng(7)
    return [case(rng, task, codec, labels, most) for _ in range(60)]


def scores_of(samples: Sequence[Case], reading: Reading | None = None) -> Scores:
    scores = Scores()
    for sample in samples:
        score(truth_of(sample.row), sample.text, reading or Reading(), scores)
    return scores


def percent(values: Sequence[float]) -> float:
    return 100 * sum(values) / len(values)


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
def test_masks_against_dense_masks(codec: Codec):
    samples = cases("generalized-referring-segmentation", codec)
    intersections, unions, all_ious, target_ious, boxes, refused, kept = 0, 0, [], [], [], [], []
    for sample in samples:
        true, found = sample.united(sample.truths), sample.united(sample.found)
        common, either = areas(true, found)
        intersections, unions = intersections + common, unions + either
        if sample.truths:
            target_ious.append(common / either)
            boxes.append(found.any() and box_iou(true, found) > 0.5)
            kept.append(found.any())
        else:
            refused.append(not found.any())
        all_ious.append(common / either if either else 1.0)
    assert 0 < sum(refused) < len(refused)
    assert 0 < sum(boxes) < len(boxes)
    found = scores_of(samples).figures()
    assert found == pytest.approx(
        {
            "ciou": 100 * intersections / unions,
            "giou": percent(all_ious),
            "miou": percent(target_ious),
            "box_accuracy": percent(boxes),
            "no_target_accuracy": percent(refused),
            "target_accuracy": percent(kept),
            "class_iou": None,
            "exact_match": None,
        }
    )


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
@pytest.mark.parametrize("task", ["panoptic-segmentation", "semantic-segmentation", "conditioned-segmentation"])
def test_classes_against_dense_masks(task: str, codec: Codec):
    samples = cases(task, codec, labels=("sky", "tree", "sand|stone", "others", "not in this corpus"))
    for sample in samples:
        regions = zip(sample.row.regions, sample.truths, strict=True)
        kept = [pair for pair in regions if pair[0].label != "not in this corpus"]
        sample.row.regions, sample.truths = [one for one, _ in kept], [true for _, true in kept]
    ious = []
    for name in ("sky", "tree", "sand|stone", "others"):
        pixels = np.zeros(2)
        for sample in samples:
            counted = sample.united(sample.truths) if task != "conditioned-segmentation" else np.ones(sample.size, bool)
            true = sample.united([pair for pair in sample.truths if pair[0] == name])
            found = sample.united([pair for pair in sample.found if pair[0] == name])
            pixels += areas(true, found & counted)
        ious.append(pixels[0] / pixels[1])
    figures = scores_of(samples).figures()
    assert figures["class_iou"] == pytest.approx(percent(ious))
    assert figures["ciou"] is figures["giou"] is figures["box_accuracy"] is None
    refused = [not sample.united(sample.found).any() for sample in samples if not sample.truths]
    assert figures["no_target_accuracy"] == pytest.approx(percent(refused))


def test_comprehension_scores_the_written_box_against_the_tight_box_of_the_mask():
    codec, right = BoxCodec(N, seg=False), []
    rng = np.random.default_rng(3)
    samples = []
    for _ in range(60):
        size = (int(rng.integers(20, 70)), int(rng.integers(20, 70)))
        true, grid = blob(rng, *size), cells(rng)
        samples.append(Case(row("referring-comprehension", codec.name, size, [("it", true)]), "", [], []))
        samples[-1].text = f"It is here: {codec.encode([('it', grid)])[0]}"
        right.append(box_iou(true, spread(grid, *size)) > 0.5)
    figures = scores_of(samples).figures()
    assert 0 < sum(right) < len(right)
    assert figures["box_accuracy"] == pytest.approx(percent(right))
    assert {name for name, figure in figures.items() if figure is not None} == {"box_accuracy"}


def only(task: str, text: str | None, regions: Regions, reading: Reading | None = None) -> Scores:
    scores = Scores()
    score(truth_of(row(task, f"bsd-{N}", (24, 24), regions)), text, reading or Reading(), scores)
    return scores


HALF = np.arange(24)[:, None].repeat(24, axis=1) < 12
WHOLE_TEXT = f"<ref>a</ref><box>[[0 0 {N - 1} {N - 1}]]</box><seg>" + "\n".join(["<fg11><fg1>"] * N) + "</seg>"


def test_an_answer_that_was_not_given_misses_a_target_and_the_absence_of_one():
    hit, miss = (
        only("referring-segmentation", None, [("a", HALF)]),
        only("generalized-referring-segmentation", None, []),
    )
    assert (hit.missing, hit.union, hit.figures()["giou"], hit.figures()["box_accuracy"]) == (1, 288, 0, 0)
    assert (miss.missing, miss.union, miss.figures()["giou"], miss.figures()["no_target_accuracy"]) == (1, 0, 0, 0)


def test_strict_reading_misses_what_repairing_mends():
    text = WHOLE_TEXT.removesuffix("</seg>")
    mended, missed = (
        only("referring-segmentation", text, [("a", HALF)], Reading(strict=strict)) for strict in (False, True)
    )
    assert (mended.repaired, mended.repairs, mended.unreadable) == (1, {"missing-tag": 1}, 0)
    assert mended.figures()["ciou"] == 50
    assert (missed.repaired, missed.unreadable, missed.figures()["ciou"]) == (0, 1, 0)
    refused = only("generalized-referring-segmentation", "<ref>half an ans", [], Reading(strict=True))
    assert (refused.unreadable, refused.figures()["no_target_accuracy"]) == (1, 0)


def test_a_kind_of_repair_counts_once_an_answer():
    text = "<ref>a</ref><box>[[0 0 1 2]]</box><seg><fg1>\n<fg1>\n<fg1></seg>"
    scores = only("referring-segmentation", text, [("a", HALF)])
    assert (scores.repaired, scores.repairs) == (1, {"short-row": 1})


def test_labels_do_not_matter_for_masks_but_make_the_classes():
    assert only("reasoning-segmentation", WHOLE_TEXT, [("b", HALF)]).figures()["ciou"] == 50
    assert only("conditioned-segmentation", WHOLE_TEXT, [("b", HALF)]).figures()["class_iou"] == 0
    assert only("conditioned-segmentation", WHOLE_TEXT, [("a", HALF)]).figures()["class_iou"] == 50
    assert only("panoptic-segmentation", WHOLE_TEXT, [("a", HALF)]).figures()["class_iou"] == 100


@pytest.mark.parametrize(
    ("text", "right"), [("Two  DOGS", True), ("two dogs.\n", True), ("dogs", False), (None, False)]
)
def test_exact_match_leaves_case_spaces_and_the_last_period_out(text: str | None, right: bool):
    scores = Scores()
    score(truth_of(row("visual-understanding", "none", None, [], "Two dogs.")), text, Reading(), scores)
    assert scores.figures()["exact_match"] == (100 if right else 0)
    assert scores.missing == (text is None)


def test_every_task_has_a_metric_and_an_unknown_one_is_named():
    for task in get_args(TaskName):
        codec = "none" if task == "visual-understanding" else f"bsd-{N}"
        scores = Scores()
        score(truth_of(row(task, codec, (24, 24), [("a", HALF)], "yes")), WHOLE_TEXT, Reading(), scores)
        assert any(figure is not None for figure in scores.figures().values())
    with pytest.raises(DataError, match="'new-task' has no metric"):
        score(truth_of(row("new-task", f"bsd-{N}", (24, 24), [])), "", Reading(), Scores())


def test_a_region_that_is_no_mask_of_the_image_is_named():
    broken = row("referring-segmentation", f"bsd-{N}", (24, 24), [("a", HALF)])
    with pytest.raises(CorpusError, match=r"source/val/1#0.*run lengths do not cover 25 x 24 pixels"):
        truth_of(replace(broken, height=25))


def keep(image: NDArray[np.uint8], mask: Dense) -> Dense:
    assert image.shape == (24, 24, 3)
    return mask & (image[..., 0] == 255)


@pytest.mark.parametrize("task", ["referring-segmentation", "conditioned-segmentation"])
def test_a_refiner_redraws_each_mask_with_its_image(task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    Image.fromarray(np.where(HALF, 255, 0).astype(np.uint8)).convert("RGB").save(tmp_path / "image.png")
    monkeypatch.setattr("t4s_data.evaluation.scoring.load_refiner", lambda name: {"test:keep": keep}[name])
    coarse = only(task, WHOLE_TEXT, [("a", HALF)])
    fine = only(task, WHOLE_TEXT, [("a", HALF)], Reading(refiner="test:keep", data_root=tmp_path))
    figure = "ciou" if task == "referring-segmentation" else "class_iou"
    assert (coarse.figures()[figure], fine.figures()[figure]) == (50, 100)
    with pytest.raises(CommandError, match="--data-root"):
        only(task, WHOLE_TEXT, [("a", HALF)], Reading(refiner="test:keep"))
