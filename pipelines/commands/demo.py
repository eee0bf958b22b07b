"""`t4s demo`: from nothing to a corpus in one command."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.build import build
from pipelines.commands.options import Workers
from pipelines.commands.synth import synth
from pipelines.console import say


def demo(
    folder: Annotated[Path, typer.Argument(help="folder to write to", metavar="DIR")] = Path("demo"),
    workers: Workers = 1,
) -> None:
    """Write a small synthetic world, build a corpus from it, and say how to look at it."""
    from t4s_data.recipe.files import find_recipe, read_recipe

    recipe, _ = read_recipe(find_recipe("demo"))
    data, corpus = folder / "data", folder / "corpus"
    synth(data, scale=0.0005, seed=0, source=list(dict.fromkeys(source.name for source in recipe.source)), images=True)
    build("demo", data, corpus, workers=workers, force=True)
    say(_next_steps(corpus))


def _next_steps(corpus: Path) -> str:
    t4s = "t4s" if shutil.which("t4s") else f"{Path(sys.executable).parent}/t4s"
    return f"""
Look at it:
  {corpus}/report/index.html         figures and a gallery, in a browser
  {corpus}/README.md                 the dataset card
  {t4s} show {corpus} 'refcoco/unc-train/0-0#0'
  {t4s} verify {corpus}                checksums, counts and ids
  {sys.executable} -c "import datasets; print(datasets.load_dataset('{corpus}', 'refcoco', split='train')[0])"
"""
