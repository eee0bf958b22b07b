"""What is known of each source: the manifests that ship with the package."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from t4s_data.errors import DataError, PluginError, RecipeError
from t4s_data.manifest.names import SOURCES
from t4s_data.manifest.source import Manifest, ManifestSplit

NAMES: tuple[str, ...] = tuple(SOURCES.builtin)
"""The sources that ship with the package, in the order in which they are listed."""


def shipped_folder() -> Path:
    """The folder of the data files that ship with the package: in the wheel below it, in a checkout beside it."""
    package = Path(__file__).parents[1]
    installed = package / "manifests"
    return installed if installed.is_dir() else package.parent / "manifests"


def read_shipped(path: str) -> dict[str, Any]:
    """A TOML file below the package's `manifests`, as plain data.

    Raises:
        DataError: it is absent or no TOML.
    """
    try:
        return tomllib.loads(shipped_folder().joinpath(path).read_text(encoding="utf-8"))
    except (FileNotFoundError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"manifests/{path}: {error}") from None


@cache
def load_manifest(name: str) -> Manifest:
    """The manifest of a source, checked against its schema: a shipped file, or what its plug-in brings.

    Raises:
        RecipeError: there is no source of that name.
        DataError: the shipped file does not follow its schema.
        PluginError: the plug-in's manifest does not, or is of another name.

    >>> load_manifest("refcoco").title
    'RefCOCO'
    """
    if name not in SOURCES:
        raise RecipeError(f"no source is named {name!r}; there are {', '.join(SOURCES)}")
    if not SOURCES.is_builtin(name):
        return _plugged_in(name)
    try:
        return Manifest.model_validate(read_shipped(f"{name}.toml"))
    except ValidationError as error:
        raise DataError(f"manifests/{name}.toml: {error}") from None


def _plugged_in(name: str) -> Manifest:
    try:
        manifest = Manifest.model_validate(SOURCES[name].manifest)
    except ValidationError as error:
        raise PluginError(f"source {name!r}: its manifest: {error}") from None
    if manifest.name != name:
        raise PluginError(f"source {name!r}: its manifest is of {manifest.name!r}")
    return manifest


def expected_split(manifest: Manifest, name: str, by: str | None = None) -> ManifestSplit | None:
    """What a split should hold, or None where the manifest does not list it.

    >>> expected_split(load_manifest("refcocog"), "train", "umd").refs
    42226
    """
    return next((split for split in manifest.split if (split.by, split.name) == (by, name)), None)
