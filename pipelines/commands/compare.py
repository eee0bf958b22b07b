"""`t4s compare`: did a rebuild change anything."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.commands.options import Json
from pipelines.console import Cells, print_table, write_json

if TYPE_CHECKING:
    from t4s_data.audit.compare import Difference
    from t4s_data.counts import Distribution

SHOWN = 8


def compare(
    first: Annotated[Path, typer.Argument(help="a corpus folder", metavar="A")],
    second: Annotated[Path, typer.Argument(help="another", metavar="B")],
    json: Json = None,
) -> None:
    """Compare two corpora row by row: counts, token lengths, and which ids differ in what.

    The file of --json has every id; the terminal the first few.
    """
    from t4s_data.audit.compare import build_changes
    from t4s_data.audit.compare import compare as compare_corpora
    from t4s_data.corpus.folder import read_build

    changes = build_changes(read_build(first), read_build(second))
    differences = compare_corpora(first, second)
    columns = [
        "source",
        "rows A",
        "rows B",
        "only A",
        "only B",
        "changed",
        "mean total A",
        "mean total B",
        "p99 A",
        "p99 B",
    ]
    print_table("Rows and their text tokens", columns, [_line(one) for one in differences])
    for one in differences:
        _print_ids(one)
    same = all(one.same for one in differences)
    print("The rows are the same." if same else "The rows differ.")
    if changes:
        print(f"build.json differs in: {', '.join(changes)}")
    write_json(json, {"same": same, "build": changes, "sources": [_figures(one) for one in differences]})


def _line(one: Difference) -> Cells:
    totals = one.tokens["total_tokens"]
    means = [total.mean if total else "" for total in totals]
    longest = [total.p99 if total else "" for total in totals]
    return [one.source, *one.rows, len(one.only_first), len(one.only_second), len(one.changed), *means, *longest]


def _print_ids(one: Difference) -> None:
    changed = [f"{row_id} ({', '.join(parts)})" for row_id, parts in one.changed.items()]
    for title, ids in (("only in A", one.only_first), ("only in B", one.only_second), ("changed", changed)):
        if ids:
            more = f" and {len(ids) - SHOWN:,} more" if len(ids) > SHOWN else ""
            print(f"{one.source}, {title}: {', '.join(ids[:SHOWN])}{more}")


def _figures(one: Difference) -> dict[str, Any]:
    return {
        "source": one.source,
        "rows": one.rows,
        "only_a": one.only_first,
        "only_b": one.only_second,
        "changed": one.changed,
        "tokens": {column: [_plain(side) for side in sides] for column, sides in one.tokens.items()},
    }


def _plain(tokens: Distribution | None) -> dict[str, Any] | None:
    import msgspec

    return None if tokens is None else msgspec.to_builtins(tokens)
