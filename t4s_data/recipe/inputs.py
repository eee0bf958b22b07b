"""Are the files there that the parts of a recipe read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from t4s_data.errors import MissingInputError
from t4s_data.manifest.shipped import load_manifest
from t4s_data.recipe.parts import Part


def check_inputs(parts: Sequence[Part]) -> None:
    """Make sure that every annotation file is there before any work starts.

    Raises:
        MissingInputError: names every path looked for, and how each source is obtained.
    """
    missing: dict[str, dict[Path, None]] = {}
    for part in parts:
        absent = [path for path in part.open().inputs() if not path.exists()]
        missing.setdefault(part.source, {}).update(dict.fromkeys(absent))
    lines = [line for source, paths in missing.items() if paths for line in _missing_lines(source, paths)]
    if lines:
        raise MissingInputError("\n".join(lines))


def _missing_lines(source: str, paths: Iterable[Path]) -> list[str]:
    found = [f"{source}: not found: {path}" for path in paths]
    return [
        *found,
        f"  how to get {source}:",
        *(f"    {line}" for line in load_manifest(source).get.strip().splitlines()),
    ]
