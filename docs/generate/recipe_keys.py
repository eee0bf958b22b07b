"""Every key of a recipe with its type, default and example, from the models that read recipes."""

from __future__ import annotations

import json
import types
from collections.abc import Iterator, Mapping
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from docs.generate.markdown import code, table
from t4s_data.codecs.spec import CODECS, CodecSpec, settings_of
from t4s_data.manifest.shipped import shipped_folder
from t4s_data.recipe.spec import Recipe


def recipe_keys() -> str:
    """One table of keys for each table of a recipe."""
    return "\n\n".join(_section(heading, model) for heading, model in tables().items())


def shipped_recipes() -> str:
    """The shipped recipes and the comment that each begins with."""
    folder = shipped_folder() / "recipes"
    names = sorted(path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.toml"))
    return table(["recipe", "what it is"], ([code(name), _comment(name)] for name in names))


def tables() -> dict[str, type[BaseModel]]:
    """The models of a recipe by the heading of their TOML table; the recipe itself has none."""
    found: dict[str, type[BaseModel]] = {"": Recipe}
    for key, info in Recipe.model_fields.items():
        if model := _model(info.annotation):
            found[f"[[{key}]]" if _is_list(info.annotation) else f"[{key}]"] = model
        if model is CodecSpec:
            found |= {f'[codec] with name = "{name}"': settings_of(name) for name in CODECS.builtin}
    return found


def example(info: FieldInfo) -> Any:
    """A value that the key takes: the first of its examples, or one that follows from its type or default."""
    if info.examples:
        return info.examples[0]
    kind = _bare(info.annotation)
    if get_origin(kind) is Literal:
        allowed = get_args(kind)
        return next((value for value in allowed if value != info.default), allowed[0])
    return True if kind is bool else info.default if isinstance(info.default, str) else None


def _section(heading: str, model: type[BaseModel]) -> str:
    keys = ((key, info) for key, info in model.model_fields.items() if heading or not _model(info.annotation))
    rows = [[code(key), _type(info.annotation), _default(info), _example(key, info), _text(info)] for key, info in keys]
    title = f"`{heading}`" if heading else "At the top"
    words = (model.__doc__ or "").strip().splitlines()[:1]
    return f"### {title}\n\n{''.join(words)}\n\n{table(['key', 'type', 'default', 'example', 'meaning'], rows)}"


def _text(info: FieldInfo) -> str:
    return (info.description or "").replace("<", "&lt;")


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "must be given"
    value = info.get_default(call_default_factory=True)
    return "" if value is None else code(_toml(value))


def _example(key: str, info: FieldInfo) -> str:
    value = example(info)
    return "" if value is None else code(f"{key} = {_toml(value)}")


def _toml(value: Any) -> str:
    """A value as TOML writes it."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, BaseModel):
        return _toml(value.model_dump(exclude_none=True))
    return json.dumps(value)


def _type(annotation: Any) -> str:
    """The type in a TOML user's words."""
    kind = _bare(annotation)
    if get_origin(kind) is Literal:
        return " ".join(code(str(value)) for value in get_args(kind))
    if model := _model(kind):
        return f"table as {code(_heading(model))}"
    origin = get_origin(kind)
    if origin is list:
        inner = _bare(get_args(kind)[0])
        return f"list of {_plain(inner)}s"
    return ("table of weights" if get_args(kind)[1] is not Any else "table") if origin is dict else _plain(kind)


def _plain(kind: Any) -> str:
    return {str: "text", int: "integer", float: "number", bool: "true or false"}.get(kind, "value")


def _heading(model: type[BaseModel]) -> str:
    return next(heading for heading, known in tables().items() if known is model)


def _bare(annotation: Any) -> Any:
    """The annotation without None and without pydantic's constraints."""
    while hasattr(annotation, "__metadata__"):
        annotation = annotation.__origin__
    if get_origin(annotation) in {Union, types.UnionType}:
        return _bare(next(kind for kind in get_args(annotation) if kind is not type(None)))
    return annotation


def _model(annotation: Any) -> type[BaseModel] | None:
    return next((kind for kind in _leaves(annotation) if isinstance(kind, type) and issubclass(kind, BaseModel)), None)


def _leaves(annotation: Any) -> Iterator[Any]:
    bare = _bare(annotation)
    yield bare
    if get_origin(bare) is list:
        yield from _leaves(get_args(bare)[0])


def _is_list(annotation: Any) -> bool:
    return get_origin(_bare(annotation)) is list


def _comment(name: str) -> str:
    lines = (shipped_folder() / "recipes" / f"{name}.toml").read_text(encoding="utf-8").splitlines()
    words = []
    for line in lines:
        if not line.startswith("#"):
            break
        words.append(line.removeprefix("#").strip())
    return " ".join(words)
