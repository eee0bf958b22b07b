"""The public names of `t4s_data`, each as mkdocstrings shows it."""

from __future__ import annotations

import importlib
from typing import Any

import t4s_data

OPTIONS = "    options:\n      heading_level: 3\n      show_root_heading: true"


def public_names() -> str:
    """A section for every name that `t4s_data` exports, where its definition stands."""
    return "\n\n".join(_section(name) for name in getattr(t4s_data, "__all__", ()) if not name.startswith("_"))


def _section(name: str) -> str:
    return f"## t4s_data.{name}\n\n::: {definition(name)}\n{OPTIONS}"


def definition(name: str) -> str:
    """The full name of what `t4s_data.NAME` is: the module that defines it, and its name there."""
    value: Any = getattr(t4s_data, name)
    module, own = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if module and own and getattr(importlib.import_module(module), own, None) is value:
        return f"{module}.{own}"
    return f"t4s_data.{name}"
