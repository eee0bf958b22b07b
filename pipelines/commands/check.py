"""`t4s check`: is the data there, and is it the data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from tqdm import tqdm

from pipelines.commands.options import DataRoot, Json
from pipelines.console import Cells, print_table, say, write_json
from t4s_data.manifest.shipped import load_manifest
from t4s_data.recipe.check import Depth, Inspection, all_parts, expected_of, inspect
from t4s_data.recipe.parts import Part


def check(
    data_root: DataRoot,
    recipe: Annotated[
        str | None,
        typer.Argument(help="check what this recipe needs, instead of all that is there", metavar="[RECIPE]"),
    ] = None,
    sha256: Annotated[bool, typer.Option("--sha256", help="read files of known SHA-256 and compare")] = False,
    images: Annotated[bool, typer.Option(help="look for every image file")] = True,
    records: Annotated[
        int, typer.Option(min=0, help="own data: open so many records of each split, spread evenly; 0 = all")
    ] = 1000,
    json: Json = None,
) -> None:
    """Check files, sizes, records and images of each source against its manifest, and say how to mend what is wrong.

    Records of your own data are opened as a build would open them; what cannot be used is listed with file and row.

    With a recipe, everything that it needs must be there; without, only what is there must be whole.
    """
    parts = _parts(recipe, data_root.absolute())
    bar = tqdm(parts, desc="checking", unit="split", disable=None)
    checked = [inspect(part, Depth(sha256, images, records), needed=recipe is not None) for part in bar]
    _print(checked, data_root)
    write_json(json, {"splits": [_figures(one) for one in checked]})
    if not any(one.is_there for one in checked):
        say(f"{data_root}: no source is there; `t4s sources` says where each is looked for")
        raise typer.Exit(1)
    if any(one.problems for one in checked):
        raise typer.Exit(1)


def _parts(recipe: str | None, data_root: Path) -> list[Part]:
    from t4s_data.recipe.files import find_recipe, read_recipe
    from t4s_data.recipe.parts import parts_of

    return parts_of(read_recipe(find_recipe(recipe))[0], data_root) if recipe else all_parts(data_root)


def _print(checked: Sequence[Inspection], data_root: Path) -> None:
    columns = ["source", "split", "records", "expected", "images", "expected", "images absent", "broken", "verdict"]
    print_table(f"{data_root}: what is there", columns, [_cells(_figures(one)) for one in checked])
    wrong = [one for one in checked if one.problems]
    if not wrong:
        return
    rows = [
        [one.part.source, one.part.location.split_id, problem.what, problem.mend]
        for one in wrong
        for problem in one.problems
    ]
    print_table("What is wrong", ["source", "split", "problem", "how to mend it"], rows)
    for source in dict.fromkeys(one.part.source for one in wrong):
        say(f"how to get {source}:\n  " + "\n  ".join(load_manifest(source).get.strip().splitlines()))


def _cells(figures: dict[str, Any]) -> Cells:
    broken = "; ".join(f"{reason} {count:,}" for reason, count in figures["broken"].items())
    numbers = [figures[key] for key in ("records", "expected_records", "images", "expected_images", "images_absent")]
    known = ["" if number is None else number for number in numbers]
    return [figures["source"], figures["split"], *known, broken, figures["verdict"]]


def _figures(one: Inspection) -> dict[str, Any]:
    found, expected = one.found, expected_of(one.part)
    return {
        "source": one.part.source,
        "split": one.part.location.split_id,
        "verdict": one.verdict,
        "records": found.records if found else None,
        "expected_records": expected.records if expected else None,
        "images": found.images if found else None,
        "expected_images": expected.images if expected else None,
        "images_absent": found.images_absent if found else None,
        "broken": dict(found.rejects) if found else {},
        "unusable": [{"key": reject.key, "reason": reject.reason, "detail": reject.detail} for reject in one.unusable],
        "problems": [{"what": problem.what, "mend": problem.mend} for problem in one.problems],
    }
