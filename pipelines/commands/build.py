"""`t4s build`: recipe -> corpus."""

from __future__ import annotations

import shlex
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.options import DataRoot, Json, RecipeName, Sign, Workers
from pipelines.commands.plan import print_plan
from pipelines.console import Cells, build_progress, print_table, say, write_json
from t4s_data.corpus.record import Build
from t4s_data.errors import CommandError
from t4s_data.recipe.spec import ImagesSpec, Recipe


class ImageMode(StrEnum):
    """Whether rows hold image paths or image bytes."""

    path = "path"
    embed = "embed"


def build(
    recipe: RecipeName,
    data_root: DataRoot,
    out: Annotated[Path, typer.Option("--out", help="folder of the new corpus", metavar="OUT")],
    workers: Workers = 1,
    runner: Annotated[str, typer.Option(help="local, or a Beam runner by name", metavar="NAME")] = "local",
    runner_option: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="an option of that runner; can be repeated")
    ] = None,
    images: Annotated[ImageMode | None, typer.Option(help="instead of the recipe's images.mode")] = None,
    limit: Annotated[int | None, typer.Option(min=0, help="most records of each source; 0 = all", metavar="N")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="instead of the recipe's seed", metavar="N")] = None,
    force: Annotated[bool, typer.Option("--force", help="replace the corpus that is at OUT")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="check recipe and inputs, print the plan, write nothing")
    ] = False,
    sign: Sign = None,
    strict: Annotated[bool, typer.Option("--strict", help="end at the first record that cannot be used")] = False,
    json: Json = None,
) -> None:
    """Build a corpus from a recipe.

    An interrupted build goes on where it was when the same command is run again.
    """
    from pipelines.build import RunOptions
    from pipelines.build import build as run_build
    from t4s_data.build.assembly import Assembly
    from t4s_data.recipe.files import find_recipe, read_recipe
    from t4s_data.recipe.inputs import check_inputs
    from t4s_data.recipe.parts import parts_of

    if out.resolve() == Path.cwd():
        raise CommandError("--out is the folder you are in, which a build puts in place as a whole; name a new folder")
    path = find_recipe(recipe)
    given, digest = read_recipe(path)
    changed = with_options(given, images=images, limit=limit, seed=seed)
    parts = parts_of(changed, data_root.absolute())
    if dry_run:
        check_inputs(parts)
        print_plan(changed.name, parts, json)
        return
    command = _command(recipe, images=images, limit=limit, seed=seed)
    assembly = Assembly(changed, digest, parts, command)
    options = RunOptions(workers, runner, _pairs(runner_option or []), force, strict, sign)
    with build_progress(parts) as progress:
        record = run_build(assembly, out.absolute(), options, progress=progress)
    print_build(record, out, json)


def with_options(recipe: Recipe, *, images: str | None, limit: int | None, seed: int | None) -> Recipe:
    """The recipe with what the command line says in place of its own."""
    update: dict[str, object] = {}
    if images is not None:
        update["images"] = ImagesSpec(mode=str(images))  # type: ignore[arg-type]
    if seed is not None:
        update["seed"] = seed
    if limit is not None:
        update["source"] = [source.model_copy(update={"limit": limit}) for source in recipe.source]
    return recipe.model_copy(update=update)


def print_build(record: Build, out: Path, json: Path | None) -> None:
    """Print what a build made of every split, and where to go from there."""
    columns = ["source", "split", "to", "read", "used", "quarantined", "left out", "rows", "rescued", "images absent"]
    rows: list[Cells] = [
        [
            account.source,
            f"{account.split_by}-{account.split}" if account.split_by else account.split,
            account.as_split,
            account.read,
            account.used,
            sum(account.quarantined.values()),
            sum(account.left_out.values()),
            account.rows,
            account.rescued,
            account.images_absent,
        ]
        for account in record.accounts
    ]
    print_table(f"{record.recipe.name}: {record.totals.rows:,} rows", columns, rows)
    mean = record.totals.tokens.total / record.totals.rows
    say(f"{out}: {record.totals.rows:,} rows of {mean:,.0f} text tokens on average; README.md there is the card")
    for account in record.accounts:
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in sorted(account.quarantined.items()))
        if reasons:
            say(f"{account.source} {account.split}: {out}/quarantine/{account.source}.jsonl: {reasons}")
        rules = ", ".join(f"{rule} {count:,}" for rule, count in sorted(account.left_out.items()))
        if rules:
            say(f"{account.source} {account.split}: {out}/left-out/{account.source}.jsonl: {rules}")
    if absent := sum(account.images_absent for account in record.accounts):
        say(f"warning: the images of {absent:,} records are absent; path mode builds without them")
    write_json(json, record.model_dump(mode="json"))


def _command(recipe: str, **options: object) -> str:
    """The command that repeats this build, with placeholders for this machine's folders."""
    words = ["t4s", "build", Path(recipe).name, "--data-root", "DATA", "--out", "OUT"]
    for name, value in options.items():
        if value is not None:
            words += [f"--{name}", str(value)]
    return shlex.join(words)


def _pairs(options: list[str]) -> dict[str, str]:
    pairs = dict(option.partition("=")[::2] for option in options)
    if bad := [option for option in options if "=" not in option]:
        raise CommandError(f"--runner-option takes KEY=VALUE, found {bad[0]!r}")
    return pairs
