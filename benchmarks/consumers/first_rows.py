"""What every trainer must make of the first rows, whatever its loader and template are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

TOKEN = re.compile(r"</?(?:ref|box|seg)>|<[fb]g[0-9]+>")
PICKED = (0, 1, 2, 40, 41, 42)
"""Rows of the small corpus with one region and with several, conversations about an image and about none."""


def check(tokenizer: Any, number: int, answers: Sequence[str], ids: Sequence[int], labels: Iterable[int]) -> None:
    """Print one row as the trainer sees it; every brick and tag is one token, and the answers are what is learned.

    ``labels`` are the ids that the loss counts and -100 elsewhere.
    """
    learned = [label for label in labels if label != -100]
    tokens = tokenizer.convert_ids_to_tokens(learned)
    text = tokenizer.decode(learned, skip_special_tokens=False)
    spelled = [word for answer in answers for word in TOKEN.findall(answer)]
    assert [token for token in tokens if TOKEN.fullmatch(token)] == spelled, (tokens, spelled)
    spoken = [part.strip("\n") for part in text.split("<|im_end|>") if part.strip("\n")]
    assert spoken == list(answers), (spoken, answers)
    places = list(ids).count(tokenizer.convert_tokens_to_ids("<|image_pad|>"))
    print(
        f"  row {number}: {len(ids)} tokens, {places} of them image, {len(learned)} learned, {len(spelled)} of those "
        f"bricks and tags; the answers come back exactly: {answers[0][:40]!r}"
    )
