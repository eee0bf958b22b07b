"""What a folder of a user's own data was taken for, and the recipe that builds it."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from t4s_data.recipe.parts import parts_of
from t4s_data.recipe.spec import Recipe

CORPUS_SPLITS: Mapping[str, str] = {
    "train": "train", "training": "train", "val": "validation", "valid": "validation", "validation": "validation",
    "test": "test", "testing": "test",
}  # fmt: skip
"""The split of the corpus that a split of a folder goes to, by its name without the year."""


@dataclass(frozen=True, slots=True)
class Split:
    """One split of a folder: its name in the folder, and whether any of its images is there."""

    name: str
    with_images: bool

    @property
    def as_split(self) -> str:
        """The corpus split it goes to: train, unless its name says otherwise.

        >>> Split("val2017", True).as_split, Split("default", True).as_split
        ('validation', 'train')
        """
        return CORPUS_SPLITS.get(re.sub(r"[0-9]+$", "", self.name.lower()), "train")


@dataclass(frozen=True, slots=True)
class Finding:
    """What a folder was taken for.

    ``why`` and ``warnings`` are sentences for people; ``keys`` are those of every `[[source]]`, and ``comments``
    say why a key stands there. ``lost`` is the share of images that have nothing to segment.
    """

    what: str
    why: tuple[str, ...]
    source: str
    splits: tuple[Split, ...]
    keys: Mapping[str, Any]
    comments: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    lost: float = 0.0

    @property
    def with_images(self) -> bool:
        """Whether every split has images."""
        return all(split.with_images for split in self.splits)

    def recipe(self, name: str) -> str:
        """A commented recipe, in TOML, whose data root is the folder itself.

        Raises:
            RecipeError: it would not be one; this is an error of the program.
        """
        text = "\n".join([*self._head(name), *(line for split in self.splits for line in self._table(split))]) + "\n"
        parts_of(Recipe.model_validate(tomllib.loads(text)), Path())
        return text

    def _head(self, name: str) -> Iterator[str]:
        yield from (f"# {line}" for line in (f"{self.what}: {self.why[0]}", *self.why[1:]))
        yield "# Its data root is the folder itself: t4s build RECIPE --data-root PATH --out OUT"
        yield f"name = {_toml(corpus_name(name))}"
        yield ""
        yield "[images]"
        if self.with_images:
            yield 'mode = "embed"  # rows hold the images; "path" would keep their paths below the data root'
        else:
            yield "# No image was found: rows hold paths, and nothing compares the images with their annotations."
            yield 'mode = "path"'
        if self.lost > 0.01:
            yield ""
            yield "[quarantine]"
            yield f"# {self.lost:.0%} of the images have nothing to segment; more than 1 % would end the build."
            yield f"max_share = {min(1.0, int(self.lost * 100 + 2) / 100)}"

    def _table(self, split: Split) -> Iterator[str]:
        yield from ("", "[[source]]", f"name = {_toml(self.source)}", 'root = "."')
        yield f"splits = [{_toml(split.name)}]"
        if split.as_split != "train":
            yield f"as_split = {_toml(split.as_split)}"
        for key, value in self.keys.items():
            comment = self.comments.get(key)
            yield _toml_line(key, value) + (f"  # {comment}" if comment else "")
        yield from (f"# {comment}" for key, comment in self.comments.items() if key not in self.keys)


def corpus_name(name: str) -> str:
    """A folder's name as the name of a corpus.

    >>> corpus_name("my dogs (v2)")
    'my-dogs-v2'
    """
    return re.sub(r"[^A-Za-z0-9._]+", "-", name).strip("-._") or "mine"


def common(patterns: Iterable[str]) -> str | None:
    """The pattern that all splits share, or None."""
    found = set(patterns)
    return found.pop() if len(found) == 1 else None


def _toml_line(key: str, value: Any) -> str:
    return f"{key} = {_toml(value)}"


def _toml(value: Any) -> str:
    """A value as TOML writes it: texts, numbers, lists and tables of them."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_toml(key)} = {_toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)
