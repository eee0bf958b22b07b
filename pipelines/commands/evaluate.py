"""`t4s evaluate`: predictions -> metrics."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.commands.answers import ImageRoot, RefinerName, Strict, print_repairs
from pipelines.commands.options import Json, Workers
from pipelines.console import Cells, print_table, say, write_json

if TYPE_CHECKING:
    from t4s_data.evaluation.batches import Report
    from t4s_data.evaluation.metrics import Scores


def evaluate(
    predictions: Annotated[
        Path, typer.Argument(help="JSON lines {id, text}, or responses in row order", metavar="PREDICTIONS")
    ],
    corpus: Annotated[Path, typer.Option("--corpus", help="the corpus with the true answers", metavar="CORPUS")],
    split: Annotated[
        list[str] | None, typer.Option(help="only this split of the corpus; can be repeated", metavar="NAME")
    ] = None,
    source: Annotated[list[str] | None, typer.Option(help="only this source; can be repeated", metavar="NAME")] = None,
    strict: Strict = False,
    allow_missing: Annotated[
        bool, typer.Option("--allow-missing", help="count rows without a prediction as misses")
    ] = False,
    refiner: RefinerName = None,
    data_root: ImageRoot = None,
    workers: Workers = 1,
    json: Json = None,
) -> None:
    """Score predictions: cIoU, gIoU, mIoU, Acc@0.5, no-target accuracy, class IoU, exact match, and repairs.

    Figures are in percent, by source, split of the source, and task.
    """
    from tqdm import tqdm

    from pipelines.evaluate import evaluate as run
    from t4s_data.evaluation.batches import Evaluation
    from t4s_data.evaluation.predictions import read_predictions
    from t4s_data.evaluation.scoring import Reading

    reading = Reading(strict, refiner, data_root)
    asked = list(read_predictions(predictions))
    evaluation = Evaluation(asked, corpus, split or (), source or (), allow_missing, reading, str(predictions))
    with tqdm(desc="scoring", unit="row", disable=None) as bar:
        report = run(evaluation, workers=workers, on_rows=bar.update)
    print_report(report, predictions.name)
    write_json(json, {"percent": True, "strict": strict, "refiner": refiner, "groups": _groups(report)})


def print_report(report: Report, title: str) -> None:
    """Print the figures that have a value, and the repairs by kind."""
    from t4s_data.evaluation.metrics import FIGURES, total

    found = {group: scores.figures() for group, scores in report.items()}
    names = [name for name in FIGURES if any(figures[name] is not None for figures in found.values())]
    rows: list[Cells] = []
    for group, figures in found.items():
        place: list[str | int | float] = [group.source, group.source_split, group.task, report[group].samples]
        rows.append([*place, *(_shown(figures[name]) for name in names)])
    print_table(f"{title}: percent", ["source", "split", "task", "rows", *(FIGURES[name] for name in names)], rows)
    whole = total(report.values())
    say(_sentence(whole))
    print_repairs(whole.repairs)


def _shown(figure: float | None) -> float | str:
    return "" if figure is None else figure


def _sentence(whole: Scores) -> str:
    return (
        f"{whole.samples:,} rows: {whole.missing:,} without a prediction, {whole.repaired:,} answers repaired, "
        f"{whole.unreadable:,} not readable"
    )


def _groups(report: Report) -> list[dict[str, Any]]:
    return [
        {
            **group._asdict(),
            "rows": scores.samples,
            **scores.figures(),
            "targets": scores.targets,
            "no_targets": scores.no_targets,
            "missing": scores.missing,
            "unreadable": scores.unreadable,
            "repaired": scores.repaired,
            "repairs": dict(sorted(scores.repairs.items())),
        }
        for group, scores in report.items()
    ]
