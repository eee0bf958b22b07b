"""`t4s verify`: is a corpus whole and unaltered."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.console import say
from t4s_data.errors import CorpusError


def verify(corpus: Annotated[Path, typer.Argument(help="a corpus folder", metavar="CORPUS")]) -> None:
    """Check a corpus: checksums, row counts against build.json, unique ids."""
    from t4s_data.corpus.folder import read_checksums
    from t4s_data.corpus.folder import verify as problems_of

    problems = problems_of(corpus)
    if problems:
        raise CorpusError("\n".join(f"{corpus}: {problem}" for problem in problems))
    say(f"{corpus}: {len(read_checksums(corpus))} files as in SHA256SUMS, rows and ids as in build.json")
