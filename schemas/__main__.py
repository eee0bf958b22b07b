"""`python -m schemas`: write the JSON Schema of the recipe beside the models, for editors."""

from __future__ import annotations

import json
from pathlib import Path

from schemas.recipe import Recipe

RECIPE_SCHEMA = Path(__file__).with_name("recipe.schema.json")


def recipe_schema() -> str:
    """The recipe's JSON Schema as text."""
    return json.dumps(Recipe.model_json_schema(), indent=2) + "\n"


if __name__ == "__main__":
    RECIPE_SCHEMA.write_text(recipe_schema(), encoding="utf-8")
