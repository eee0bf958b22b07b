"""`t4s schemas`: the JSON Schemas of the contracts, for editors and other programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.console import say


def schemas(
    out: Annotated[Path, typer.Option("--out", help="folder to write them to", metavar="DIR")] = Path("schemas"),
) -> None:
    """Write the JSON Schemas of recipe, manifest, row, build record and audit findings."""
    out.mkdir(parents=True, exist_ok=True)
    for name, schema in contracts().items():
        path = out / f"{name}.schema.json"
        path.write_text(json.dumps(schema, indent=2) + "\n", encoding="utf-8", newline="\n")
        say(str(path))


def contracts() -> dict[str, dict[str, Any]]:
    """The JSON Schema of each contract by its name; they do not depend on the plug-ins that are installed."""
    import msgspec

    from t4s_data.audit.findings import Findings
    from t4s_data.corpus.record import Build
    from t4s_data.corpus.row import Row
    from t4s_data.manifest.source import Manifest
    from t4s_data.recipe.spec import Recipe

    return {
        "recipe": Recipe.model_json_schema(),
        "manifest": Manifest.model_json_schema(),
        "row": msgspec.json.schema(Row),
        "build": Build.model_json_schema(),
        "audit": msgspec.json.schema(Findings),
    }
