"""The command line's reference, from the typer application."""

from __future__ import annotations

from typing import Any

import typer

from docs.generate.markdown import code, table
from pipelines.cli import app


def command_pages() -> str:
    """Every command of `t4s` with its arguments and options."""
    group: Any = typer.main.get_command(app)
    return "\n\n".join(_command(name, command) for name, command in group.commands.items())


def _command(name: str, command: Any) -> str:
    shown = [parameter for parameter in command.params if not getattr(parameter, "hidden", False)]
    arguments = [parameter for parameter in shown if parameter.param_type_name == "argument"]
    options = [parameter for parameter in shown if parameter.param_type_name == "option"]
    usage = " ".join(["t4s", name, *map(_usage, arguments), *(_usage(o) for o in options if o.required), "[OPTIONS]"])
    parts = [f"## t4s {name}", _prose(command.help or ""), f"```text\n{usage}\n```"]
    if arguments:
        parts.append(
            table(["argument", "default", "meaning"], ([_usage_code(p), _default(p), _help(p)] for p in arguments))
        )
    if options:
        parts.append(table(["option", "default", "meaning"], ([_option(p), _default(p), _help(p)] for p in options)))
    return "\n\n".join(parts)


def _usage(parameter: Any) -> str:
    value = _value(parameter)
    if parameter.param_type_name == "option":
        return f"{parameter.opts[0]} {value}".strip()
    return value if parameter.required else f"[{value}]"


def _usage_code(parameter: Any) -> str:
    return code(_value(parameter))


def _value(parameter: Any) -> str:
    """What stands for the value: its metavar, its choices, or its type."""
    if getattr(parameter, "is_flag", False):
        return ""
    if parameter.metavar:
        return str(parameter.metavar)
    kind = parameter.type_descriptor.annotation
    if choices := getattr(kind, "__members__", None):
        return "|".join(member.value for member in choices.values())
    return {int: "N", float: "NUMBER"}.get(kind, parameter.name.upper())


def _option(parameter: Any) -> str:
    names = ", ".join([*parameter.opts, *parameter.secondary_opts])
    return code(f"{names} {_value(parameter)}".strip())


def _default(parameter: Any) -> str:
    if parameter.required:
        return "must be given"
    value = parameter.default
    if value is None or value is False or callable(value):
        return ""
    return code(", ".join(map(str, value)) if isinstance(value, list | tuple) else str(getattr(value, "value", value)))


def _help(parameter: Any) -> str:
    return _prose(parameter.help or "")


def _prose(text: str) -> str:
    return text.replace("<", "&lt;")
