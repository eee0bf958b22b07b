"""`t4s export`: corpus -> a trainer's format."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.options import Json
from pipelines.console import Cells, print_table, say, write_json
from t4s_data.errors import CommandError


def export(
    corpus: Annotated[Path, typer.Argument(help="a corpus folder", metavar="CORPUS")],
    format: Annotated[  # noqa: A002
        str,
        typer.Option(
            help="the trainer's format: ms-swift, llava, qwen-vl, llama-factory, internvl, trl, or a plugged-in one",
            metavar="NAME",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="folder of the export", metavar="DIR")],
    split: Annotated[
        list[str] | None, typer.Option(help="only this split of the corpus; can be repeated", metavar="NAME")
    ] = None,
    source: Annotated[list[str] | None, typer.Option(help="only this source; can be repeated", metavar="NAME")] = None,
    limit: Annotated[int, typer.Option(min=0, help="most rows of each split; 0 = all", metavar="N")] = 0,
    data_root: Annotated[
        Path | None,
        typer.Option("--data-root", help="make image paths absolute: the folder they start in", metavar="DIR"),
    ] = None,
    image_prefix: Annotated[
        str | None, typer.Option(help="put this before image paths as it is", metavar="TEXT")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="replace the export that is at DIR")] = False,
    json: Json = None,
) -> None:
    """Write a corpus in a trainer's format and print the command that trains on it."""
    from t4s_data.corpus.selection import Selection
    from t4s_data.export.format import FORMATS
    from t4s_data.export.formats import Order
    from t4s_data.export.formats import export as run_export

    selection = Selection(tuple(split or ()), tuple(source or ()), limit)
    if corpus.resolve() in out.resolve().parents:
        raise CommandError(f"--out {out} is in the corpus, whose checksums would no longer match")
    order = Order(corpus, FORMATS[format], selection, _prefix(data_root, image_prefix))
    done = run_export(order, out, force=force)
    table: list[Cells] = [[name, FORMATS[format].file(name), rows] for name, rows in done.rows.items()]
    print_table(f"{out}: {format}", ["split", "file", "rows"], table)
    say(f"To train on it:\n\ncd {shlex.quote(str(out))}\n{done.command}\n\n{done.tokens}")
    write_json(json, {"format": format, "rows": dict(done.rows), "command": done.command, "tokens": done.tokens})


def _prefix(data_root: Path | None, image_prefix: str | None) -> str:
    if data_root is None:
        return image_prefix or ""
    if image_prefix is not None:
        raise CommandError("--data-root and --image-prefix both say where images are; give one")
    if not data_root.is_dir():
        raise CommandError(f"--data-root {data_root}: no such folder")
    return f"{data_root.absolute().as_posix()}/"
