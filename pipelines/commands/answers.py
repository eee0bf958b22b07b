"""What the commands that read answers share: options, and the table of repairs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from pipelines.console import Cells, print_table

Strict = Annotated[
    bool, typer.Option("--strict/--repair", help="take only what the codec writes, or the best reading of any text")
]
RefinerName = Annotated[
    str | None,
    typer.Option(
        "--refiner",
        help="a function (image, mask) -> mask that redraws every region, e.g. t4s_data.evaluation.refiner:random_walk",
        metavar="MODULE:FUNCTION",
    ),
]
ImageRoot = Annotated[
    Path | None,
    typer.Option("--data-root", help="where the refiner finds images that are named by path", metavar="DIR"),
]


def print_repairs(repairs: Mapping[str, int]) -> None:
    """Print how many answers needed each kind of repair, if any did."""
    from t4s_data.codecs.decoded import KINDS

    rows: list[Cells] = [[kind, repairs[kind], meaning] for kind, meaning in KINDS.items() if repairs.get(kind)]
    if rows:
        print_table("Repairs", ["kind", "answers", "meaning"], rows)
