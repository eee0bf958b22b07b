"""`t4s plan`: what a recipe comes to on the full official data, beside the paper's numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipelines.commands.options import Json, RecipeName
from pipelines.console import Cells, print_table, say, write_json
from t4s_data.recipe.parts import Part
from t4s_data.recipe.plan import BASES, PlanLine, TableRow, plan_of, table_rows, total


def plan(recipe: RecipeName, json: Json = None) -> None:
    """Print how many samples each source of a recipe makes on the full official data, and what the paper has.

    No data is needed: the counts are those of the manifests.
    """
    from t4s_data.recipe.files import find_recipe, read_recipe
    from t4s_data.recipe.parts import parts_of

    found, _ = read_recipe(find_recipe(recipe))
    print_plan(found.name, parts_of(found, Path()), json)


def print_plan(name: str, parts: Sequence[Part], json: Path | None) -> None:
    """Print the plan of a recipe's parts, and write the same figures to a file if one is asked for."""
    lines = plan_of(parts)
    rows = table_rows(lines)
    columns = ["source", "split", "to", "codec", "tasks", "records", "repeat", "samples", "known by"]
    print_table(f"{name}: samples on the full official data", columns, [_line_cells(line) for line in lines])
    if rows:
        columns = ["Table I", "sources", "samples here", "paper", "same", "the paper's rule"]
        print_table("Beside Table I of the Text4Seg++ paper", columns, [_row_cells(row) for row in rows])
    samples = total(lines)
    unknown = "how many samples is not known from here; `t4s check` counts the records of your data"
    say(f"{name}: {unknown if samples is None else f'{samples:,} samples'}")
    for basis in sorted({line.basis for line in lines}, key=list(BASES).index):
        say(f"  {basis}: {BASES[basis]}")
    sources = [_line_figures(line) for line in lines]
    write_json(json, {"recipe": name, "samples": samples, "sources": sources, "table_1": list(map(_row_figures, rows))})


def _line_cells(line: PlanLine) -> Cells:
    figures = _line_figures(line)
    tasks = ", ".join(f"{task} {weight:.0%}" for task, weight in figures["tasks"].items())
    texts = [figures[key] for key in ("source", "split", "as_split", "codec")]
    return [*texts, tasks, _known(line.records), line.part.repeat, _known(line.samples), line.basis]


def _line_figures(line: PlanLine) -> dict[str, Any]:
    part = line.part
    weights = sum(part.tasks.values())
    return {
        "source": part.source,
        "split": part.location.split_id,
        "as_split": part.as_split,
        "codec": part.codec_name,
        "tasks": {task: weight / weights for task, weight in part.tasks.items()},
        "options": {key: value for key, value in part.location.options.items() if key != "seed"},
        "limit": part.limit,
        "records": line.records,
        "repeat": part.repeat,
        "samples": line.samples,
        "basis": line.basis,
    }


def _row_cells(row: TableRow) -> Cells:
    same = "no" if not row.agrees else "yes" if row.basis == "counted" else f"taken from it ({row.basis})"
    rule = row.paper.rule if row.paper.status == "exact" else f"{row.paper.rule} ({row.paper.status})"
    return [row.name, ", ".join(row.sources), _known(row.samples), row.paper.samples, same, rule]


def _row_figures(row: TableRow) -> dict[str, Any]:
    paper = {f"paper_{key}": getattr(row.paper, key) for key in ("samples", "images", "rule", "status")}
    figures = {"row": row.name, "sources": list(row.sources), "samples": row.samples, "basis": row.basis}
    return {**figures, "agrees": row.agrees, **paper}


def _known(value: int | None) -> int | str:
    return "?" if value is None else value
