"""What a person sees: tables, progress bars, and errors in plain words."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from tqdm import tqdm

from t4s_data.build.blocks import read_index
from t4s_data.build.work import Work
from t4s_data.recipe.parts import Part

Cells = Sequence[str | int | float]


def print_table(title: str, columns: Sequence[str], rows: Sequence[Cells]) -> None:
    """Print a table on standard output; columns of numbers stand on the right."""
    table = Table(title=title, title_justify="left", header_style="bold")
    for number, column in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[number], int | float) for row in rows)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(_spelled, row))
    # Without a terminal there is no width to fit: lines are read by other programs.
    Console(width=None if sys.stdout.isatty() else 160, soft_wrap=False).print(table)


def _spelled(cell: str | int | float) -> str:
    if isinstance(cell, str):
        return cell
    return f"{cell:,}" if isinstance(cell, int) else f"{cell:,.1f}"


def write_json(path: Path | None, figures: Mapping[str, Any]) -> None:
    """Write the figures of a printed table to a file, if one is asked for."""
    if path is not None:
        path.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def say(text: str) -> None:
    """Print a line for people on standard error."""
    print(text, file=sys.stderr)


@contextmanager
def build_progress(parts: Sequence[Part]) -> Iterator[Callable[[Work], None]]:
    """Two progress bars over a build's work folder: parts that are staged, and records that are done."""
    with (
        tqdm(total=len(parts), desc="reading", unit="split", position=0, disable=None) as reading,
        tqdm(desc="building", unit="record", position=1, disable=None, smoothing=0.05) as building,
    ):
        yield _Bars(parts, reading, building).update


class _Bars:
    def __init__(self, parts: Sequence[Part], reading: tqdm, building: tqdm) -> None:
        self._parts = parts
        self._reading = reading
        self._building = building
        self._units: dict[int, list[tuple[Path, int]]] = {}

    def update(self, work: Work) -> None:
        for number, part in enumerate(self._parts):
            if number not in self._units and (blocks := read_index(work.blocks(part))) is not None:
                records = {block.path: block.records for block in blocks}
                self._units[number] = [
                    (work.tally(part, unit), records[unit.block]) for unit in work.units(number, part)
                ]
                self._reading.update()
                self._building.total = sum(size for units in self._units.values() for _, size in units)
        done = sum(size for units in self._units.values() for path, size in units if path.exists())
        self._building.update(done - self._building.n)
