"""The decoders: any text in, a result or the one error that they promise.

An input's first byte chooses the codec, the rest is the text. The laws are those of the formats: a repairing
decoder never raises; a strict one raises nothing but `CodecError`, and what it accepts is exactly what encoding
gives again.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fuzz.target import Target
from t4s_data.codecs.codec import Codec, from_name
from t4s_data.errors import CodecError

NAMES = (
    "bsd-64", "bsd-16", "bsd-64-bare", "bsd-64-text", "bsd-32-nosep", "bsd-64-box", "bsd-2", "bsd-8-bare-nosep",
    "isd-16-full", "isd-16-irle", "isd-16-rrle", "isd-8-rrle-released", "isd-2-full-released", "isd-4-irle-released",
)  # fmt: skip
CODECS: tuple[Codec, ...] = tuple(from_name(name) for name in NAMES)
MOST_CELLS = 256
"""Cells along a side of any canvas: no decoded grid is larger."""


def check(data: bytes) -> None:
    """Decode the text with one codec in all ways.

    Raises:
        AssertionError: a law does not hold.
    """
    if not data:
        return
    codec = CODECS[data[0] % len(CODECS)]
    text = data[1:].decode("utf-8", "surrogateescape" if data[0] & 128 else "replace")
    for decode in (codec.decode, codec.decode_answer):
        repaired = decode(text, repair=True)
        for region in repaired.regions:
            assert region.grid.shape == (codec.n, codec.n), "a grid of another size"
    try:
        strict = codec.decode(text)
    except CodecError:
        return
    grids = [(region.label, region.grid) for region in strict.regions]
    assert _text_of(codec, grids) == text, "strict decoding accepted what encoding does not give"


def _text_of(codec: Codec, grids: list[tuple[str, np.ndarray]]) -> str:
    return "\n".join(codec.encode(grids))


def seeds() -> Iterator[bytes]:
    """Descriptors of a few grids under every codec, alone and in a sentence."""
    for number, codec in enumerate(CODECS):
        for text in _texts(codec):
            yield bytes([number]) + text.encode()
            yield bytes([number]) + f"It is {text} and\n{text}.".encode()


def _texts(codec: Codec) -> Iterator[str]:
    n = codec.n
    rows, columns = np.indices((n, n))
    disk = (rows - n // 2) ** 2 + (columns - n // 2) ** 2 <= (n // 3) ** 2
    corner = (rows == 0) & (columns == 0)
    full = np.ones((n, n), dtype=bool)
    for grid in (disk, corner, full, disk ^ full):
        if grid.any():
            yield "\n".join(codec.encode([("a cup", grid)]))
    yield "\n".join(codec.encode([("a cup", disk), ("roi1", corner)]))


WORDS = (b"<ref>", b"</ref>", b"<box>[[", b"]]</box>", b"<seg>", b"</seg>", b"<fg1>", b"<bg63>", b"fg12", b"others*16",
         b"|", b"\n", b"others *16| ", b"*0", b"-1", b"99999999999999999999")  # fmt: skip

TARGET = Target("decoders", check, seeds, words=WORDS)
