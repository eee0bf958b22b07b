"""Image-wise semantic descriptors: every cell of the canvas as its label."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from t4s_data.codecs.decoded import Decoded, Piece, settle
from t4s_data.codecs.isd_reader import LabelMap, read_map
from t4s_data.codecs.labels import BACKGROUND, Label, is_normal, normalize_for_image
from t4s_data.errors import CodecError
from t4s_data.masks.mask import Bools

Variant = Literal["full", "i-rle", "r-rle"]
Dialect = Literal["paper", "released"]


class _Marks(NamedTuple):
    times: str
    cell: str
    row: str
    end: str


_DIALECTS = {"paper": _Marks("*", "|", "\n", ""), "released": _Marks(" *", "| ", "\n ", "\n")}


@dataclass(frozen=True, slots=True)
class ImageCodec:
    r"""I-SD of Text4Seg on an n x n canvas: one text for all regions, the later one on top.

    ``variant``: ``full`` writes every cell, ``i-rle`` runs over the whole grid, ``r-rle`` runs within
    each row. ``dialect``: as the ``paper`` prints it, or byte for byte as the ``released`` scripts do.

    >>> left = np.array([[True, False], [True, False]])
    >>> ImageCodec(n=2).encode([("cat", left)])
    ['<seg>cat*1|others*1\ncat*1|others*1</seg>']
    >>> ImageCodec(n=2, variant="i-rle", dialect="released").encode([])
    ['<seg>others *4\n</seg>']
    """

    n: int = 64
    variant: Variant = "r-rle"
    dialect: Dialect = "paper"

    @property
    def name(self) -> str:
        """The codec's name in rows and on the command line."""
        dialect = "" if self.dialect == "paper" else "-released"
        return f"isd-{self.n}-{self.variant.replace('-', '')}{dialect}"

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The tokens a trainer adds."""
        return ("<seg>", "</seg>")

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
        marks = _DIALECTS[self.dialect]
        cells = labels.cells.ravel()
        if self.variant == "full":
            return f"<seg>{marks.cell.join([labels.names[cell] for cell in cells.tolist()])}{marks.end}</seg>"
        width = self.n if self.variant == "r-rle" else len(cells)
        begins = np.arange(len(cells)) % width == 0
        begins[1:] |= cells[1:] != cells[:-1]
        starts = begins.nonzero()[0]
        lengths = np.diff(starts, append=len(cells))
        runs = [
            f"{marks.cell if start % width else marks.row}{labels.names[cell]}{marks.times}{length}"
            for start, length, cell in zip(starts.tolist(), lengths.tolist(), cells[starts].tolist(), strict=True)
        ]
        return f"<seg>{''.join(runs)[len(marks.row) :]}{marks.end}</seg>"
