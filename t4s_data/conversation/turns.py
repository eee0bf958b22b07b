"""A question and an answer put into words."""

from __future__ import annotations

from t4s_data.conversation.prompts import Template, fill
from t4s_data.conversation.tasks import Exchange
from t4s_data.tokens.tokenizers import IMAGE

_ENTRIES = "{entries}"


def question(exchange: Exchange, template: Template) -> str:
    """The user's turn, with the image placeholder in front."""
    return f"{IMAGE}\n{fill(getattr(template, exchange.ask), exchange.fields, exchange.numbers)}"


def answer(exchange: Exchange, template: Template, *, together: bool) -> tuple[str, ...]:
    """The words of the answer around its descriptors: the i-th before descriptor i, the last one after all.

    There is one descriptor a region, as a list of lines or each after its phrase; or, ``together``
    (image-wise), one for all regions, on the last line where the source's own words speak of them: there
    a region's label stands in parentheses at its place. An answer without a target is a sentence, followed
    by the empty map where descriptors are image-wise.
    """
    if exchange.words:
        return (f"{_with_labels(exchange)}\n", "") if together else exchange.words
    before, found, after = getattr(template, exchange.reply).partition(_ENTRIES)
    first = fill(before, exchange.fields, exchange.numbers)
    if not found:
        return (f"{first}\n", "") if together else (first,)
    between = () if together else ("\n",) * (len(exchange.regions) - 1)
    return first, *between, fill(after, exchange.fields, exchange.numbers)


def _with_labels(exchange: Exchange) -> str:
    places = [f"({region.label})" for region in exchange.regions]
    return "".join(part for pair in zip(exchange.words, [*places, ""], strict=True) for part in pair)
