"""The reader of box-wise descriptors: any text in, regions and repairs out, in time linear in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, islice, pairwise
from typing import NamedTuple

import numpy as np

from t4s_data.codecs.decoded import Repair, bounded
from t4s_data.codecs.labels import neutralize, normalize
from t4s_data.errors import RecordError
from t4s_data.masks.canvas import Box
from t4s_data.masks.mask import Bools

Span = tuple[int, int]

_FIELDS = ("ref", "box", "seg")
_TAG = re.compile(r"<(/?)(ref|box|seg)>")
_NUMBER = re.compile(r"-?[0-9]+")
_MARKED = re.compile(r"<([fb])g([0-9]+)>|\n")
_PLAIN = re.compile(r"([fb])g([0-9]+)|\n")
_CELL = {"f": b"\x01", "b": b"\x00"}


class Grammar(NamedTuple):
    """The options of a box-wise codec that its reader needs: canvas, spelling, row separator, masks or boxes."""

    n: int
    marked: bool
    newlines: bool
    seg: bool


@dataclass(frozen=True, slots=True)
class BoxRegion:
    """A region read from an entry; its cells stay as they were written until ``grid`` is asked for.

    ``rows`` holds the canvas rows from the top of the box, a byte 0 or 1 a cell, without what was
    padded; None is the filled box.
    """

    label: str
    box: Box
    span: Span
    n: int
    rows: tuple[bytes, ...] | None

    @property
    def grid(self) -> Bools:
        """The set cells, bool (n, n)."""
        grid = np.zeros((self.n, self.n), dtype=bool)
        x1, y1, x2, y2 = self.box
        if self.rows is None:
            grid[y1 : y2 + 1, x1 : x2 + 1] = True
            return grid
        for y, row in enumerate(self.rows, y1):
            grid[y, x1 : x1 + len(row)] = np.frombuffer(row, dtype=bool)
        return grid


def read_entries(text: str, grammar: Grammar, *, prose: bool) -> tuple[tuple[BoxRegion, ...], list[Repair]]:
    """The regions of all entries in a text, and the repairs; with ``prose`` words around entries are allowed."""
    reader = _Reader(text, grammar, prose)
    regions = tuple(region for draft in reader.drafts() if (region := reader.region(draft)))
    return regions, reader.repairs


@dataclass(slots=True)
class _Draft:
    """An entry as its tags show it: where it starts and ends, and where the text of each field does."""

    start: int
    end: int
    fields: dict[str, Span] = field(default_factory=dict)

    def takes(self, name: str) -> bool:
        """Whether the field comes after those the entry has."""
        return all(_FIELDS.index(name) > _FIELDS.index(other) for other in self.fields)


@dataclass(slots=True)
class _Reader:
    text: str
    grammar: Grammar
    prose: bool
    repairs: list[Repair] = field(default_factory=list)

    def drafts(self) -> Iterator[_Draft]:
        """The entries by their tags alone: each goes on as long as fields come in order."""
        draft = _Draft(0, 0)
        for name, start, span, end in self._fields():
            goes_on = bool(draft.fields) and draft.takes(name)
            self._between((draft.end, start), inside=goes_on)
            if not goes_on:
                if draft.fields:
                    yield draft
                draft = _Draft(start, end)
            draft.fields[name] = span
            draft.end = end
        self._between((draft.end, len(self.text)), inside=False)
        if draft.fields:
            yield draft

    def region(self, draft: _Draft) -> BoxRegion | None:
        """The region of an entry, or None if it has neither a box nor bricks."""
        before = len(self.repairs)
        label, box, whole = self._label(draft), self._box(draft), self.grammar.n - 1
        x1, y1, x2, y2 = box or (0, 0, whole, whole)
        rows = self._mask(draft, x2 - x1 + 1, y2 - y1 + 1)
        if box is None and rows is None:
            del self.repairs[before:]
            self._note("no-box", draft.end, "expected <box> and four numbers")
            return None
        return BoxRegion(label, (x1, y1, x2, y2), (draft.start, draft.end), self.grammar.n, rows)

    def _fields(self) -> Iterator[tuple[str, int, Span, int]]:
        """Name, start, text span and end of each field; its text ends at the next tag, whichever that is."""
        for tag, after in pairwise(chain(_TAG.finditer(self.text), [None])):
            if tag is None or tag[1]:
                continue
            stop = after.start() if after else len(self.text)
            closing = after if after and after[1] else None
            if closing is None or closing[2] != tag[2]:
                self._note("missing-tag", stop, f"expected </{tag[2]}>")
            yield tag[2], tag.start(), (tag.end(), stop), closing.end() if closing else stop

    def _note(self, kind: str, position: int, detail: str) -> None:
        self.repairs.append(Repair(kind, position, detail))

    def _unknown(self, start: int, end: int) -> None:
        if start < end:
            self._note("unknown-text", start, f"unexpected {self.text[start : min(end, start + 20)]!r}")

    def _between(self, span: Span, *, inside: bool) -> None:
        gap = self.text[slice(*span)]
        if inside or (self.prose and neutralize(gap).reserved):
            self._unknown(*span)
        elif not self.prose and gap.strip():
            self._unknown(span[0] + len(gap) - len(gap.lstrip()), span[1])

    def _label(self, draft: _Draft) -> str:
        span = draft.fields.get("ref", (0, 0))
        try:
            return normalize(self.text[slice(*span)]).text
        except RecordError:
            self._note("no-label", draft.start, "expected <ref> and a label")
            return ""

    def _box(self, draft: _Draft) -> Box | None:
        span = draft.fields.get("box", (0, 0))
        found = [bounded(number[0], 1000) for number in islice(_NUMBER.finditer(self.text, *span), 4)]
        if len(found) < 4:
            self._note("no-box", span[0] or draft.end, "expected <box> and four numbers")
            return None
        x1, y1, x2, y2 = (min(max(value, 0), self.grammar.n - 1) for value in found)
        if found != [x1, y1, x2, y2]:
            self._note("box-range", span[0], f"expected 0 to {self.grammar.n - 1}, found {found}")
        if x1 > x2 or y1 > y2:
            self._note("box-inverted", span[0], f"expected the smaller corner first, found {found}")
        return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)

    def _mask(self, draft: _Draft, width: int, height: int) -> tuple[bytes, ...] | None:
        span = draft.fields.get("seg")
        if not self.grammar.seg:
            self._unknown(*(span or (0, 0)))
            return None
        read = self._separated if self.grammar.newlines else self._joined
        rows = read(span, width, height) if span else ()
        if any(rows):
            return rows
        self._note("no-seg", draft.end, "expected <seg> and bricks")
        return None

    def _separated(self, span: Span, width: int, height: int) -> tuple[bytes, ...]:
        # Bricks <fg2><bg1>, newline, <fg5> in a box of 3 x 2 cells: rows 110 and 111, the second one cut (long-row).
        rows, row, end = [], bytearray(), span[1]
        for cell, k, position in self._tokens(span):
            if cell:
                if len(row) <= width < len(row) + k:
                    self._note("long-row", position, f"expected {width} cells")
                # One cell past the width marks a row that was found too long; more would only cost memory.
                row += cell * min(k, width + 1 - len(row))
                continue
            rows.append(self._row(row, width, position))
            row = bytearray()
            if len(rows) == height:
                self._note("extra-rows", position, f"expected {height} rows")
                return tuple(rows)
        rows.append(self._row(row, width, end))
        if len(rows) < height:
            self._note("missing-rows", end, f"expected {height} rows, found {len(rows)}")
        return tuple(rows)

    def _row(self, row: bytearray, width: int, position: int) -> bytes:
        if len(row) < width:
            self._note("short-row", position, f"expected {width} cells, found {len(row)}")
        return bytes(row[:width])

    def _joined(self, span: Span, width: int, height: int) -> tuple[bytes, ...]:
        # <fg2><bg1><fg3> in a box of 3 x 2 cells: 110111, cut after every third cell at the end.
        cells, area = bytearray(), width * height
        for cell, k, position in self._tokens(span):
            if len(cells) == area:
                self._note("extra-rows", position, f"expected {height} rows")
                break
            if k > width - len(cells) % width:
                self._note("long-row", position, f"expected a run of {width - len(cells) % width} cells or fewer")
            cells += cell * min(k, area - len(cells))
        if len(cells) < area:
            kind = "short-row" if len(cells) % width else "missing-rows"
            self._note(kind, span[1], f"expected {area} cells, found {len(cells)}")
        return tuple(bytes(cells[start : start + width]) for start in range(0, len(cells), width))

    def _tokens(self, span: Span) -> Iterator[tuple[bytes, int, int]]:
        """Cell value, run length and position of each brick; an empty value for a newline that separates rows."""
        at, end = span
        pattern = _MARKED if self.grammar.marked else _PLAIN
        for token in pattern.finditer(self.text, at, end):
            # No brick is longer than a row: a number past that says no more than a full one.
            k = bounded(token[2], self.grammar.n) if token[2] else 0
            if k or (self.grammar.newlines and not token[1]):
                self._unknown(at, token.start())
                at = token.end()
                yield _CELL[token[1]] if k else b"", k, token.start()
        self._unknown(at, end)
