"""The reader of image-wise descriptors: any text in, a label map and repairs out, in time linear in the text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from t4s_data.codecs.decoded import Repair, bounded
from t4s_data.codecs.labels import BACKGROUND, neutralize, normalize_for_image
from t4s_data.errors import RecordError
from t4s_data.masks.canvas import Box, cell_box
from t4s_data.masks.mask import Bools

_OPEN, _CLOSE = "<seg>", "</seg>"
_TOKEN = re.compile(r"[^|\n]+|\n")


class LabelMap(NamedTuple):
    """Label names, the background first, and each cell's index into them, int32 (n, n)."""

    names: tuple[str, ...]
    cells: NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class ImageRegion:
    """A region read from an image-wise descriptor: all cells of one label; regions of a text share the label map."""

    label: str
    span: tuple[int, int]
    cells: NDArray[np.int32]
    index: int

    @property
    def grid(self) -> Bools:
        """The set cells, bool (n, n)."""
        return self.cells == self.index

    @property
    def box(self) -> Box:
        """The tight box of the set cells."""
        return cell_box(self.grid)


class Reading(NamedTuple):
    """The map of a text and where it stands, None where there is no ``<seg>``; and the repairs."""

    map: LabelMap | None
    span: tuple[int, int]
    repairs: list[Repair]

    def regions(self) -> tuple[ImageRegion, ...]:
        """One region per label that has cells, in order of first appearance."""
        if self.map is None:
            return ()
        names, cells = self.map
        return tuple(ImageRegion(names[index], self.span, cells, index) for index in range(1, len(names)))


def read_map(text: str, n: int, variant: str, *, prose: bool) -> Reading:
    """The label map of a text's first ``<seg>...</seg>``; with ``prose`` the words around it are no repair."""
    reader = _Reader(text, n, variant)
    start = text.find(_OPEN)
    if start < 0:
        reader.around(0, len(text), prose)
        if not prose:
            reader.note("no-seg", 0, f"expected {_OPEN!r}")
        return Reading(None, (0, 0), reader.repairs)
    body = start + len(_OPEN)
    stop = text.find(_CLOSE, body)
    end = stop + len(_CLOSE) if stop >= 0 else len(text)
    reader.around(0, start, prose)
    labels = reader.map(body, stop if stop >= 0 else len(text))
    if stop < 0:
        reader.note("missing-tag", len(text), f"expected {_CLOSE!r}")
    reader.around(end, len(text), prose)
    return Reading(labels, (start, end), reader.repairs)


@dataclass(slots=True)
class _Reader:
    text: str
    n: int
    variant: str
    repairs: list[Repair] = field(default_factory=list)
    runs: dict[str, tuple[str, int]] = field(default_factory=dict)

    def note(self, kind: str, position: int, detail: str) -> None:
        self.repairs.append(Repair(kind, position, detail))

    def around(self, start: int, end: int, prose: bool) -> None:
        """The text before or after the descriptor: words have their place in an answer, reserved text has not."""
        gap = self.text[start:end]
        if neutralize(gap).reserved if prose else gap.strip():
            self.note("unknown-text", start, f"unexpected {gap[:20]!r}")

    def map(self, start: int, end: int) -> LabelMap:
        """The labels between the tags, int32 (n, n); what cannot be read is background."""
        # Run lengths over the whole canvas cross the ends of rows: they fill one row of all cells, shaped at the end.
        by_rows = self.variant == "r-rle"
        width, height = (self.n, self.n) if by_rows else (self.n * self.n, 1)
        cells = np.zeros((height, width), dtype=np.int32)
        names: dict[str, int] = {BACKGROUND: 0}
        y = x = 0
        end = start + len(self.text[start:end].rstrip())
        for token in _TOKEN.finditer(self.text, start, end):
            if token[0] != "\n":
                x = self._fill(cells[y], x, token, names)
            elif by_rows:
                self._row_end(x, width, token.start())
                y, x = y + 1, 0
                if y == height:
                    self.note("extra-rows", token.start(), f"expected {height} rows")
                    break
        else:
            self._row_end(x, width, end)
            if y + 1 < height:
                self.note("missing-rows", end, f"expected {height} rows, found {y + 1}")
        return LabelMap(tuple(names), cells.reshape(self.n, self.n))

    def _row_end(self, x: int, width: int, position: int) -> None:
        if x < width:
            self.note("short-row", position, f"expected {width} cells, found {x}")

    def _fill(self, row: NDArray[np.int32], x: int, token: re.Match[str], names: dict[str, int]) -> int:
        """Writes one run into the row at x; the column after it, one past the width once the row is too long."""
        # Nearly all runs of a map are spelled like an earlier one, so each spelling is taken apart once.
        if token[0] not in self.runs:
            self.runs[token[0]] = self._run(token[0])
        label, k = self.runs[token[0]]
        if not label or not k:
            if token[0].strip():
                self.note("unknown-text", token.start(), f"unexpected {token[0][:20]!r}")
            return x
        if x <= len(row) < x + k:
            self.note("long-row", token.start(), f"expected {len(row)} cells")
        if x < len(row):
            row[x : x + k] = names.setdefault(label, len(names))
        return min(x + k, len(row) + 1)

    def _run(self, token: str) -> tuple[str, int]:
        if self.variant == "full":
            return _label(token), 1
        label, _, count = token.rpartition("*")
        count = count.strip()
        return _label(label), bounded(count, self.n * self.n + 1) if count.isascii() and count.isdigit() else 0


def _label(text: str) -> str:
    label = text.strip()
    if label == BACKGROUND:
        return label
    try:
        return normalize_for_image(label).text
    except RecordError:
        return ""
