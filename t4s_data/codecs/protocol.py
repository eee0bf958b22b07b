"""What a codec is: masks as text, and back."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Annotated, ClassVar, Protocol, Self, TypeGuard

from pydantic import Field

from t4s_data.codecs.decoded import Decoded
from t4s_data.codecs.labels import Label, normalize
from t4s_data.masks.mask import Bools, Mask


class Codec(Protocol):
    """Grids to text and back, on an n x n canvas.

    An implementation is a frozen dataclass that inherits from this class. Its fields, each with a default, are
    the keys of a recipe's ``[codec]``; a field whose metadata is :data:`NO_KEY` is none. Lengths are counted for
    each text by itself, so a text that :meth:`encode` writes begins and ends with tokens of the vocabulary.
    """

    per_region: ClassVar[bool] = False
    """Whether :meth:`encode` writes a text for each region (see :class:`RegionCodec`) or one text for all of them."""
    spelling: ClassVar[str]
    """What :attr:`name` looks like, for messages: ``isd-N-{full,irle,rrle}[-released]``."""
    about: ClassVar[str]
    """One paragraph of Markdown that says how to read a text; the card of a corpus holds it."""

    @property
    def n(self) -> int:
        """Cells along each side."""

    @property
    def name(self) -> str:
        """The name in rows and on the command line: the codec's registered name, then what tells its settings apart."""

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The tokens a trainer adds to its tokenizer.

        Those that begin with ``<`` are marks, which a build neutralizes in a source's own texts; others are words.
        """

    @property
    def masks(self) -> bool:
        """Whether its texts say masks, not boxes alone."""
        return True

    @classmethod
    @abstractmethod
    def named(cls, name: str) -> Self | None:
        """The codec whose :attr:`name` this is, or None."""

    @abstractmethod
    def meaning(self, token: str) -> str:
        """What a token of the vocabulary means, in plain words: trainers make its first embedding from them."""

    def label(self, text: str) -> Label:
        """A source's text as a label that :meth:`encode` takes; raises :class:`RecordError` where nothing is left."""
        return normalize(text)

    def boxes(self) -> Codec | None:
        """This codec with its answers cut to boxes, or None if it cannot answer with a box alone."""
        return None

    @abstractmethod
    def encode(self, regions: Sequence[tuple[str, Bools]]) -> list[str]:
        """The texts of labelled grids, bool (n, n): one for each, or one for all, which may be none."""

    @abstractmethod
    def decode(self, text: str, *, repair: bool = False) -> Decoded:
        """The regions of a text that holds nothing but texts of :meth:`encode`, joined with newlines.

        Strict decoding accepts what :meth:`encode` writes and nothing else, and raises :class:`CodecError` at the
        first deviation. With ``repair`` it never raises and reports what it did.
        """

    @abstractmethod
    def decode_answer(self, answer: str, *, repair: bool = False) -> Decoded:
        """As :meth:`decode`, for a text that may hold words around its descriptors."""

    @abstractmethod
    def spans(self, answer: str) -> list[tuple[int, int]]:
        """Where the texts of :meth:`encode` start and end in an answer that was built with this codec."""

    def token_count(
        self,
        regions: Sequence[tuple[str, Mask]],  # noqa: ARG002
        count: Callable[[str], int],  # noqa: ARG002
        *,
        digits_alone: bool,  # noqa: ARG002
    ) -> int | None:
        """The exact length of the texts of regions, or None where nothing is faster than to write and count them.

        ``count`` says how many tokens a text has; ``digits_alone`` that the tokenizer cuts a text before and after
        every digit.
        """
        return None

    def __hash__(self) -> int: ...


class RegionCodec(Codec, Protocol):
    """A codec that writes a text for each region: ``before + body + after``.

    The body is the same for every label of a grid, and what records that share a mask share. It begins and ends with
    tokens of the vocabulary.
    """

    per_region: ClassVar[bool] = True

    @abstractmethod
    def affixes(self, label: str) -> tuple[str, str]:
        """What stands before and after the body; raises :class:`CodecError` for a label that is not normalized."""

    @abstractmethod
    def body(self, grid: Bools) -> str:
        """The text of a grid, bool (n, n); raises :class:`CodecError` for an empty grid or another shape."""

    def encode(self, regions: Sequence[tuple[str, Bools]]) -> list[str]:
        """One text per region; a list answer joins them with a newline, a sentence sets them inline."""
        return [before + self.body(grid) + after for label, grid in regions for before, after in [self.affixes(label)]]


NO_KEY = {"recipe": False}
"""Metadata of a dataclass field that is no key of a recipe."""
Side = Annotated[int, Field(ge=2, le=256, description="canvas cells along each side", examples=[32])]
"""The type of a codec's field ``n``."""


def by_region(codec: Codec) -> TypeGuard[RegionCodec]:
    """Whether the codec writes a text for each region."""
    return codec.per_region


def words_around(codec: Codec, answer: str) -> tuple[str, ...]:
    """The words of an answer around its descriptors: the i-th before descriptor i, the last one after all."""
    ends = [(0, 0), *codec.spans(answer), (len(answer), len(answer))]
    return tuple(answer[left[1] : right[0]] for left, right in pairwise(ends))
