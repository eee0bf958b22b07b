"""Class names as a person would say them, and which of them cover others: manifests/wording."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from t4s_data.errors import DataError
from t4s_data.manifest.shipped import read_shipped

K = TypeVar("K")


class Wording(BaseModel):
    """The words of one family of data sets.

    ``plain`` maps an annotation's class name to a person's. ``covers`` maps a person's name to those beside
    which nobody could say that there is none of it, `food` beside a pizza, or to
    :data:`t4s_data.sample.ALL_CLASSES`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    plain: dict[str, str] = {}
    covers: dict[str, frozenset[str]] = {}

    @model_validator(mode="after")
    def _covers_others(self) -> Wording:
        if itself := sorted(name for name, covered in self.covers.items() if name in covered):
            raise ValueError(f"{itself[0]!r} covers itself")
        return self

    def called(self, names: Mapping[K, str]) -> dict[K, str]:
        """The classes by a person's names; where two would be called the same, they keep the names they had.

        >>> words = Wording(plain={"wall-other": "wall", "sky-other": "sky"})
        >>> words.called({1: "wall-other", 2: "wall", 3: "sky-other"})
        {1: 'wall-other', 2: 'wall', 3: 'sky'}
        """
        said = {key: self.plain.get(name, name) for key, name in names.items()}
        of_raw = {name: self.plain.get(name, name) for name in names.values()}
        shared = {name for name, count in Counter(of_raw.values()).items() if count > 1}
        return {key: names[key] if name in shared else name for key, name in said.items()}


@cache
def load_wording(name: str) -> Wording:
    """The wording of that name, checked against its schema.

    Raises:
        DataError: the shipped file is absent or does not follow its schema.

    >>> load_wording("coco").plain["floor-wood"]
    'wooden floor'
    """
    try:
        return Wording.model_validate(read_shipped(f"wording/{name}.toml"))
    except ValidationError as error:
        raise DataError(f"manifests/wording/{name}.toml: {error}") from None
