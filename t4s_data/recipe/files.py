"""Recipe files: read, checked, and answered with the key and what is allowed where they are wrong."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from t4s_data.codecs.spec import CodecSpec
from t4s_data.errors import RecipeError
from t4s_data.manifest.names import TaskName
from t4s_data.manifest.shipped import shipped_folder
from t4s_data.recipe.parts import parts_of
from t4s_data.recipe.spec import FilesSpec, HoldoutSpec, ImagesSpec, LimitsSpec, Recipe, SourceSpec, TokenizerSpec

TABLES = {
    "codec": CodecSpec,
    "tokenizer": TokenizerSpec,
    "images": ImagesSpec,
    "files": FilesSpec,
    "holdout": HoldoutSpec,
    "limits": LimitsSpec,
    "source": SourceSpec,
}


def find_recipe(name: str) -> Path:
    """The file of a recipe: a path, or the name of one that is shipped (`refcoco`, `demo`, ...).

    Raises:
        RecipeError: there is neither.
    """
    path = Path(name)
    if path.is_file():
        return path
    shipped = shipped_folder() / "recipes"
    if (candidate := shipped / f"{name}.toml").is_file() and not path.suffix:
        return candidate
    names = sorted(file.relative_to(shipped).with_suffix("").as_posix() for file in shipped.rglob("*.toml"))
    raise RecipeError(f"{name}: no such file, nor a shipped recipe; shipped are {', '.join(names)}")


def read_recipe(path: Path) -> tuple[Recipe, str]:
    """The recipe in a file, checked against its schema and the manifests, and the SHA-256 of the file in hex.

    Raises:
        RecipeError: names the file, every key that is wrong, and what is allowed there.
    """
    try:
        data = path.read_bytes()
        recipe = Recipe.model_validate(tomllib.loads(data.decode("utf-8")))
    except OSError as error:
        raise RecipeError(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: not TOML: {error}") from None
    except ValidationError as error:
        problems = "\n".join(f"{path}: {explain(problem)}" for problem in error.errors(include_url=False))
        raise RecipeError(problems) from None
    try:
        parts_of(recipe, Path())
    except RecipeError as error:
        raise RecipeError(f"{path}: {error}") from None
    return _beside(recipe, path.parent), sha256(data).hexdigest()


def _beside(recipe: Recipe, folder: Path) -> Recipe:
    """The recipe with the files that it names relative to itself as paths from here."""
    holdout = recipe.holdout
    if not holdout.ids and holdout.vg is None:
        return recipe
    ids = [str((folder / name).absolute()) for name in holdout.ids]
    vg = str((folder / holdout.vg).absolute()) if holdout.vg else None
    return recipe.model_copy(update={"holdout": holdout.model_copy(update={"ids": ids, "vg": vg})})


def explain(problem: ErrorDetails) -> str:
    """One problem of a recipe in a sentence: the key as TOML users read it, what is wrong, and what is allowed."""
    where = _key(problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"{where}: no such key; allowed are {', '.join(_allowed(problem['loc']))}"
    if problem["type"] == "missing":
        return f"{where}: missing"
    text = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "value_error":
        return f"{where}: {text}" if where else text
    return f"{where}: {text}, found {problem['input']!r:.80}"


def _key(loc: Sequence[int | str]) -> str:
    """A location as TOML users read it: `source[2].tasks.x`, tables counted from 1."""
    key = ""
    for part in loc:
        if part != "[key]":
            key += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if key else part
    return key


def _allowed(loc: Sequence[int | str]) -> list[str]:
    tables: list[Any] = [TABLES[str(part)] for part in loc[:-1] if part in TABLES]
    if "tasks" in loc[:-1]:
        return list(get_args(TaskName))
    return sorted((tables[-1] if tables else Recipe).model_fields)
