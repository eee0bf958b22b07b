"""Where one split of one source lies on disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from posixpath import normpath
from typing import Any

from t4s_data.errors import DataError

UNDIVIDED = "train"
"""The split that data without splits is."""
_MAGIC = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Location:
    """One split of a source below the user's data root.

    ``root`` is relative to ``data_root``, with ``/``. ``files`` maps a role in the layout (``refs``,
    ``instances``, ...) to the path patterns it is found under, and ``images`` is the pattern of the
    folder that file names in the annotations are relative to; in patterns, which are relative to
    ``data_root``, ``{root}``, ``{split}`` and ``{split_by}`` stand for this location's own. ``given`` are
    the roles, `images` among them, whose pattern is the recipe's and not the layout's. ``options`` are the
    recipe's keys that only this source knows.
    """

    data_root: Path
    root: str
    split: str
    split_by: str | None = None
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    images: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    given: frozenset[str] = frozenset()

    def candidates(self, role: str) -> list[Path]:
        """Every path the file or folder of that role may have, the usual one first."""
        return [self.data_root / self.filled(pattern) for pattern in self.files[role]]

    def file(self, role: str) -> Path:
        """The path of the file or folder of that role: the first that exists, or else the usual one."""
        candidates = self.candidates(role)
        return next((path for path in candidates if path.exists()), candidates[0])

    def globbed(self, role: str) -> list[Path]:
        """The files of that role, in sorted order where its pattern has `*`, `?` or `[`; else its one file.

        A pattern that nothing matches is given as it is, for the message that says what is absent.
        """
        if not self.is_glob(role):
            return [self.file(role)]
        pattern = self.pattern(role)
        return sorted(self.data_root.glob(pattern)) or [self.data_root / pattern]

    def is_glob(self, role: str) -> bool:
        """Whether the role's pattern may stand for several files."""
        return bool(_MAGIC & set(self.files[role][0]))

    def pattern(self, role: str) -> str:
        """The role's usual pattern below the data root, filled in."""
        return self.filled(self.files[role][0])

    def is_divided(self, role: str) -> bool:
        """Whether the path of the role that is used differs from split to split."""
        path = self.file(role)
        patterns = zip(self.files[role], self.candidates(role), strict=True)
        return path.exists() and any("{split}" in pattern for pattern, candidate in patterns if candidate == path)

    def check_only(self, role: str) -> None:
        """Keep a file that was found without being named from being one of two that could be meant.

        Raises:
            DataError: the file of that role does not name its split, and there is another such file.
        """
        there = dict.fromkeys(path for path in self.candidates(role) if path.is_file())
        if role in self.given or len(there) < 2 or self.is_divided(role):
            return
        names = " and ".join(path.relative_to(self.data_root).as_posix() for path in there)
        raise DataError(f"{names}: either may be meant; the recipe's key annotations says which")

    def check_divided(self, role: str, *others: str) -> None:
        """Keep two splits from being the same files.

        Raises:
            DataError: the file of that role is there, neither it nor one of ``others`` has the split in its path,
                and the split is not :data:`UNDIVIDED`.
        """
        path = self.file(role)
        if (
            role in self.given
            or self.split == UNDIVIDED
            or not path.exists()
            or any(map(self.is_divided, (role, *others)))
        ):
            return
        raise DataError(
            f"{path}: not divided into splits, so that its only split is {UNDIVIDED!r}; "
            f"the recipe asks for {self.split!r}"
        )

    def image_path(self, name: str) -> str:
        """An image's path relative to the data root, from its name in the annotations."""
        return "/".join(part for part in (self.filled(self.images), name) if part)

    @property
    def images_given(self) -> bool:
        """Whether the recipe says where the images lie."""
        return "images" in self.given

    @property
    def folder(self) -> str:
        """The root below the data root, with ``/``; empty where it is the data root itself."""
        return self.filled("{root}")

    @property
    def split_id(self) -> str:
        """How ids name this split: with ``split_by`` in front where the layout has one."""
        return f"{self.split_by}-{self.split}" if self.split_by else self.split

    def filled(self, pattern: str) -> str:
        """A pattern below the data root with this location's own root and split."""
        values = {"{root}": self.root, "{split_by}": self.split_by or "", "{split}": self.split}
        for place, value in values.items():
            pattern = pattern.replace(place, value)
        filled = normpath(pattern.strip("/"))
        return "" if filled == "." else filled
