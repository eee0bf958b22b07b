"""Box-wise semantic descriptors: one entry per region, its mask as bricks inside its box."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import product
from typing import Annotated, ClassVar, Literal, get_args

import numpy as np
from pydantic import Field

from t4s_data.codecs.bsd_reader import BoxRegion, Grammar, read_entries
from t4s_data.codecs.decoded import Decoded, Piece, settle
from t4s_data.codecs.labels import is_normal
from t4s_data.codecs.protocol import NO_KEY, RegionCodec, Side
from t4s_data.errors import CodecError
from t4s_data.masks.canvas import Box, cell_box
from t4s_data.masks.mask import Bools

Bricks = Literal["special", "bare", "off"]
RowSeparator = Literal["newline", "none"]
_NAME = re.compile(r"bsd-([1-9][0-9]{0,2})(?:-|$)")
_ENTRY = re.compile(r"<ref>.*?</ref><box>.*?</box>(?:<seg>.*?</seg>)?", re.DOTALL)
_TAGS = {
    "<ref>": "start of a region's label",
    "</ref>": "end of a region's label",
    "<box>": "start of a bounding box",
    "</box>": "end of a bounding box",
    "<seg>": "start of a segmentation mask",
    "</seg>": "end of a segmentation mask",
}
_CELLS = {"fg": "object", "bg": "background"}
_BRICK_NAMES = {"special": "", "bare": "-bare", "off": "-text"}


@dataclass(frozen=True, slots=True)
class BoxCodec(RegionCodec):
    r"""B-SD of Text4Seg++ on an n x n canvas.

    ``bricks``: ``special`` writes ``<fg12>``, ``bare`` writes ``fg12`` and adds it to the vocabulary,
    ``off`` writes the same as plain text. ``row_separator`` stands between canvas rows. Without ``seg``
    an entry ends with its box.

    >>> grid = np.array([[False, True, True], [False, True, False], [False, False, False]])
    >>> codec = BoxCodec(n=3)
    >>> codec.encode([("cat", grid)])
    ['<ref>cat</ref><box>[[1 0 2 1]]</box><seg><fg2>\n<fg1><bg1></seg>']
    >>> bool((codec.decode(*codec.encode([("cat", grid)])).regions[0].grid == grid).all())
    True
    """

    n: Side = 64
    bricks: Annotated[Bricks, Field(description="bsd: <fg12> | fg12, in the vocabulary | fg12, plain text")] = "special"
    row_separator: Annotated[RowSeparator, Field(description="bsd: between canvas rows")] = "newline"
    seg: bool = field(default=True, metadata=NO_KEY)

    spelling: ClassVar[str] = "bsd-N[-bare|-text][-nosep][-box]"
    about: ClassVar[str] = """\
- Box-wise: the box is the tight one of the set cells, inclusive, in cells: `[[x1 y1 x2 y2]]`.
- Box-wise: canvas rows are joined with a newline unless the codec's name has `-nosep`; the paper does not print a
  separator, and its token counts fit only with one.
- Box-wise: a run that fills a whole canvas row is two bricks, N-1 and 1, so that the vocabulary stops at N-1.
- Box-wise: bricks are written `<fg3>`, because a bare `fg3` as an added token also matches inside ordinary words;
  `-bare` and `-text` in a codec's name mean the paper's spelling, as added tokens and as plain text.
- Several instances stand on lines of their own where the answer is a list, and after their phrase where it is a
  sentence.
"""

    @property
    def name(self) -> str:
        """The codec's name in rows and on the command line."""
        separator = "" if self.row_separator == "newline" else "-nosep"
        return f"bsd-{self.n}{_BRICK_NAMES[self.bricks]}{separator}{'' if self.seg else '-box'}"

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The tokens a trainer adds: the tags, then foreground and background bricks by length."""
        tags = tuple(_TAGS)
        if not self.seg:
            return tags[:4]
        if self.bricks == "off":
            return tags
        return tags + tuple(_brick(kind, k, self.bricks) for kind in ("fg", "bg") for k in range(1, self.n))

    @property
    def masks(self) -> bool:
        """Whether entries hold their mask."""
        return self.seg

    @classmethod
    def named(cls, name: str) -> BoxCodec | None:
        """The codec of that name, or None."""
        canvas = _NAME.match(name)
        if not canvas or not 2 <= int(canvas[1]) <= 256:
            return None
        every = product(get_args(Bricks), get_args(RowSeparator), (True, False))
        codecs = (cls(int(canvas[1]), *options) for options in every)
        return next((codec for codec in codecs if codec.name == name), None)

    def meaning(self, token: str) -> str:
        """A tag's place, or the cells of a brick.

        >>> BoxCodec().meaning("<fg12>")
        '12 object cells in a row of the mask'
        """
        if token in _TAGS:
            return _TAGS[token]
        kind, length = token.strip("<>")[:2], token.strip("<>")[2:]
        return f"{length} {_CELLS[kind]} {'cell' if length == '1' else 'cells'} in a row of the mask"

    def boxes(self) -> BoxCodec:
        """The codec whose entries end with their box."""
        return replace(self, seg=False)

    def spans(self, answer: str) -> list[tuple[int, int]]:
        """Where each entry starts and ends."""
        return [entry.span() for entry in _ENTRY.finditer(answer)]

    def body(self, grid: Bools) -> str:
        """An entry after its ``</ref>``, the same for every label of one grid, bool (n, n).

        Raises :class:`CodecError` for an empty grid or another shape.
        """
        if grid.shape != (self.n, self.n) or grid.dtype != bool:
            raise CodecError(f"expected a bool grid {self.n} x {self.n}, found {grid.dtype} {grid.shape}")
        return self._body(grid, cell_box(grid))

    def affixes(self, label: str) -> tuple[str, str]:
        """The label in its tags, and nothing; raises :class:`CodecError` for a label that is not normalized."""
        if not is_normal(label):
            raise CodecError(f"label {label!r} is not normalized")
        return f"<ref>{label}</ref>", ""

    def decode(self, text: str, *, repair: bool = False) -> Decoded:
        """The regions of a text of entries joined with newlines.

        Strict decoding accepts what :meth:`encode` writes and nothing else (:class:`CodecError` at the
        first deviation). With ``repair`` it never raises and reports what it did (:data:`KINDS`).
        """
        return self._decode(text, prose=False, repair=repair)

    def decode_answer(self, answer: str, *, repair: bool = False) -> Decoded:
        """As :meth:`decode`, for entries that stand anywhere in an answer's words."""
        return self._decode(answer, prose=True, repair=repair)

    def _decode(self, text: str, *, prose: bool, repair: bool) -> Decoded:
        grammar = Grammar(self.n, self.bricks == "special", self.row_separator == "newline", self.seg)
        regions, repairs = read_entries(text, grammar, prose=prose)
        first_repair = min((repair.position for repair in repairs), default=len(text) + 1)
        pieces = self._pieces(text, regions, first_repair, prose)
        return Decoded(regions, settle(text, pieces, repairs, repair=repair))

    def _pieces(self, text: str, regions: Sequence[BoxRegion], first_repair: int, prose: bool) -> Iterator[Piece]:
        if text and not regions and not prose:
            yield Piece(0, len("<ref>"), "<ref>")
            return
        at = 0
        for region in regions:
            start, end = region.span
            if not prose:
                yield Piece(at, start, "\n" if at else "")
            yield Piece(start, end, self._again(region, repaired=end >= first_repair))
            at = end
        if not prose:
            yield Piece(at, len(text), "")

    def _again(self, region: BoxRegion, *, repaired: bool) -> str | None:
        grid = region.grid
        if not is_normal(region.label) or not (repaired or grid.any()):
            return None
        # What was padded or cut says nothing against the box that was written.
        before, after = self.affixes(region.label)
        return before + self._body(grid, region.box if repaired else cell_box(grid)) + after

    def _body(self, grid: Bools, box: Box) -> str:
        x1, y1, x2, y2 = box
        text = f"<box>[[{x1} {y1} {x2} {y2}]]</box>"
        return f"{text}<seg>{self._rows(grid[y1 : y2 + 1, x1 : x2 + 1])}</seg>" if self.seg else text

    def _rows(self, window: Bools) -> str:
        r"""The bricks of the cells in a box, bool (height, width): each run's text is looked up, then joined.

        >>> BoxCodec(n=4)._rows(np.array([[True, True, False], [False, True, True]]))
        '<fg2><bg1>\n<bg1><fg2>'
        """
        height, width = window.shape
        # A column of 2s ends every row, so that the runs of the flat array never cross rows: 1 1 0 2 0 1 1 2.
        flat = np.full((height, width + 1), 2, dtype=np.int64)
        flat[:, :width] = window
        flat = flat.ravel()
        # (runs,) The last cell of each run: 1, 2, 3, 4, 6. The 2 that ends the window begins no run that counts.
        ends = (flat[1:] != flat[:-1]).nonzero()[0]
        # (runs,) 2, 1, 1, 1, 2
        lengths = ends.copy()
        lengths[1:] -= ends[:-1]
        lengths[0] += 1
        spelled = _spellings(self.n, self.bricks, "\n" if self.row_separator == "newline" else "")
        return "".join([spelled[code] for code in (flat[ends] * (self.n + 1) + lengths).tolist()])


def _brick(kind: str, k: int, bricks: Bricks) -> str:
    return f"<{kind}{k}>" if bricks == "special" else f"{kind}{k}"


@lru_cache
def _spellings(n: int, bricks: Bricks, separator: str) -> tuple[str, ...]:
    """The text of a run of k cells by ``value * (n+1) + k``: value 0 background, 1 foreground, 2 the end of a row.

    A full row, which has no brick of its own, is spelled as n-1 cells and one.
    """
    spelled = []
    for kind in ("bg", "fg"):
        runs = [_brick(kind, k, bricks) for k in range(1, n)]
        spelled += ["", *runs, runs[-1] + runs[0]]
    return (*spelled, "", separator)
