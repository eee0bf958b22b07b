"""`t4s synth`: a world of synthetic data in the sources' official layouts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.options import Json
from pipelines.console import print_table, say, write_json


def synth(
    folder: Annotated[Path, typer.Argument(help="data root to fill", metavar="DIR")],
    scale: Annotated[float, typer.Option(help="share of the official sizes", metavar="F")] = 0.0005,
    seed: Annotated[int, typer.Option(min=0, metavar="N")] = 0,
    source: Annotated[list[str] | None, typer.Option(help="only this source; can be repeated", metavar="NAME")] = None,
    images: Annotated[bool, typer.Option(help="write the JPEGs too")] = True,
    json: Json = None,
) -> None:
    """Write synthetic data in the sources' official layouts, quirks included."""
    from t4s_data.synthetic.generate import write_world

    report = write_world(folder, scale=scale, seed=seed, sources=source, images=images)
    rows = [
        [name, split, counts["kept"], sum(counts["quarantined"].values())]
        for name, found in report.items()
        for split, counts in found["splits"].items()
    ]
    print_table(f"{folder}: synthetic data", ["source", "split", "good records", "broken records"], rows)
    say("faults are planted: a recipe for all of it says [quarantine] max_share = 1.0")
    write_json(json, report)
