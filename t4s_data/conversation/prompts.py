"""The words of questions and answers: templates per task, chosen by hash.

The texts are in manifests/prompts/<task>.toml. A field stands in braces; it is replaced by our own code in
one pass, so that braces in data stay what they are. What a number decides stands in brackets, as in
``[categories: this category / these categories]``: the number's name, the words for one, the words for more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from t4s_data.choice import draw
from t4s_data.errors import CommandError, DataError
from t4s_data.manifest.shipped import read_shipped

_FIELD = re.compile(r"\{(\w+)\}")
_NUMBERED = re.compile(r"\[(\w+): ([^\[\]/]*) / ([^\[\]/]*)\]")
NUMBERS: Mapping[str, str] = {
    "categories": "of classes that the question lists",
    "absent": "of those that the answer says are absent",
    "count": "of regions that a trimmed question asks for",
    "regions": "of regions in the answer",
}
"""What can be named in brackets: numbers, and what they are."""

_ENTRIES = frozenset({"entries"})
FORMS: Mapping[str, Mapping[str, frozenset[str]]] = {
    "panoptic-segmentation": {"question": frozenset(), "trimmed": frozenset({"count"}), "answer": _ENTRIES},
    "semantic-segmentation": {
        "question": frozenset({"categories"}),
        "trimmed": frozenset({"categories", "count"}),
        "open": frozenset(),
        "open_trimmed": frozenset({"count"}),
        "answer": _ENTRIES,
    },
    "conditioned-segmentation": {
        "question": frozenset({"categories"}),
        "trimmed": frozenset({"categories", "count"}),
        "answer": _ENTRIES,
        "partial": frozenset({"entries", "absent"}),
        "no_target": frozenset(),
    },
    "referring-segmentation": {"question": frozenset({"expression"}), "answer": _ENTRIES},
    "referring-comprehension": {"question": frozenset({"expression"}), "answer": _ENTRIES},
    "generalized-referring-segmentation": {
        "question": frozenset({"expression"}),
        "answer": _ENTRIES,
        "no_target": frozenset(),
    },
    "reasoning-segmentation": {
        "question": frozenset({"question"}),
        "answer": _ENTRIES,
        "explain": frozenset({"question"}),
        "explained": frozenset({"entries", "explanation"}),
        "tell": frozenset({"question"}),
        "told": frozenset({"entries", "answer"}),
    },
    "multi-reasoning-segmentation": {"question": frozenset({"question"})},
    "geospatial-reasoning-segmentation": {
        "question": frozenset({"question"}),
        "answer": frozenset({"entries", "answer"}),
        "no_target": frozenset(),
    },
    "visual-understanding": {},
}
"""The forms that every template of a task has, and the fields that each of them must hold."""


@dataclass(frozen=True, slots=True)
class Template:
    """One way to ask and to answer; a form that its task does not have is empty.

    ``question`` and ``answer`` are the usual pair and ``no_target`` answers where nothing is to be
    segmented. ``partial`` answers where some of the asked categories are absent, ``open`` asks without a
    list of classes, ``trimmed`` and ``open_trimmed`` ask for the largest regions only, ``explain`` asks for
    a reason as well and ``explained`` gives it, ``tell`` asks for words as well and ``told`` gives them.
    """

    question: str
    answer: str = ""
    no_target: str = ""
    partial: str = ""
    trimmed: str = ""
    open: str = ""
    open_trimmed: str = ""
    explain: str = ""
    explained: str = ""
    tell: str = ""
    told: str = ""


@dataclass(frozen=True, slots=True)
class Prompts:
    """The templates of one task."""

    task: str
    templates: tuple[Template, ...]

    def choose(self, seed: int, record_id: str, k: int) -> Template:
        """The template for the k-th use of a record: as likely as any, and another one for each k in turn.

        Raises:
            CommandError: the task keeps its source's own words and has no templates.
        """
        if not self.templates:
            raise CommandError(f"task {self.task!r} has no templates")
        return self.templates[(draw(seed, record_id, self.task) + k) % len(self.templates)]


@cache
def load_prompts(task: str) -> Prompts:
    """The templates of a task, every form checked for its fields.

    Raises:
        CommandError: there is no task of that name.
        DataError: a shipped template lacks a form or a field, or has one too many.
    """
    if task not in FORMS:
        raise CommandError(f"no task is named {task!r}; there are {', '.join(FORMS)}")
    path = f"prompts/{task}.toml"
    tables = enumerate(read_shipped(path).get("template", []), start=1)
    where = f"manifests/{path}, template"
    return Prompts(task, tuple(_template(table, FORMS[task], f"{where} {number}") for number, table in tables))


def fill(text: str, fields: Mapping[str, str], numbers: Mapping[str, int] | None = None) -> str:
    """The text in the words for its numbers, with each field replaced by its value, once.

    A value is never looked at again.

    Raises:
        KeyError: the text has a field or a number without a value, which templates that were loaded do not have.

    >>> fill("Where is {expression}?", {"expression": "the {entries} sign"})
    'Where is the {entries} sign?'
    >>> fill("Find [count: the largest / the {count} largest].", {"count": "1"}, {"count": 1})
    'Find the largest.'
    """
    return _FIELD.sub(lambda match: fields[match[1]], _numbered(text, numbers or {}))


def _numbered(text: str, numbers: Mapping[str, int]) -> str:
    return _NUMBERED.sub(lambda match: match[2] if numbers[match[1]] == 1 else match[3], text)


def _template(table: Mapping[str, Any], forms: Mapping[str, frozenset[str]], where: str) -> Template:
    if mismatch := sorted(set(table) ^ set(forms)):
        raise DataError(f"{where}: expected the forms {', '.join(forms)}; {mismatch[0]!r} is missing or too many")
    for form, expected in forms.items():
        found = _FIELD.findall(table[form])
        if sorted(found) != sorted(expected):
            raise DataError(f"{where}: {form} has the fields {sorted(found)}, expected {sorted(expected)}")
        rest = _NUMBERED.sub("", table[form])
        unknown = [match[1] for match in _NUMBERED.finditer(table[form]) if match[1] not in NUMBERS]
        if unknown or "[" in rest or "]" in rest:
            raise DataError(f"{where}: {form}: brackets hold one of {', '.join(NUMBERS)}: one / many")
    return Template(**table)
