"""`t4s sources`: every source, where it looks, and whether it is there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.options import Json
from pipelines.console import print_table, write_json
from t4s_data.errors import PluginError
from t4s_data.manifest.source import Manifest


def sources(
    data_root: Annotated[
        Path | None, typer.Option("--data-root", help="say what is found below this folder", metavar="DIR")
    ] = None,
    json: Json = None,
) -> None:
    """List the sources: layout, where each looks below the data root, found or not."""
    from t4s_data.sources.source import SOURCES

    rows = [_line(name, data_root) for name in SOURCES]
    columns = ["source", "layout", "splits", "looks for", "found"]
    print_table("Sources", columns, rows)
    write_json(json, {"sources": [dict(zip(columns, row, strict=True)) for row in rows]})


def _line(name: str, data_root: Path | None) -> list[str]:
    from t4s_data.manifest.shipped import load_manifest

    try:
        return _cells(load_manifest(name), data_root)
    except PluginError as error:
        return [name, "", "", str(error), "plug-in broken"]


def _cells(manifest: Manifest, data_root: Path | None) -> list[str]:
    files = [file for file in manifest.files.values() if not file.optional]
    patterns = [file.path.replace("{root}", manifest.root) for file in files]
    splits: dict[str | None, list[str]] = {}
    for split in manifest.split:
        splits.setdefault(split.by, []).append(split.name)
    spelled = "; ".join(f"{by}: {' '.join(names)}" if by else " ".join(names) for by, names in splits.items())
    return [manifest.name, manifest.layout, spelled, "\n".join(patterns), _found(manifest, data_root)]


def _found(manifest: Manifest, data_root: Path | None) -> str:
    if data_root is None:
        return "--data-root?"
    wanted = [file for file in manifest.files.values() if not file.optional]
    there = [
        file for file in wanted if any(_any(data_root, manifest, path) for path in (file.path, *file.alternatives))
    ]
    return "yes" if len(there) == len(wanted) else "no" if not there else f"{len(there)} of {len(wanted)}"


def _any(data_root: Path, manifest: Manifest, pattern: str) -> bool:
    wild = pattern.replace("{root}", manifest.root).replace("{split_by}", "*").replace("{split}", "*")
    return next(data_root.glob(wild), None) is not None
