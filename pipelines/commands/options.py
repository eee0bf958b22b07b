"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DataRoot = Annotated[Path, typer.Option("--data-root", help="folder that the sources lie in", metavar="DIR")]
Json = Annotated[Path | None, typer.Option("--json", help="also write the figures to this file", metavar="FILE")]
RecipeName = Annotated[
    str, typer.Argument(help="a recipe file, or the name of a shipped recipe", metavar="RECIPE", show_default=False)
]
Sign = Annotated[
    Path | None,
    typer.Option(
        "--sign", help="sign build.json and SHA256SUMS with this private key (PEM): build.intoto.json", metavar="KEY"
    ),
]
Workers = Annotated[int, typer.Option(min=1, help="worker processes")]
