"""An exchange, a template and descriptors -> the messages of a row."""

from __future__ import annotations

from collections.abc import Sequence

from t4s_data.prompts import Template, fill
from t4s_data.sample import Turn
from t4s_data.tasks import Exchange
from t4s_data.tokens import IMAGE


def converse(exchange: Exchange, template: Template, entries: Sequence[str]) -> tuple[Turn, Turn]:
    """The question with the image placeholder in front, and the answer with its descriptors.

    ``entries`` are the descriptors in the order of the exchange's regions: one for each of them, or
    one for all (image-wise). They stand as a list, one a line.
    """
    fields = {**exchange.fields, "entries": "\n".join(entries)}
    question = fill(getattr(template, exchange.ask), fields)
    answer = fill(getattr(template, exchange.reply), fields)
    return Turn("user", f"{IMAGE}\n{question}"), Turn("assistant", answer)
