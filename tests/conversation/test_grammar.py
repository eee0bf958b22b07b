"""A linter over templates and cardinalities: one thing is spoken of as one, several as several."""

from __future__ import annotations

import re
from functools import partial
from itertools import product

import numpy as np
import pytest

from t4s_data.choice import draw
from t4s_data.conversation.prompts import FORMS, fill, load_prompts
from t4s_data.conversation.tasks import TASKS as EXCHANGES
from t4s_data.conversation.turns import answer, question
from t4s_data.masks.mask import Mask
from t4s_data.sample import Region, Sample

TASKS = [task for task in FORMS if FORMS[task]]
MANY = 3
VALUES = {
    "expression": "man",
    "question": "What cuts the cake?",
    "categories": {1: "dog", MANY: "dog, cat, umbrella"},
    "absent": {1: "cat", MANY: "cat, cow, kite"},
    "count": {1: "1", MANY: str(MANY)},
    "answer": "It is the knife.",
    "explanation": "Because it is sharp.",
    "entries": {1: "<seg>a</seg>", MANY: "<seg>a</seg>\n<seg>b</seg>\n<seg>c</seg>"},
}
WRONG_EVER = {
    "a word twice": r"\b(\w+) \1\b",
    "a before a vowel": r"\ba (?=[aeiou])(?!one\b|unit|union|use)",
    "an before a consonant": r"\ban (?=[^aeiouh\W])",
    "singular subject, plural verb": r"(?<!of )\b(this|that|each) \w+ (are|do|have|occur|show)\b",
    "plural subject, singular verb": r"(?<!of )\b(these|those) \w+ (is|does|has|occurs|shows|fits)\b",
    "each of several occurs": r"\b(none|one) of these \w+ (occur|fit|show)\b",
    "space before a stop": r" [.,:;?!]",
    "two stops": r"[.?!:][.:]",
    "leftover of a bracket": r"[\[\]]| / ",
}
WRONG_OF_ONE = {
    "categories": r"\bthese\b|\bthose\b|\bnone of\b|\bone of (these|them)\b|\ball of them\b|\bthe list\b|\bthis list\b"
    r"|\bwhich of\b|\b(categories|labels|names|classes)\b(?!: all)",
    "count": r"\b1\b|\btop\b|\blargest (regions|instances|masks|classes)\b|\bthe masks\b|\bmain parts|\bclasses that\b",
    "regions": r"\bmatches\b|\bpart by part\b|\bper class\b",
    "absent": r"\bthat do not\b|\blabels\b",
}
WRONG_OF_MANY = {
    "categories": r"\bthis (category|label|name|class|list of one)\b|^\w+ is absent|\bthat name\b|^It (does|is)\b",
    "count": r"\bthe (largest|biggest)( one)?( alone)?[ .,:]*$",
    "regions": r"^Match\b|\bthere is this part\b",
    "absent": r"\blabel that does not\b",
}


def sample(*labels, **fields):
    mask = Mask.from_dense(np.ones((3, 4)))
    return Sample("key", None, tuple(Region(label, mask) for label in labels), query="the cat", **fields)


def chance(row="row"):
    return partial(draw, 0, row)


def cases(task):
    """Every form of every template of a task in all cardinalities that it can have."""
    for template in load_prompts(task).templates:
        for form in FORMS[task]:
            for size in product((1, MANY), repeat=4):
                numbers = dict(zip(("categories", "absent", "count", "regions"), size, strict=True))
                if possible(task, form, numbers):
                    yield getattr(template, form), numbers


def possible(task, form, numbers):
    """Whether a question can be so: an answer with absent categories has others, a list is trimmed to fewer."""
    if form == "partial" or (task == "semantic-segmentation" and form == "trimmed"):
        return numbers["categories"] > 1
    return True


@pytest.mark.parametrize("task", TASKS)
def test_words_agree_with_their_numbers(task):
    tried = list(cases(task))
    for text, numbers in tried:
        check_agreement(task, text, numbers)
    assert tried


def check_agreement(task, text, numbers):
    size = {**numbers, "entries": numbers["regions"]}
    values = {name: value if isinstance(value, str) else value[size[name]] for name, value in VALUES.items()}
    filled = fill(text, values, numbers)
    wrong = dict(WRONG_EVER)
    for name, number in numbers.items():
        named = f"[{name}:" in text or f"{{{name}}}" in text or (name == "categories" and text in ABOUT_CATEGORIES)
        if named:
            wrong[f"{number} {name}"] = (WRONG_OF_ONE if number == 1 else WRONG_OF_MANY)[name]
    found = {why: match[0] for why, rule in wrong.items() if (match := re.search(rule, filled, re.I | re.M))}
    assert not found, filled
    assert filled[0].isupper() or filled.split()[0] in " ".join(map(str, values.values())) or filled[0] == "<"
    if "{count}" in text and numbers["count"] > 1:
        assert str(MANY) in filled


ABOUT_CATEGORIES = {template.no_target for template in load_prompts("conditioned-segmentation").templates}


def test_the_linter_finds_what_was_wrong():
    for text, rule in (
        ("None of these labels occurs here.", WRONG_OF_ONE["categories"]),
        ("All of them are absent.", WRONG_OF_ONE["categories"]),
        ("List the 1 largest.", WRONG_OF_ONE["count"]),
        ("Regions: top 1 by area", WRONG_OF_ONE["count"]),
        ("Which of these does the image show: dog", WRONG_OF_ONE["categories"]),
    ):
        assert re.search(rule, text, re.I)


@pytest.mark.parametrize("number", range(9))
def test_a_question_about_one_absent_class_is_answered_as_one(number):
    template = load_prompts("conditioned-segmentation").templates[number]
    exchanges = [
        EXCHANGES["conditioned-segmentation"].exchange(sample("cat", categories=("cat", "dog")), chance(row=str(row)))
        for row in range(100)
    ]
    for exchange in exchanges:
        if exchange.reply == "no_target":
            said = answer(exchange, template, together=False)[0] + question(exchange, template)
            assert not re.search(WRONG_OF_ONE["categories"], said, re.I), said


@pytest.mark.parametrize("words", [{}, {"answer": ("It is the bear.", "")}, {"explanation": "Bears hibernate."}])
def test_a_reason_is_asked_for_only_where_there_is_one(words):
    of = Sample("a", None, sample("bear").regions, query="Who sleeps?", **words)
    exchange = EXCHANGES["reasoning-segmentation"].exchange(of, chance())
    for template in load_prompts("reasoning-segmentation").templates:
        asked = question(exchange, template)
        wants = bool(re.search(r"\b(reason(ing)?|why|explain|explanation|justification|how you know)\b", asked, re.I))
        assert wants == ("explanation" in words), asked
        said = "".join(answer(exchange, template, together=False))
        assert all(text in said for value in words.values() for text in ([value] if isinstance(value, str) else value))


@pytest.mark.parametrize("task", ["multi-reasoning-segmentation", "geospatial-reasoning-segmentation"])
def test_no_reason_is_asked_of_sources_that_give_none(task):
    for template in load_prompts(task).templates:
        assert not re.search(r"\b(why|explain|explanation|justif)", template.question, re.I), template.question
