"""Things that go by a name: those that ship with the package, and those that other distributions register.

A distribution registers a source, codec or export format of its own by a Python entry point. It is found by its
name alone: nothing is imported before it is used.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from t4s_data.errors import CommandError, PluginError

T = TypeVar("T")

RECORDED = {"recorded": True}
"""The validation context in which a finished corpus's recipe is read: what it names need not be installed here."""


class Origin(NamedTuple):
    """The distribution that a plug-in comes from, its version, and a digest of its code."""

    distribution: str
    version: str
    digest: str


class Registry(Mapping[str, T]):
    """Objects by name, each imported when it is first asked for: built-in ones, then plugged-in ones by name.

    ``builtin`` maps a name to ``module:object``; ``group`` is the group of entry points whose names are added.
    Names and ``in`` import nothing. ``ready`` takes a name and what was imported, and gives the object or raises
    what is wrong with it.

    >>> from t4s_data.codecs.codec import CODECS
    >>> "bsd" in CODECS, CODECS.is_builtin("bsd"), CODECS["bsd"].__name__
    (True, True, 'BoxCodec')
    """

    def __init__(
        self,
        kind: str,
        group: str,
        builtin: Mapping[str, str],
        *,
        ready: Callable[[str, Any], T] = lambda _, found: found,
    ) -> None:
        self.kind = kind
        self.group = group
        self.ready = ready
        self.builtin = {name: EntryPoint(name, value, group) for name, value in builtin.items()}
        self._loaded: dict[str, T] = {}

    def __iter__(self) -> Iterator[str]:
        yield from self.builtin
        yield from (name for name in sorted(self._plugged) if name not in self.builtin)

    def __len__(self) -> int:
        return len(self.builtin.keys() | self._plugged.keys())

    def __contains__(self, name: object) -> bool:
        return name in self.builtin or name in self._plugged

    def __getitem__(self, name: str) -> T:
        """The object of that name.

        Raises:
            CommandError: there is none.
            PluginError: a plug-in fails when it is imported, or two things have this name.
        """
        if name not in self._loaded:
            self._loaded[name] = self._load(self._found(name))
        return self._loaded[name]

    def is_builtin(self, name: str) -> bool:
        """Whether the name is one that ships with the package."""
        return name in self.builtin

    def origin(self, name: str) -> Origin | None:
        """Where a plug-in comes from, or None for what ships with the package."""
        return None if name in self.builtin else _origin(self._found(name))

    def _found(self, name: str) -> EntryPoint:
        points = [self.builtin[name]] if name in self.builtin else []
        points += self._plugged.get(name, [])
        if not points:
            raise CommandError(f"no {self.kind} is named {name!r}; there are {', '.join(self)}")
        if len(points) > 1:
            owners = " and ".join(map(_owner, points))
            raise PluginError(f"{self.kind} {name!r}: the name is taken twice, by {owners}; uninstall one of them")
        return points[0]

    def _load(self, point: EntryPoint) -> T:
        try:
            return self.ready(point.name, point.load())
        except Exception as error:
            if point.name in self.builtin:
                raise
            # Whatever another's code does when it is imported.
            raise PluginError(
                f"{self.kind} {point.name!r} of {_owner(point)} ({point.value}) cannot be used: "
                f"{type(error).__name__}: {error}"
            ) from error

    @cached_property
    def _plugged(self) -> Mapping[str, list[EntryPoint]]:
        found: dict[str, list[EntryPoint]] = {}
        for point in entry_points(group=self.group):
            found.setdefault(point.name, []).append(point)
        return {name: sorted(points, key=_owner) for name, points in found.items()}


def _owner(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else "t4s-data itself"


def _origin(point: EntryPoint) -> Origin:
    assert point.dist is not None
    return Origin(point.dist.name, point.dist.version, _digest(point))


def _digest(point: EntryPoint) -> str:
    """A digest of the plug-in's code and data: those of its top package, or its one module."""
    package = point.module.partition(".")[0]
    spec = find_spec(package)
    folders = [Path(folder) for folder in (spec.submodule_search_locations or [])] if spec else []
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.suffix in {".py", ".toml"}]
    if not folders and spec and spec.origin:
        files = [Path(spec.origin)]
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
