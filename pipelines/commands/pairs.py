"""Options of the form KEY=VALUE."""

from __future__ import annotations

from collections.abc import Sequence

from t4s_data.errors import CommandError


def pairs(option: str, values: Sequence[str]) -> dict[str, str]:
    """The values of an option as keys and values; the last one of a key holds.

    Raises:
        CommandError: names the option and the value that is no pair.

    >>> pairs("--runner-option", ["flink_master=localhost:8081"])
    {'flink_master': 'localhost:8081'}
    """
    if bad := next((value for value in values if "=" not in value), None):
        raise CommandError(f"{option} takes KEY=VALUE, found {bad!r}")
    return dict(value.split("=", maxsplit=1) for value in values)
