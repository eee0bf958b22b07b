"""What is tried on a plugged-in codec before it writes a corpus."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from t4s_data.codecs.protocol import Codec
from t4s_data.errors import T4SError


@lru_cache(64)
def fault_of(family: str, codec: Codec) -> str:
    """The first rule of the :class:`Codec` protocol that a codec breaks, tried on one region; empty for none.

    ``family`` is the name that the codec is registered by.

    >>> from t4s_data.codecs.bsd import BoxCodec
    >>> fault_of("bsd", BoxCodec()), fault_of("tiles", BoxCodec())
    ('', "its name does not begin with 'tiles'")
    """
    try:
        return next(_faults(family, codec), "")
    except (T4SError, AttributeError, TypeError, ValueError, LookupError) as error:
        return f"{type(error).__name__}: {error}"


def _faults(family: str, codec: Codec) -> Iterator[str]:
    if codec.name != family and not codec.name.startswith(f"{family}-"):
        yield f"its name does not begin with {family!r}"
    if type(codec).named(codec.name) != codec:
        yield "named() does not give back the codec of that name"
    if silent := [token for token in codec.vocabulary if not codec.meaning(token)]:
        yield f"meaning() says nothing of the token {silent[0]!r}"
    grid = np.zeros((codec.n, codec.n), dtype=bool)
    grid[0, 0] = grid[1:, 1:] = True
    label = codec.label("a label").text
    texts = codec.encode([(label, grid)])
    if len(texts) != 1 or not (texts[0].startswith(codec.vocabulary) and texts[0].endswith(codec.vocabulary)):
        yield f"its text does not begin and end with tokens of its vocabulary: {texts!r:.200}"
    answer = f"It is {texts[0]}."
    if codec.spans(answer) != [(6, 6 + len(texts[0]))]:
        yield f"spans() gives {codec.spans(answer)!r} for {answer!r:.200}"
    found = [(region.label, region.grid.tolist()) for region in codec.decode_answer(answer).regions]
    if codec.masks and found != [(label, grid.tolist())]:
        yield f"it does not read what it writes: {texts[0]!r:.200}"
