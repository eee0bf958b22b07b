"""The manifest: what is known of a source before any of its files is opened. TOML, one file per source."""

from __future__ import annotations

import re
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, field_validator, model_validator

from t4s_data.manifest.names import SourceName, TaskName

ImageFormat = Literal["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"]
Count = Literal["records", "refs", "images"]
PLACES: frozenset[str] = frozenset({"root", "split", "split_by"})
"""What may stand in braces in a path pattern."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LicenseText(_Model):
    """A licence: its SPDX identifier where it has one, its name or a short statement, and where it stands."""

    text: str = Field(min_length=1)
    spdx: str | None = None
    url: str | None = Field(None, pattern=r"^https?://")


class ManifestFile(_Model):
    """A file or folder of a source.

    ``path`` and ``alternatives`` (other names it is found under) are patterns below the data root;
    ``bytes`` and ``sha256`` are given only where they are known, and ``where`` says from whom.
    """

    path: str
    alternatives: tuple[str, ...] = ()
    optional: bool = False
    bytes: PositiveInt | None = None
    sha256: str | None = Field(None, pattern=r"^[0-9a-f]{64}$")
    where: str | None = None

    @field_validator("path", "alternatives")
    @classmethod
    def _known_places(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for pattern in (value,) if isinstance(value, str) else value:
            check_pattern(pattern)
        return value

    @model_validator(mode="after")
    def _facts_have_a_source(self) -> ManifestFile:
        if (self.bytes or self.sha256) and not self.where:
            raise ValueError(f"{self.path}: bytes or sha256 without where")
        return self


class ManifestSplit(_Model):
    """One split and its expected counts; ``where`` says for each number where it comes from.

    A record is what yields one sample before ``repeat``; a ref is one object that sentences refer to.
    """

    name: str = Field(min_length=1)
    by: str | None = None
    records: PositiveInt | None = None
    refs: PositiveInt | None = None
    images: PositiveInt | None = None
    where: dict[Count, str] = {}

    @model_validator(mode="after")
    def _each_number_has_a_source(self) -> ManifestSplit:
        given = {count for count in get_args(Count) if getattr(self, count) is not None}
        if unmatched := sorted(given ^ set(self.where)):
            raise ValueError(f"split {self.name!r}: {unmatched[0]!r} needs both a number and its where")
        return self


class PaperRow(_Model):
    """The source's part in Table I of the Text4Seg++ paper.

    ``row`` is the row's name; sources that share one share its numbers, which are printed in thousands.
    ``status`` says how well the rule is known: `exact` (the splits' counts times ``repeat`` print as the
    paper's number), `inferred` (fits the number, and the paper does not say so) or `open` (only a count
    over the full data can tell). ``options`` are recipe keys that the rule needs.
    """

    row: str
    images: PositiveInt
    samples: PositiveInt
    rule: str
    status: Literal["exact", "inferred", "open"]
    repeat: PositiveInt = 1
    options: dict[str, int | str] = {}


class Manifest(_Model):
    """One source.

    Path patterns are below the data root, with ``/``; ``{root}`` stands for ``root`` or what the recipe
    sets in its place, ``{split}`` and ``{split_by}`` for the split's. ``images`` is the folder that file
    names in the annotations are relative to; images are read in ``image_formats`` alone. ``tasks`` holds every
    task the source can make with its default weight; 0 means only where a recipe asks for it.
    """

    name: SourceName
    title: str
    layout: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", description="name of the files' layout, for tables")
    root: str
    images: str = ""
    image_formats: tuple[ImageFormat, ...] = Field(("JPEG", "PNG"), min_length=1, description="as Pillow calls them")
    folders: tuple[str, ...] = Field((), description="folders that the annotations name images in")
    files: dict[str, ManifestFile]
    split: tuple[ManifestSplit, ...] = ()
    default_split_by: str | None = None
    other_splits: bool = Field(False, description="whether the user may have splits that are not listed")
    tasks: dict[TaskName, Annotated[float, Field(ge=0, allow_inf_nan=False)]] = Field(min_length=1)
    expected_loss: Annotated[float, Field(ge=0, le=1)] | None = Field(
        None, description="share of its images, refs or conversations that a build is known to lose"
    )
    get: str = Field(min_length=1, description="how to obtain it; error messages print this")
    license_annotations: LicenseText | None = None
    license_images: LicenseText | None = None
    citation: str = Field("", description="BibTeX")
    options: dict[str, str] = Field({}, description="keys of [source.reader] in a recipe, each explained; for plug-ins")
    paper: PaperRow | None = None
    defects: tuple[str, ...] = ()

    @field_validator("images", "folders")
    @classmethod
    def _known_places(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for pattern in (value,) if isinstance(value, str) else value:
            check_pattern(pattern)
        return value

    @model_validator(mode="after")
    def _splits_are_distinct_and_reachable(self) -> Manifest:
        parts = [(split.by, split.name) for split in self.split]
        if len(set(parts)) < len(parts):
            raise ValueError("a split is listed twice")
        if self.split and self.default_split_by not in {split.by for split in self.split}:
            raise ValueError(f"default_split_by {self.default_split_by!r} has no splits")
        if not self.split and not self.other_splits:
            raise ValueError("no split is listed and other_splits is false")
        return self

    @model_validator(mode="after")
    def _makes_something_by_default(self) -> Manifest:
        if not any(self.tasks.values()):
            raise ValueError("every task has weight 0")
        return self


def check_pattern(pattern: str) -> str:
    """The pattern itself.

    Raises:
        ValueError: it is absolute, leaves the data root, or has something else than :data:`PLACES` in braces.
    """
    if unknown := set(re.findall(r"\{([^{}]*)\}", pattern)) - PLACES:
        raise ValueError(f"{pattern!r}: unknown place {{{min(unknown)}}}")
    if pattern.startswith("/") or ".." in pattern.split("/"):
        raise ValueError(f"{pattern!r}: not below the data root")
    return pattern
