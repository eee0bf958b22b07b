"""A source opened by itself, without a recipe."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
from pydantic import ValidationError

from t4s_data.api.given import folder_of
from t4s_data.errors import InputError
from t4s_data.recipe.files import explain
from t4s_data.recipe.inputs import check_inputs
from t4s_data.recipe.parts import Part, parts_of
from t4s_data.recipe.spec import Recipe
from t4s_data.sample import Entry, Reject, Sample
from t4s_data.sources.entries import without_repeats
from t4s_data.sources.source import outcomes_of


@dataclass(slots=True)
class OpenSource:
    """The usable records of one split, read anew each time it is iterated.

    ``rejects`` are the records that the last reading could not use, each with its reason.

    >>> source = open_source("refcoco", "DATA", split="val")
    >>> sample = next(iter(source))
    >>> sample.query, sample.image.width, sample.regions[0].label
    ('third from left', 640, 'third from left')
    """

    part: Part
    rejects: list[Reject] = field(default_factory=list)

    def __iter__(self) -> Iterator[Sample]:
        """The samples in the source's own order, streamed."""
        self.rejects.clear()
        for outcome in self.outcomes():
            if isinstance(outcome, Sample):
                yield outcome
            else:
                self.rejects.append(outcome)

    def outcomes(self) -> Iterator[Sample | Reject]:
        """Every record in order: its sample, or why it cannot be used."""
        source = self.part.open()
        return outcomes_of(self.part.name, source, map(_crossed, without_repeats(source.entries())))


def _crossed(item: Entry | Reject) -> Entry | Reject:
    """The item as a worker gets it: an entry's payload may hold JSON that nobody has read yet."""
    if isinstance(item, Reject):
        return item
    return replace(item, payload=msgspec.json.decode(msgspec.json.encode(item.payload)))


def open_source(
    name: str, data_root: str | os.PathLike[str], *, split: str = "train", split_by: str | None = None, **keys: Any
) -> OpenSource:
    """One split of a source below a data root, as samples with image, regions and words.

    ``keys`` are others that a recipe's ``[[source]]`` may have: ``root``, ``annotations``, ``min_texts``, ...

    Raises:
        InputError: a source, split or key that there is not; says which there are.
        MissingInputError: a file of it is absent; says how the source is obtained.

    >>> open_source("refcocoo", ".")
    Traceback (most recent call last):
    t4s_data.errors.InputError: name: no source is named 'refcocoo'; there are coco-panoptic, refcoco, ...
    """
    spec = {"name": name, "splits": [split], "split_by": split_by, **keys}
    try:
        recipe = Recipe.model_validate({"name": "source", "source": [spec]})
    except ValidationError as error:
        problems = (explain(problem).removeprefix("source[1].") for problem in error.errors(include_url=False))
        raise InputError("\n".join(problems)) from None
    part = parts_of(recipe, folder_of(data_root, "the folder below which the data lies"))[0]
    check_inputs([part])
    return OpenSource(part)
