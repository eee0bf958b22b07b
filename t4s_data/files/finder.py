"""Files below a folder by the names that a user's table gives them, which are not always the files' own."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from pathlib import Path, PurePosixPath

from t4s_data.errors import RecordError
from t4s_data.files.names import image_name
from t4s_data.files.texts import shown

_NEIGHBOURS = 16
"""How many names on either side of where an absent one would stand are compared with it."""
_ALIKE = 0.5


@dataclass(frozen=True)
class Finder:
    """The files below a folder that have one of the (lower-case) suffixes."""

    folder: Path
    suffixes: Collection[str]

    def find(self, name: str, *, reason: str, what: str) -> str:
        """The path below the folder of the file that a name means.

        It is the file of that name; else, if there is exactly one, the file that is called so when the
        folder's own name is taken away (``images/x.jpg``), or when a suffix is added.

        Raises:
            RecordError: ``reason`` where there is none, with the path looked for and the nearest name there is;
                `duplicate-key` where there are several.
        """
        image_name(name, what)
        short = self._without_folder(name)
        for read in dict.fromkeys((name, short)):
            if (self.folder / read).is_file():
                return read
        found = self._only([self._by_stem.get(read, []) for read in dict.fromkeys((name, short))], f"{what} {name!r}")
        if found is None:
            raise RecordError(reason, f"{what} {shown(name)}: there is no {self.folder / short}{self._nearest(short)}")
        return found

    def belonging(self, name: str, endings: Sequence[str], *, reason: str, what: str) -> str:
        """The path below the folder of the file that belongs to another: of its stem, or its stem and an ending.

        Raises:
            RecordError: as :meth:`find`.
        """
        stem = PurePosixPath(name).with_suffix("").as_posix()
        exact = f"{stem}{endings[0]}.png"
        if (self.folder / exact).is_file():
            return exact
        found = self._only([self._by_stem.get(stem + ending, []) for ending in endings], f"{what} of {name!r}")
        if found is None:
            raise RecordError(
                reason, f"{what} of {shown(name)}: there is no {self.folder / exact}{self._nearest(exact)}"
            )
        return found

    @cached_property
    def names(self) -> list[str]:
        """The paths of all files below the folder, sorted; hidden ones are left out."""
        if not self.folder.is_dir():
            return []
        found = (path for path in self.folder.rglob("*") if path.suffix.lower() in self.suffixes)
        below = (path.relative_to(self.folder) for path in found if path.is_file())
        return sorted(path.as_posix() for path in below if not any(part.startswith(".") for part in path.parts))

    def _without_folder(self, name: str) -> str:
        """The name behind the folder's own: ``images/x.jpg`` and ``train/images/x.jpg`` are ``x.jpg`` there."""
        parts, own = name.split("/"), self.folder.parts
        lengths = range(len(parts) - 1, 0, -1)
        return next(("/".join(parts[n:]) for n in lengths if tuple(parts[:n]) == own[-n:]), name)

    @staticmethod
    def _only(readings: Iterable[list[str]], what: str) -> str | None:
        """The one file of the first reading that has any."""
        names = next((names for names in readings if names), [])
        if len(names) > 1:
            raise RecordError("duplicate-key", f"{what} may be {' or '.join(names)}")
        return names[0] if names else None

    @cached_property
    def _by_stem(self) -> dict[str, list[str]]:
        stems: dict[str, list[str]] = {}
        for name in self.names:
            stems.setdefault(PurePosixPath(name).with_suffix("").as_posix(), []).append(name)
        return stems

    def _nearest(self, name: str) -> str:
        """The most similar of the names that stand near an absent one in the alphabet, as the end of a message."""
        if not self.names:
            return f"; {self.folder} {'holds no such files' if self.folder.is_dir() else 'is not there'}"
        at = bisect_left(self.names, name)
        near = self.names[max(0, at - _NEIGHBOURS) : at + _NEIGHBOURS]
        alike = {other: SequenceMatcher(None, name, other).ratio() for other in near}
        best = max(alike, key=lambda other: alike[other])
        return f"; the nearest name is {best}" if alike[best] >= _ALIKE else f"; {self.folder} holds {best}, for one"
