"""`t4s init`: from a folder of one's own data to a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.options import Json
from pipelines.console import say, write_json
from t4s_data.errors import CommandError


def init(
    path: Annotated[Path, typer.Argument(help="a folder of your own images and annotations", metavar="PATH")],
    out: Annotated[
        Path | None, typer.Option("--out", help="recipe to write; default: print it", metavar="RECIPE")
    ] = None,
    json: Json = None,
) -> None:
    """Look at a folder, say what it is taken for and why, and write a recipe that builds it.

    The recipe's data root is the folder itself: t4s build RECIPE --data-root PATH --out OUT.
    """
    from t4s_data.recipe.own.recognition import recognize

    if out is not None and out.exists():
        raise CommandError(f"{out} is there already; a recipe is not written over")
    root = path.absolute()
    finding = recognize(root)
    text = finding.recipe(root.resolve().name)
    say(f"{path}: {finding.what}")
    for line in finding.why:
        say(f"  {line}")
    for line in finding.warnings:
        say(f"warning: {line}")
    if out is None:
        print(text, end="")
    else:
        out.write_text(text, encoding="utf-8")
        say(f"{out}: the recipe; next: t4s check {out} --data-root {path}")
        say(f"  and then: t4s build {out} --data-root {path} --out OUT")
    figures = {"what": finding.what, "why": finding.why, "warnings": finding.warnings, "recipe": text}
    write_json(json, figures)
