"""`t4s verify`: is a corpus whole, and do its rows mean what they say."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.commands.options import Json
from pipelines.console import say, write_json
from t4s_data.errors import CorpusError

if TYPE_CHECKING:
    from t4s_data.verification.whole import Report

SHOWN = 40


def verify(
    corpus: Annotated[Path, typer.Argument(help="a corpus folder", metavar="CORPUS")],
    data_root: Annotated[
        Path | None,
        typer.Option(
            "--data-root", help="where the images of a corpus in path mode lie: they are opened too", metavar="DIR"
        ),
    ] = None,
    sample: Annotated[
        int, typer.Option(min=0, help="rows whose image below --data-root is opened, about; 0 = all", metavar="N")
    ] = 0,
    tokenizer: Annotated[
        str, typer.Option(help="the build's tokenizer, where its file is not at hand by its name", metavar="FILE")
    ] = "",
    signature: Annotated[
        Path | None,
        typer.Option(help="check build.intoto.json with this public key (PEM), and that it is there", metavar="KEY"),
    ] = None,
    workers: Annotated[int, typer.Option(min=0, help="worker processes; 0 = one for each core")] = 0,
    json: Json = None,
) -> None:
    """Check every file, row and list of a corpus, and work out anew what its rows say.

    Files against SHA256SUMS and build.json; masks, labels, boxes, areas, descriptors and token counts of every row;
    ids, turns and images; the sums of build.json and the card; the lists of records that are not used.
    """
    from tqdm import tqdm

    from t4s_data.corpus.folder import SIGNATURE
    from t4s_data.corpus.signature import signature_problems
    from t4s_data.verification.whole import Rules
    from t4s_data.verification.whole import verify as verify_corpus

    unsigned = [] if signature is None else list(signature_problems(corpus, signature))
    if unsigned:
        raise CorpusError("\n".join(f"{corpus}: {SIGNATURE}: {problem}" for problem in unsigned))
    rules = Rules(data_root, sample, tokenizer, workers or os.cpu_count() or 1)
    with tqdm(desc="verifying", unit="shard", disable=None) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        report = verify_corpus(corpus, rules, progress=progress)
    write_json(json, _figures(report))
    for text in report.unchecked:
        say(f"{corpus}: not checked: {text}")
    if report.problems:
        raise CorpusError("\n".join(_lines(corpus, report)))
    say(f"{corpus}: {report.files:,} files and {report.rows:,} rows are what build.json and SHA256SUMS say")


def _lines(corpus: Path, report: Report) -> list[str]:
    lines = [f"{corpus}: {problem}" for problem in report.problems[:SHOWN]]
    more = len(report.problems) - SHOWN
    if more > 0 or report.unsaid:
        lines.append(f"{corpus}: and {max(0, more) + report.unsaid:,} problems more; --json FILE has them by the shard")
    return lines


def _figures(report: Report) -> dict[str, object]:
    return {
        "files": report.files,
        "rows": report.rows,
        "unchecked": list(report.unchecked),
        "untold": report.unsaid,
        "problems": [
            {"file": one.file, "row": one.row, "id": one.row_id or None, "what": one.what} for one in report.problems
        ],
    }
