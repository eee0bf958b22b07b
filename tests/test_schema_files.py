"""The JSON Schemas are those of the models, and what is written follows them by another library's reading."""

from __future__ import annotations

import copy
import json
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from pipelines.commands.schemas import contracts, schemas
from t4s_data.corpus.row import Row

REPO = Path(__file__).parents[1]
MANIFESTS = sorted(path for path in (REPO / "manifests").glob("*.toml") if "layout" in tomllib.loads(path.read_text()))
RECIPES = sorted((REPO / "manifests" / "recipes").rglob("*.toml"))


def problems(contract: str, value: Any) -> list[str]:
    schema = json.loads((REPO / "schemas" / f"{contract}.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    return [f"{error.json_path}: {error.message:.200}" for error in Draft202012Validator(schema).iter_errors(value)]


def test_the_files_are_what_the_command_writes(tmp_path: Path):
    schemas(tmp_path)
    assert {path.name for path in (REPO / "schemas").iterdir()} == {f"{name}.schema.json" for name in contracts()}
    for path in tmp_path.iterdir():
        assert (REPO / "schemas" / path.name).read_bytes() == path.read_bytes(), "`make schemas` writes them anew"


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_shipped_recipes_follow_it(path: Path):
    assert problems("recipe", tomllib.loads(path.read_text())) == []


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_manifests_follow_it(path: Path):
    assert problems("manifest", tomllib.loads(path.read_text())) == []


SOURCE = {"name": "refcoco"}


@pytest.mark.parametrize(
    ("codec", "right"),
    [
        ({}, True),
        ({"n": 16, "bricks": "off"}, True),
        ({"name": "isd", "variant": "full"}, True),
        ({"name": "plugged-in", "color": 3}, True),
        ({"name": "bsd", "variant": "full"}, False),
        ({"name": "isd", "bricks": "off"}, False),
        ({"variant": "full"}, False),
        ({"n": 1}, False),
    ],
    ids=str,
)
def test_an_editor_knows_the_keys_of_each_codec(codec: dict[str, Any], right: bool):
    recipe = {"name": "x", "source": [SOURCE], "codec": codec}
    assert (problems("recipe", recipe) == []) == right


def test_an_editor_knows_what_is_no_key():
    assert problems("recipe", {"name": "x", "source": [SOURCE], "sede": 3})
    assert problems("recipe", {"name": "x", "source": [{"name": "refcoco", "repeat": 0}]})
    assert problems("recipe", {"name": "x", "source": []})


def test_a_corpus_follows_them(corpus: Path, rows: dict[str, Row]):
    for name, path in {"build": "build.json", "audit": "report/audit.json"}.items():
        written = json.loads((corpus / path).read_text())
        assert problems(name, written) == []
        broken = copy.deepcopy(written)
        broken.pop("totals" if name == "build" else "lengths")
        assert problems(name, broken)
    for row in list(rows.values())[::7]:
        written = msgspec.to_builtins(row)
        assert problems("row", written) == []
        assert problems("row", {**written, "total_tokens": -1})
        assert problems("row", {**written, "messages": []})
