"""Sums merge in any order, and the corner cases of section IV-A2 and of GRES come out as they are defined there."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from t4s_data.evaluation.metrics import FIGURES, Scores, total
from t4s_data.masks.boxes import passes_half

Box = tuple[int, int, int, int]


def figures(*adding: Callable[[Scores], None]) -> dict[str, float | None]:
    scores = Scores()
    for add in adding:
        add(scores)
    return scores.figures()


def target(common: int, either: int) -> Callable[[Scores], None]:
    return lambda scores: scores.add_target(common, either, found=common > 0)


def test_a_figure_without_a_sample_is_none_not_zero():
    assert Scores().figures() == dict.fromkeys(FIGURES)


def test_cumulative_iou_weighs_pixels_and_mean_iou_weighs_samples():
    found = figures(target(90, 100), target(0, 100), target(1, 1))
    assert found["ciou"] == pytest.approx(100 * 91 / 201)
    assert found["giou"] == found["miou"] == pytest.approx(100 * (0.9 + 0 + 1) / 3)


def test_a_correct_refusal_is_one_in_giou_and_nothing_in_ciou_and_miou():
    found = figures(target(50, 100), lambda scores: scores.add_no_target(refused=True))
    assert (found["ciou"], found["giou"], found["miou"]) == (50, 75, 50)
    assert (found["no_target_accuracy"], found["target_accuracy"]) == (100, 100)


def test_a_false_positive_on_no_target_is_zero_in_giou_and_enlarges_the_union_of_ciou():
    found = figures(target(50, 100), lambda scores: scores.add_no_target(refused=False, predicted=100))
    assert (found["ciou"], found["giou"], found["miou"]) == (25, 25, 50)
    assert found["no_target_accuracy"] == 0


def test_refusing_a_target_costs_its_whole_area():
    found = figures(target(50, 100), target(0, 300))
    assert (found["ciou"], found["giou"], found["target_accuracy"]) == (12.5, 25, 50)


def test_only_refusals_give_no_cumulative_iou():
    found = figures(lambda scores: scores.add_no_target(refused=True))
    assert (found["ciou"], found["giou"], found["miou"]) == (None, 100, None)


def test_class_iou_is_the_mean_over_classes_with_truth_of_their_cumulated_ious():
    scores = Scores()
    scores.add_class("cat", intersection=10, union=20, truth=15)
    scores.add_class("cat", intersection=0, union=20, truth=0)
    scores.add_class("dog", intersection=0, union=5, truth=5)
    scores.add_class("never there", intersection=0, union=99, truth=0)
    assert scores.figures()["class_iou"] == pytest.approx(100 * (10 / 40 + 0) / 2)


def random_scores(rng: random.Random) -> Scores:
    scores = Scores(samples=rng.randrange(9), missing=rng.randrange(3))
    for _ in range(rng.randrange(6)):
        either = rng.randrange(1, 1000)
        scores.add_target(rng.randrange(either + 1), either, found=rng.random() < 0.5)
        scores.add_no_target(refused=rng.random() < 0.5, predicted=rng.randrange(100))
        scores.add_class(rng.choice("abc"), intersection=rng.randrange(5), union=rng.randrange(5, 9), truth=3)
        scores.add_question(right=rng.random() < 0.5)
        scores.add_box((0, 0, rng.randrange(1, 9), 4), (0, 0, 5, 5))
        scores.repairs[rng.choice(["no-box", "no-seg"])] += 1
    return scores


@given(st.integers(0, 10_000))
def test_merging_is_the_same_in_any_order_and_leaves_the_parts_alone(seed: int):
    rng = random.Random(seed)
    parts = [random_scores(rng) for _ in range(4)]
    whole = total(parts)
    assert total([parts[2], total([parts[0], parts[3]]), parts[1]]) == whole
    assert total(reversed(parts)).figures() == whole.figures()
    assert whole.targets == sum(part.targets for part in parts)


def dense(box: Box) -> np.ndarray:
    pixels = np.zeros((12, 12), dtype=bool)
    pixels[box[1] : box[3], box[0] : box[2]] = True
    return pixels


boxes = st.tuples(*[st.integers(0, 6)] * 2, *[st.integers(7, 12)] * 2)


@given(boxes, boxes)
def test_boxes_agree_with_counted_pixels(one: Box, other: Box):
    common, either = (dense(one) & dense(other)).sum(), (dense(one) | dense(other)).sum()
    assert passes_half(one, other) == (common / either > 0.5)


def test_boxes_apart_and_an_iou_of_exactly_one_half_do_not_pass():
    assert not passes_half((0, 0, 2, 2), (5, 5, 9, 9))
    assert not passes_half((0, 0, 10, 10), (0, 0, 10, 20))
    found = figures(lambda s: s.add_box(None, (0, 0, 2, 2)), lambda s: s.add_box((0, 0, 2, 2), (0, 0, 2, 2)))
    assert found["box_accuracy"] == 50
