"""The JSON Schema beside the models says what the models say."""

from __future__ import annotations

from pipelines.commands.schemas import RECIPE_SCHEMA, recipe_schema


def test_the_recipe_schema_for_editors_is_up_to_date():
    assert RECIPE_SCHEMA.read_text(encoding="utf-8") == recipe_schema()
