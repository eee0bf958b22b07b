"""`t4s schemas`: the JSON Schemas of the contracts, for editors and other programs."""

from __future__ import annotations

import json
from pathlib import Path

from t4s_data.recipe.spec import Recipe

RECIPE_SCHEMA = Path(__file__).parents[2] / "schemas" / "recipe.schema.json"


def recipe_schema() -> str:
    """The recipe's JSON Schema as text."""
    return json.dumps(Recipe.model_json_schema(), indent=2) + "\n"


if __name__ == "__main__":
    RECIPE_SCHEMA.write_text(recipe_schema(), encoding="utf-8")
