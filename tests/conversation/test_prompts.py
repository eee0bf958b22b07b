"""Laws of templates: each says what its task needs and nothing else, and a record meets them all in turn."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import asdict, fields
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from t4s_data.conversation import prompts
from t4s_data.conversation.prompts import FORMS, NUMBERS, Template, fill, load_prompts
from t4s_data.errors import CommandError, DataError
from t4s_data.manifest.names import BOX_TASKS, TaskName

TASKS = [task for task in FORMS if FORMS[task]]
SEGMENTATION = [task for task in TASKS if task not in BOX_TASKS]
QUESTIONS = ("question", "open", "trimmed", "open_trimmed", "explain", "tell")
ONE, SEVERAL = dict.fromkeys(NUMBERS, 1), dict.fromkeys(NUMBERS, 3)
VALUES = {
    "expression": "A man in a red shirt, standing on the left.",
    "question": "which of these is used to cut cake",
    "categories": "dog, cat, umbrella",
    "absent": "cat",
    "count": "3",
    "answer": "The harbor lies in the east.",
    "explanation": "Because it is sharp.",
    "entries": "<seg>a</seg>\n<seg>b</seg>",
}


def forms(task):
    """Every (number, form, text) of a task's templates."""
    for number, template in enumerate(load_prompts(task).templates):
        for form in FORMS[task]:
            yield number, form, getattr(template, form)


def test_every_task_of_a_recipe_has_forms():
    assert set(FORMS) == set(TaskName.__args__)


@pytest.mark.parametrize("task", TASKS)
def test_a_task_has_enough_templates_and_no_two_that_ask_alike(task):
    templates = load_prompts(task).templates
    assert 8 <= len(templates) <= 12
    for form in set(QUESTIONS) & set(FORMS[task]):
        asked = [re.sub(r"\W+", " ", getattr(template, form)).strip().lower() for template in templates]
        assert len(set(asked)) == len(asked)


@pytest.mark.parametrize("task", TASKS)
def test_forms_a_task_does_not_have_are_empty(task):
    for template in load_prompts(task).templates:
        assert {form for form, text in asdict(template).items() if text} == set(FORMS[task])


@pytest.mark.parametrize("task", TASKS)
def test_every_form_fills_to_clean_text(task):
    for (number, form, text), numbers in product(forms(task), (ONE, SEVERAL)):
        filled = fill(text, VALUES, numbers)
        assert not re.search(r"[{}\[\]]", filled), (number, form)
        assert "  " not in filled, (number, form)
        assert all(line == line.strip() and line for line in filled.split("\n")), (number, form)
        assert filled.isascii(), (number, form)


@pytest.mark.parametrize("task", TASKS)
def test_text_of_any_shape_can_stand_where_a_template_puts_it(task):
    """A whole sentence ends its line, alone or after a colon, or is quoted with no period behind it."""
    for number, form, text in forms(task):
        for field in FORMS[task][form] - {"entries", "count"}:
            place = re.escape(f"{{{field}}}")
            at_line_end = re.search(rf"(^|: |\]: ){place}$", text, re.MULTILINE)
            quoted = re.search(rf'"{place}"(?!\.)', text)
            assert at_line_end or quoted, (number, form, text)


@pytest.mark.parametrize("task", TASKS)
def test_entries_have_lines_of_their_own(task):
    for number, form, text in forms(task):
        if "entries" in FORMS[task][form]:
            assert "{entries}" in text.split("\n"), (number, form)
            assert VALUES["entries"].split("\n")[0] in fill(text, VALUES, SEVERAL).split("\n")


@pytest.mark.parametrize("task", SEGMENTATION)
def test_questions_of_segmentation_ask_for_masks_and_not_for_boxes(task):
    for number, form, text in forms(task):
        if form in QUESTIONS:
            assert re.search(r"mask|segment", text, re.IGNORECASE), (number, form)
            assert not re.search(r"\bbox", text, re.IGNORECASE), (number, form)


def test_questions_of_comprehension_ask_for_boxes():
    for number, form, text in forms("referring-comprehension"):
        if form == "question":
            assert re.search(r"\bbox", text, re.IGNORECASE), number


@pytest.mark.parametrize("task", TASKS)
def test_no_template_speaks_of_formats_or_places_the_image(task):
    for number, form, text in forms(task):
        assert not re.search(r"brick|token|grid|cell|<|>|json|descriptor", text, re.IGNORECASE), (number, form)


@pytest.mark.parametrize("task", [task for task in TASKS if "no_target" in FORMS[task]])
def test_no_target_answers_are_plain_sentences_and_differ(task):
    for numbers in (ONE, SEVERAL):
        answers = [fill(template.no_target, {}, numbers) for template in load_prompts(task).templates]
        assert len(set(answers)) == len(answers)
        assert all(re.fullmatch(r"[A-Z][^{}\n]*\.", answer) for answer in answers)


def test_answers_vary_between_bare_entries_and_a_sentence_before_them():
    answers = [template.answer for template in load_prompts("referring-segmentation").templates]
    assert "{entries}" in answers
    assert any(answer.endswith(":\n{entries}") for answer in answers)


PIECES = st.sampled_from(["{", "}", "{entries}", "\\", "\\1", "\\g<0>", "%s", "{0}", "a", "\n"])


@given(st.lists(PIECES, max_size=12).map("".join))
def test_values_are_never_looked_at_again(value):
    assert fill("<{expression}>{count}", {"expression": value, "count": "{expression}"}) == f"<{value}>{{expression}}"


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=30))
def test_values_survive_every_template(value):
    for task in TASKS:
        for template in load_prompts(task).templates:
            for form, wanted in FORMS[task].items():
                filled = fill(getattr(template, form), dict.fromkeys(wanted, value), SEVERAL)
                assert filled.count(value) >= len(wanted) if value else True


def test_a_field_without_a_value_is_an_error():
    with pytest.raises(KeyError, match="expression"):
        fill("{expression}", {})


@given(seed=st.integers(0, 2**32), record=st.text(max_size=20), start=st.integers(0, 50))
def test_repeats_of_a_record_meet_every_template_before_one_comes_back(seed, record, start):
    prompts_of = load_prompts("referring-segmentation")
    count = len(prompts_of.templates)
    drawn = [prompts_of.choose(seed, record, start + k) for k in range(count)]
    assert set(drawn) == set(prompts_of.templates)
    assert prompts_of.choose(seed, record, start + count) == drawn[0]


def test_choices_depend_on_seed_record_and_task():
    prompts_of = load_prompts("referring-segmentation")
    ids = [f"refcoco/unc-train/{number}" for number in range(40)]
    first = [prompts_of.choose(0, name, 0) for name in ids]
    assert first == [prompts_of.choose(0, name, 0) for name in ids]
    assert first != [prompts_of.choose(1, name, 0) for name in ids]
    assert len(set(first)) > 1
    other = load_prompts("reasoning-segmentation")
    places = [other.templates.index(other.choose(0, name, 0)) for name in ids]
    assert places != [prompts_of.templates.index(template) % len(other.templates) for template in first]


@pytest.mark.parametrize("task", TASKS)
def test_templates_are_drawn_evenly(task):
    prompts_of = load_prompts(task)
    drawn = Counter(prompts_of.choose(7, f"record-{number}", 0) for number in range(6_000))
    expected = 6_000 / len(prompts_of.templates)
    chi_square = sum((drawn[template] - expected) ** 2 / expected for template in prompts_of.templates)
    # The draws are fixed, so this cannot flicker; 40 is beyond the 99.99 % point for 11 degrees of freedom.
    assert chi_square < 40


def test_visual_understanding_keeps_its_conversation():
    empty = load_prompts("visual-understanding")
    assert empty.templates == ()
    with pytest.raises(CommandError, match="has no templates"):
        empty.choose(0, "x", 0)


def test_an_unknown_task_is_named_with_those_there_are():
    with pytest.raises(CommandError, match="no task is named 'cooking'; there are panoptic-segmentation"):
        load_prompts("cooking")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"question": "{expression}"}, "template 1: expected the forms question, answer; 'answer'"),
        ({"question": "{expression}", "answer": "{entries}", "open": "x"}, "'open' is missing or too many"),
        ({"question": "{phrase}", "answer": "{entries}"}, r"question has the fields \['phrase'\]"),
        ({"question": "{expression} {expression}", "answer": "{entries}"}, "question has the fields"),
        ({"question": "{expression}", "answer": "no place"}, r"answer has the fields \[\]"),
    ],
)
def test_a_template_that_lacks_something_is_refused_when_it_is_loaded(monkeypatch, table, message):
    monkeypatch.setattr(prompts, "read_shipped", lambda path: {"template": [table]})
    with pytest.raises(DataError, match=message):
        load_prompts.__wrapped__("referring-segmentation")


def test_forms_are_the_fields_of_a_template():
    assert {form for forms in FORMS.values() for form in forms} == {field.name for field in fields(Template)}
