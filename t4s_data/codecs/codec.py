"""The codecs by name, and what a codec is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Protocol, get_args

from t4s_data.codecs.bsd import BoxCodec, Bricks, RowSeparator
from t4s_data.codecs.decoded import KINDS, Decoded, DecodedRegion, Repair
from t4s_data.codecs.isd import Dialect, ImageCodec, Variant
from t4s_data.codecs.labels import Label
from t4s_data.codecs.spec import CodecSpec
from t4s_data.errors import CommandError, RecipeError
from t4s_data.masks.mask import Bools

__all__ = [
    "CODECS",
    "KINDS",
    "BoxCodec",
    "Codec",
    "Decoded",
    "DecodedRegion",
    "ImageCodec",
    "Repair",
    "codec_of",
    "from_name",
]


class Codec(Protocol):
    """Grids to text and back, on an n x n canvas. Implementations are frozen dataclasses."""

    @property
    def n(self) -> int:
        """Cells along each side."""

    @property
    def name(self) -> str:
        """The name that rows and the command line use; :func:`from_name` is the inverse."""

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The tokens a trainer adds to its tokenizer."""

    def label(self, text: str) -> Label:
        """A source's text as a label that :meth:`encode` takes."""

    def encode(self, regions: Sequence[tuple[str, Bools]]) -> list[str]:
        """The descriptors of labeled grids: one for each (box-wise) or one for all (image-wise)."""

    def decode(self, text: str, *, repair: bool = False) -> Decoded:
        """The regions of a text that holds nothing but descriptors."""

    def decode_answer(self, answer: str, *, repair: bool = False) -> Decoded:
        """The regions of a text that may hold words around its descriptors."""


CODECS: Mapping[str, type[BoxCodec] | type[ImageCodec]] = {"bsd": BoxCodec, "isd": ImageCodec}
"""The codec classes by their name in recipes."""

_CANVAS = re.compile(r"[bi]sd-([1-9][0-9]{0,2})(?:-|$)")


def codec_of(spec: CodecSpec, *, seg: bool = True) -> Codec:
    """The codec of a recipe; without ``seg`` the one that writes boxes alone.

    Raises :class:`RecipeError` for an image-wise codec without ``seg``.

    >>> codec_of(CodecSpec(row_separator="none"), seg=False).name
    'bsd-64-nosep-box'
    """
    if spec.name == "bsd":
        return BoxCodec(spec.n, spec.bricks, spec.row_separator, seg)
    if not seg:
        raise RecipeError("codec 'isd' cannot answer with a box alone; use 'bsd'")
    return ImageCodec(spec.n, spec.variant, spec.dialect)


def from_name(name: str) -> Codec:
    """The codec of a row's ``codec`` column; raises :class:`CommandError` for any other name.

    >>> from_name("isd-16-irle-released")
    ImageCodec(n=16, variant='i-rle', dialect='released')
    """
    canvas = _CANVAS.match(name)
    codecs = _codecs(int(canvas[1])) if canvas else ()
    if found := next((codec for codec in codecs if codec.name == name), None):
        return found
    raise CommandError(
        f"no codec {name!r}; there are bsd-N[-bare|-text][-nosep][-box] and isd-N-{{full,irle,rrle}}[-released]"
        ", N from 2 to 256"
    )


def _codecs(n: int) -> Iterator[Codec]:
    if not 2 <= n <= 256:
        return
    for bricks, separator, seg in product(get_args(Bricks), get_args(RowSeparator), (True, False)):
        yield BoxCodec(n, bricks, separator, seg)
    for variant, dialect in product(get_args(Variant), get_args(Dialect)):
        yield ImageCodec(n, variant, dialect)
