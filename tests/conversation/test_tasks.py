"""Laws of tasks: what is asked has a form and its fields, and what is answered is in the sample."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from t4s_data.choice import draw
from t4s_data.conversation.prompts import FORMS
from t4s_data.conversation.tasks import KEPT, MOST_ASKED, TASKS
from t4s_data.errors import RecordError
from t4s_data.manifest.names import BOX_TASKS, TaskName
from t4s_data.masks.mask import Mask, union
from t4s_data.sample import Image, Region, Sample

IMAGE = Image("a.jpg", 40, 30)
CLASSES = ("cat", "dog", "sky", "road", "tree", "boat", "cup", "kite")
CONDITIONED = TASKS["conditioned-segmentation"].exchange
SEMANTIC = TASKS["semantic-segmentation"].exchange


def rectangle(left, top, width, height):
    pixels = np.zeros((30, 40), dtype=bool)
    pixels[top : top + height, left : left + width] = True
    return Mask.from_dense(pixels)


def sample(*labels, **texts):
    """Regions side by side, the largest first."""
    regions = tuple(Region(label, rectangle(4 * n, 0, 3, 25 - n)) for n, label in enumerate(labels))
    return Sample("key", IMAGE, regions, **{"query": "the cat", "categories": CLASSES, **texts})


def chance(seed=0, row="row"):
    return partial(draw, seed, row)


def exchanges(task, rows=300, **kinds):
    return [TASKS[task].exchange(kinds["of"], chance(row=f"row {n}")) for n in range(rows)]


def test_every_task_asks_something_but_the_one_that_keeps_conversations():
    assert {*TASKS, KEPT} == set(TaskName.__args__)
    assert {name for name, task in TASKS.items() if not task.masks} == BOX_TASKS


SAMPLES = {
    "one": sample("cat", answer=("because", "")),
    "many": sample("cat", "dog", "cat", answer=("a ", " b ", " c ", ".")),
    "none": sample(answer=("There is none.",)),
    "no words": sample("cat", "dog"),
    "no words, no region": sample(),
    "no classes": sample("cat", categories=()),
}


def possible_exchanges(task, given_sample):
    with suppress(RecordError):
        for row in range(60):
            yield TASKS[task].exchange(given_sample, chance(row=str(row)))


@pytest.mark.parametrize("task", TASKS)
def test_forms_exist_and_their_fields_are_filled(task):
    found = [exchange for given_sample in SAMPLES.values() for exchange in possible_exchanges(task, given_sample)]
    assert found
    for exchange in found:
        used = [exchange.ask] if exchange.words else [exchange.ask, exchange.reply]
        for form in used:
            assert FORMS[task][form] - {"entries"} <= exchange.fields.keys()
        if exchange.trimmed:
            trimmed = exchange.largest(1)
            assert FORMS[task][trimmed.ask] <= trimmed.fields.keys()
        if exchange.words:
            assert len(exchange.words) == len(exchange.regions) + 1


@pytest.mark.parametrize(
    "task", sorted(set(TASKS) - {"generalized-referring-segmentation", "geospatial-reasoning-segmentation"})
)
def test_tasks_that_need_a_target_refuse_a_sample_without(task):
    with pytest.raises(RecordError, match="no-target"):
        TASKS[task].exchange(SAMPLES["none"], chance())


@pytest.mark.parametrize("task", [task for task in TASKS if {"expression", "question"} & FORMS[task]["question"]])
def test_tasks_that_quote_a_text_refuse_a_sample_without(task):
    with pytest.raises(RecordError, match="no-texts"):
        TASKS[task].exchange(sample("cat", query="", answer=("a", "b")), chance())


@pytest.mark.parametrize("task", ["referring-segmentation", "referring-comprehension", "panoptic-segmentation"])
def test_regions_come_as_the_sample_has_them(task):
    assert TASKS[task].exchange(SAMPLES["many"], chance()).regions == SAMPLES["many"].regions


def test_an_expression_for_nothing_is_answered_by_a_sentence():
    exchange = TASKS["generalized-referring-segmentation"].exchange
    assert (exchange(SAMPLES["none"], chance()).reply, exchange(SAMPLES["many"], chance()).reply) == (
        "no_target",
        "answer",
    )


def test_trimming_keeps_the_first_regions_and_says_how_many():
    exchange = TASKS["panoptic-segmentation"].exchange(SAMPLES["many"], chance()).largest(2)
    assert exchange.regions == SAMPLES["many"].regions[:2]
    assert (exchange.ask, exchange.fields["count"]) == ("trimmed", "2")


@given(labels=st.lists(st.sampled_from(CLASSES), min_size=1, max_size=9), row=st.text(max_size=5))
def test_a_conditioned_answer_has_all_of_what_is_asked_and_nothing_else(labels, row):
    given_sample = sample(*labels)
    exchange = CONDITIONED(given_sample, chance(row=row))
    asked = exchange.fields["categories"].split(", ")
    absent = exchange.fields["absent"].split(", ") if exchange.fields["absent"] else []
    assert len(set(asked)) == len(asked) <= 2 * MOST_ASKED
    assert exchange.regions == tuple(region for region in given_sample.regions if region.label in asked)
    assert absent == [name for name in asked if name not in labels]
    assert exchange.reply == ("no_target" if not exchange.regions else "partial" if absent else "answer")


def test_conditioned_questions_are_of_all_kinds():
    kinds = Counter(exchange.reply for exchange in exchanges("conditioned-segmentation", of=sample("cat", "dog")))
    assert set(kinds) == {"answer", "partial", "no_target"}
    assert 0.05 < kinds["no_target"] / kinds.total() < 0.16


def test_without_other_classes_nothing_absent_is_asked():
    for exchange in exchanges("conditioned-segmentation", of=sample("cat", "dog", categories=("dog", "cat"))):
        assert exchange.reply == "answer"


def test_the_order_of_a_conditioned_question_says_nothing_of_what_is_present():
    first = last = 0
    for exchange in exchanges("conditioned-segmentation", rows=2_000, of=sample(*CLASSES[:4])):
        if exchange.reply == "partial":
            asked = exchange.fields["categories"].split(", ")
            present = {region.label for region in exchange.regions}
            first, last = first + (asked[0] in present), last + (asked[-1] in present)
    # The draws are fixed; the bound is some four standard deviations of a fair draw.
    assert abs(first - last) < 120


def test_every_class_is_asked_about():
    asked = Counter()
    for exchange in exchanges("conditioned-segmentation", rows=600, of=sample("cat", "dog")):
        asked.update(exchange.fields["categories"].split(", "))
    assert set(asked) == set(CLASSES)
    absent = [asked[name] for name in CLASSES[2:]]
    assert max(absent) < 2 * min(absent)


@given(labels=st.lists(st.sampled_from(CLASSES), min_size=1, max_size=9), row=st.text(max_size=5))
def test_semantic_regions_are_the_unions_of_each_class_by_falling_area(labels, row):
    given_sample = sample(*labels)
    regions = SEMANTIC(given_sample, chance(row=row)).regions
    expected = {name: union([one.mask for one in given_sample.regions if one.label == name]) for name in labels}
    assert {region.label: region.mask for region in regions} == expected
    assert len(regions) == len(expected)
    areas = [region.mask.area for region in regions]
    assert areas == sorted(areas, reverse=True)


def test_half_of_the_semantic_questions_list_the_classes():
    asked = exchanges("semantic-segmentation", of=sample("cat", "dog"))
    listed = [exchange for exchange in asked if exchange.ask == "question"]
    assert 0.4 < len(listed) / len(asked) < 0.6
    assert {exchange.fields["categories"] for exchange in listed} == {", ".join(CLASSES)}


def test_a_source_that_vouches_for_no_class_has_lists_of_what_is_there_in_any_order():
    asked = exchanges("semantic-segmentation", of=sample("cat", "dog", categories=()))
    listed = {exchange.fields["categories"] for exchange in asked if exchange.ask == "question"}
    assert listed == {"cat, dog", "dog, cat"}
    assert {exchange.ask for exchange in asked} == {"question", "open"}


CLAIMS = {"categories": CLASSES, "unsure": ("boat", "dog"), "incomplete": ("cup", "sky")}


def claims(task, of):
    """All names that some row calls present, and all that some row calls absent."""
    present, absent = set(), set()
    for exchange in exchanges(task, of=of):
        named = exchange.fields.get("categories", "")
        present |= {region.label for region in exchange.regions}
        absent |= set(named.split(", ") if named else ()) - {region.label for region in of.regions}
    return present, absent


def test_nothing_is_called_absent_that_the_image_may_show():
    assert claims("conditioned-segmentation", sample("cat", **CLAIMS))[1] == {"road", "tree", "kite"}
    assert claims("semantic-segmentation", sample("cat", **CLAIMS))[1] == {"road", "tree", "kite"}


def test_every_instance_is_asked_of_no_class_that_has_more_than_its_regions():
    present, _ = claims("conditioned-segmentation", sample("cat", "sky", "dog", **CLAIMS))
    assert present == {"cat"}
    only = sample("sky", **CLAIMS)
    assert {exchange.reply for exchange in exchanges("conditioned-segmentation", of=only)} == {"no_target"}
    with pytest.raises(RecordError, match="no class has all its regions: sky"):
        CONDITIONED(sample("sky", **{**CLAIMS, "categories": ()}), chance())


def test_a_class_with_a_crowd_beside_is_asked_for_where_there_is_no_other():
    present, _ = claims("conditioned-segmentation", sample("dog", unsure=("dog",)))
    assert present == {"dog"}


def test_a_list_of_classes_leaves_out_what_was_not_segmented_whole():
    of = sample("cat", "sky", "dog", **CLAIMS)
    assert claims("semantic-segmentation", of) == ({"cat"}, {"road", "tree", "kite"})
    assert {exchange.ask for exchange in exchanges("semantic-segmentation", of=of)} == {"question"}
    with pytest.raises(RecordError, match="no class has all its regions: dog, sky"):
        SEMANTIC(sample("dog", "sky", **CLAIMS), chance())


COVERS = {"food": frozenset({"pizza"}), "wall": frozenset({"brick wall"}), "metal": frozenset({"*"})}
NAMES = ("food", "pizza", "wall", "brick wall", "metal", "cat")


def test_a_name_that_covers_another_is_neither_absent_nor_all_there():
    pizza = sample("pizza", "cat", categories=NAMES, covers=COVERS)
    assert claims("conditioned-segmentation", pizza) == ({"pizza", "cat"}, {"wall", "brick wall"})
    assert claims("semantic-segmentation", pizza) == ({"pizza", "cat"}, {"wall", "brick wall"})
    both = sample("pizza", "food", categories=NAMES, covers=COVERS)
    assert claims("conditioned-segmentation", both)[0] == {"pizza"}
    # Each pixel has one class of a list: there food is what is no pizza.
    assert claims("semantic-segmentation", both)[0] == {"pizza", "food"}


def test_a_name_is_not_absent_where_a_crowd_of_what_it_covers_is():
    crowd = sample("cat", categories=NAMES, covers=COVERS, unsure=("pizza",))
    assert claims("conditioned-segmentation", crowd)[1] == {"wall", "brick wall"}


def test_targets_of_one_expression_are_numbered():
    exchange = TASKS["generalized-referring-segmentation"].exchange(sample("the cats", "the cats"), chance())
    assert [region.label for region in exchange.regions] == ["roi0", "roi1"]
    assert exchange.fields == {"expression": "the cat"}


@pytest.mark.parametrize("task", [task for task in TASKS if "reasoning" in task])
def test_regions_of_reasoning_are_numbered_in_the_order_of_the_answer(task):
    regions = TASKS[task].exchange(SAMPLES["many"], chance()).regions
    assert [region.label for region in regions] == ["roi0", "roi1", "roi2"]
    assert [region.mask for region in regions] == [region.mask for region in SAMPLES["many"].regions]


def test_a_reason_is_asked_for_where_there_is_one():
    reason = TASKS["reasoning-segmentation"].exchange
    explained = reason(sample("cat", explanation="It is\nwarm,  so it sleeps.", answer=("The cat.", "")), chance())
    assert (explained.ask, explained.reply) == ("explain", "explained")
    assert explained.fields["explanation"] == "It is warm, so it sleeps."
    told = reason(sample("cat", answer=("The\ncat ", " there.")), chance())
    assert (told.ask, told.reply, told.fields["answer"]) == ("tell", "told", "The cat there.")
    bare = reason(sample("cat", answer=(" ", "")), chance())
    assert (bare.ask, bare.reply) == ("question", "answer")


def test_an_answer_with_its_own_words_keeps_them():
    assert TASKS["multi-reasoning-segmentation"].exchange(SAMPLES["many"], chance()).words == ("a ", " b ", " c ", ".")


@pytest.mark.parametrize(("words", "reason"), [(("a", "b"), "answer-mismatch"), ((), "no-texts")])
def test_an_answer_must_have_a_place_for_every_region(words, reason):
    with pytest.raises(RecordError, match=reason):
        TASKS["multi-reasoning-segmentation"].exchange(sample("cat", "dog", answer=words), chance())


def test_a_geospatial_answer_without_target_is_the_source_s_or_a_sentence():
    exchange = TASKS["geospatial-reasoning-segmentation"].exchange
    assert exchange(SAMPLES["none"], chance()).words == ("There is none.",)
    assert exchange(SAMPLES["no words, no region"], chance()).words == ()
    assert exchange(SAMPLES["no words, no region"], chance()).reply == "no_target"
    with pytest.raises(RecordError, match="no-texts"):
        exchange(SAMPLES["no words"], chance())
