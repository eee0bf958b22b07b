"""Image-wise semantic descriptors: every cell of the canvas as its label."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Annotated, ClassVar, Literal, get_args

import numpy as np
from pydantic import Field

from t4s_data.codecs.decoded import Decoded, Piece, settle
from t4s_data.codecs.isd_lengths import Marks, map_tokens
from t4s_data.codecs.isd_reader import LabelMap, read_map
from t4s_data.codecs.labels import BACKGROUND, Label, is_normal, normalize_for_image
from t4s_data.codecs.protocol import Codec, Side
from t4s_data.errors import CodecError
from t4s_data.masks.mask import Bools, Mask

Variant = Literal["full", "i-rle", "r-rle"]
Dialect = Literal["paper", "released"]


_DIALECTS = {"paper": Marks("*", "|", "\n", ""), "released": Marks(" *", "| ", "\n ", "\n")}
_NAME = re.compile(r"isd-([1-9][0-9]{0,2})-")
_MAP = re.compile(r"<seg>.*?</seg>", re.DOTALL)
_TAGS = {"<seg>": "start of a segmentation mask", "</seg>": "end of a segmentation mask"}


@dataclass(frozen=True, slots=True)
class ImageCodec(Codec):
    r"""I-SD of Text4Seg on an n x n canvas: one text for all regions, the later one on top.

    ``variant``: ``full`` writes every cell, ``i-rle`` runs over the whole grid, ``r-rle`` runs within
    each row. ``dialect``: as the ``paper`` prints it, or byte for byte as the ``released`` scripts do.

    >>> left = np.array([[True, False], [True, False]])
    >>> ImageCodec(n=2).encode([("cat", left)])
    ['<seg>cat*1|others*1\ncat*1|others*1</seg>']
    >>> ImageCodec(n=2, variant="i-rle", dialect="released").encode([])
    ['<seg>others *4\n</seg>']
    """

    n: Side = 64
    variant: Annotated[Variant, Field(description="isd: run lengths used")] = "r-rle"
    dialect: Annotated[Dialect, Field(description="isd: as printed, or as in the released scripts")] = "paper"

    spelling: ClassVar[str] = "isd-N-{full,irle,rrle}[-released]"
    about: ClassVar[str] = """\
- Image-wise: where regions overlap, the later one in the record has the cell; a cell of no region reads `others`.
- Image-wise: in a label `|` becomes `/`, and a label that reads `others` becomes `other`.
"""

    @property
    def name(self) -> str:
        """The codec's name in rows and on the command line."""
        dialect = "" if self.dialect == "paper" else "-released"
        return f"isd-{self.n}-{self.variant.replace('-', '')}{dialect}"

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The tokens a trainer adds."""
        return tuple(_TAGS)

    @classmethod
    def named(cls, name: str) -> ImageCodec | None:
        """The codec of that name, or None."""
        canvas = _NAME.match(name)
        if not canvas or not 2 <= int(canvas[1]) <= 256:
            return None
        codecs = (cls(int(canvas[1]), *options) for options in product(get_args(Variant), get_args(Dialect)))
        return next((codec for codec in codecs if codec.name == name), None)

    def meaning(self, token: str) -> str:
        """What a tag begins or ends."""
        return _TAGS[token]

    def spans(self, answer: str) -> list[tuple[int, int]]:
        """Where each map starts and ends."""
        return [found.span() for found in _MAP.finditer(answer)]

    def token_count(
        self, regions: Sequence[tuple[str, Mask]], count: Callable[[str], int], *, digits_alone: bool
    ) -> int | None:
        """The length of the map, from its runs; see :mod:`t4s_data.codecs.isd_lengths`."""
        if not digits_alone:
            return None
        row_length = {"full": 0, "r-rle": self.n, "i-rle": self.n**2}[self.variant]
        return map_tokens(regions, self.n, row_length, _DIALECTS[self.dialect], count)

    def label(self, text: str) -> Label:
        """A source's text as this codec's label."""
        return normalize_for_image(text)

    def encode(self, regions: Sequence[tuple[str, Bools]]) -> list[str]:
        """The one text of all regions; without any, every cell is ``others``.

        Regions of one label merge. Raises :class:`CodecError` for a label that is not normalized or a
        grid that is not bool (n, n).
        """
        names, cells = {BACKGROUND: 0}, np.zeros((self.n, self.n), dtype=np.int32)
        for label, grid in regions:
            if not is_normal(label, normalize_for_image):
                raise CodecError(f"label {label!r} is not normalized for image-wise descriptors")
            if grid.shape != cells.shape or grid.dtype != bool:
                raise CodecError(f"expected a bool grid {self.n} x {self.n}, found {grid.dtype} {grid.shape}")
            cells[grid] = names.setdefault(label, len(names))
        return [self._write(LabelMap(tuple(names), cells))]

    def decode(self, text: str, *, repair: bool = False) -> Decoded:
        """One region per label of a ``<seg>...</seg>`` text, in order of first appearance.

        Strict decoding accepts what :meth:`encode` writes and nothing else (:class:`CodecError` at the
        first deviation). With ``repair`` it never raises and reports what it did (:data:`KINDS`).
        """
        return self._decode(text, prose=False, repair=repair)

    def decode_answer(self, answer: str, *, repair: bool = False) -> Decoded:
        """As :meth:`decode`, for the first ``<seg>...</seg>`` in an answer's words; without one, no regions."""
        return self._decode(answer, prose=True, repair=repair)

    def _decode(self, text: str, *, prose: bool, repair: bool) -> Decoded:
        reading = read_map(text, self.n, self.variant, prose=prose)
        pieces = () if reading.map is None else self._pieces(text, reading.map, reading.span, prose)
        return Decoded(reading.regions(), settle(text, pieces, reading.repairs, repair=repair))

    def _pieces(self, text: str, labels: LabelMap, span: tuple[int, int], prose: bool) -> Iterator[Piece]:
        start, end = span
        if not prose:
            yield Piece(0, start, "")
        yield Piece(start, end, self._write(labels))
        if not prose:
            yield Piece(end, len(text), "")

    def _write(self, labels: LabelMap) -> str:
        """The text of a label map, int32 (n, n): its runs are found all at once, then spelled one by one.

        cat on the diagonal of a canvas of 2 x 2, by rows::

            cells    1 0 0 1                        (n * n,)
            begins   1 1 1 1                        a run never crosses the end of a row
            starts   0 1 2 3    lengths  1 1 1 1    (runs,)
            text     cat*1|others*1 and, below it, others*1|cat*1

        Over the whole canvas (``i-rle``) cells 1 and 2 are one run: begins 1 1 0 1, starts 0 1 3, lengths 1 2 1.
        """
        marks = _DIALECTS[self.dialect]
        # (n * n,) The number of each cell's label, row after row: 1 0 1 0 for the left half of a canvas of 2 x 2.
        cells = labels.cells.ravel()
        if self.variant == "full":
            return f"<seg>{marks.cell.join([labels.names[cell] for cell in cells.tolist()])}{marks.end}</seg>"
        width = self.n if self.variant == "r-rle" else len(cells)
        # A run begins where a row does and where the label changes; all of the canvas is one row for run lengths
        # over the whole of it.
        begins = np.arange(len(cells)) % width == 0
        begins[1:] |= cells[1:] != cells[:-1]
        starts = begins.nonzero()[0]
        lengths = np.diff(starts, append=len(cells))
        # Each run with the mark that stands before it; the first one's is cut off at the end.
        runs = [
            f"{marks.cell if start % width else marks.row}{labels.names[cell]}{marks.times}{length}"
            for start, length, cell in zip(starts.tolist(), lengths.tolist(), cells[starts].tolist(), strict=True)
        ]
        return f"<seg>{''.join(runs)[len(marks.row) :]}{marks.end}</seg>"
