"""Where one split of one source lies on disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Location:
    """One split of a source below the user's data root.

    ``root`` is relative to ``data_root``, with ``/``. ``files`` maps a role in the layout (``refs``,
    ``instances``, ...) to the path patterns it is found under, and ``images`` is the pattern of the
    folder that file names in the annotations are relative to; in patterns, which are relative to
    ``data_root``, ``{root}``, ``{split}`` and ``{split_by}`` stand for this location's own. ``options``
    are the recipe's keys that only this source knows.
    """

    data_root: Path
    root: str
    split: str
    split_by: str | None = None
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    images: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    def candidates(self, role: str) -> list[Path]:
        """Every path the file or folder of that role may have, the usual one first."""
        return [self.data_root / self._filled(pattern) for pattern in self.files[role]]

    def file(self, role: str) -> Path:
        """The path of the file or folder of that role: the first that exists, or else the usual one."""
        candidates = self.candidates(role)
        return next((path for path in candidates if path.exists()), candidates[0])

    def image_path(self, name: str) -> str:
        """An image's path relative to the data root, from its name in the annotations."""
        return "/".join(part for part in (self._filled(self.images), name) if part)

    @property
    def split_id(self) -> str:
        """How ids name this split: with ``split_by`` in front where the layout has one."""
        return f"{self.split_by}-{self.split}" if self.split_by else self.split

    def _filled(self, pattern: str) -> str:
        values = {"{root}": self.root, "{split_by}": self.split_by or "", "{split}": self.split}
        for place, value in values.items():
            pattern = pattern.replace(place, value)
        return pattern.strip("/")
