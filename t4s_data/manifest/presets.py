"""Named layouts of index PNGs: where images and labels lie, how they are named, and what each pixel value means."""

from __future__ import annotations

from functools import cache
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from t4s_data.errors import DataError
from t4s_data.manifest.names import PresetName
from t4s_data.manifest.shipped import read_shipped
from t4s_data.manifest.source import LicenseText, check_pattern

PRESETS: tuple[PresetName, ...] = get_args(PresetName)
"""The presets in the order in which they are listed."""


class Preset(BaseModel):
    """One data set of index PNGs.

    ``files`` maps a role to its pattern below the data root: `images` and `labels` are folders, `members` lists the
    stems of a split, `classes` is the list of classes in the download where it is not shipped as ``names``, which
    are keyed by pixel value. ``where`` says from what the values and names were taken, and ``wording`` what a person
    calls the classes (:func:`t4s_data.manifest.wording.load_wording`).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    root: str
    splits: tuple[str, ...]
    files: dict[str, str]
    image_suffix: str | None = None
    label_suffix: str | None = None
    other_suffixes: tuple[str, ...] = Field((), description="names of other products beside the labels")
    ignore_ids: tuple[int, ...] = ()
    names: dict[int, str] = {}
    wording: str | None = None
    where: str
    license_names: LicenseText | None = None
    get: str

    @field_validator("files")
    @classmethod
    def _known_places(cls, value: dict[str, str]) -> dict[str, str]:
        return {role: check_pattern(pattern) for role, pattern in value.items()}

    @model_validator(mode="after")
    def _says_what_values_mean(self) -> Preset:
        if bool(self.names) == ("classes" in self.files):
            raise ValueError("either names, or where the list of classes lies in the download")
        if set(self.names) & set(self.ignore_ids):
            raise ValueError("a value is both a class and none")
        return self

    @property
    def options(self) -> dict[str, Any]:
        """What the reader of index PNGs needs beside the paths, under the names of the recipe's keys."""
        given = {
            "image_suffix": self.image_suffix,
            "label_suffix": self.label_suffix,
            "other_suffixes": list(self.other_suffixes),
            "ignore_ids": list(self.ignore_ids),
            "get": "\n".join(f"    {line}" for line in self.get.strip().splitlines()),
            "wording": self.wording,
            "class_names": {str(value): name for value, name in self.names.items()},
        }
        return {key: value for key, value in given.items() if value}


@cache
def load_preset(name: PresetName) -> Preset:
    """The preset of that name, checked against its schema.

    Raises:
        DataError: the shipped file does not follow its schema.

    >>> load_preset("cityscapes").names[26]
    'car'
    """
    try:
        return Preset.model_validate(read_shipped(f"presets/{name}.toml"))
    except ValidationError as error:
        raise DataError(f"manifests/presets/{name}.toml: {error}") from None
