"""The build record, ``build.json``: what a corpus was made from, with what, and what became of every record.

It holds no times, worker counts or absolute paths, so that the same inputs give the same bytes.
"""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, field_serializer, model_validator

from t4s_data.manifest.names import TaskName
from t4s_data.recipe.spec import Recipe

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
RelativePath = Annotated[str, Field(pattern=r"^[^/\\][^\\]*$", description="with /, relative")]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class InputFile(_Model):
    """One annotation file that was read; ``path`` is below the data root."""

    path: RelativePath
    bytes: NonNegativeInt
    sha256: Digest


class TokenSums(_Model):
    """Sums of the rows' token columns."""

    descriptor: NonNegativeInt = 0
    answer: NonNegativeInt = 0
    total: NonNegativeInt = 0

    def __add__(self, other: TokenSums) -> TokenSums:
        return TokenSums(
            descriptor=self.descriptor + other.descriptor,
            answer=self.answer + other.answer,
            total=self.total + other.total,
        )


class Shard(_Model):
    """One Parquet file: ``name`` below the corpus, ``bytes`` on disk, ``data_bytes`` in memory (Arrow)."""

    name: RelativePath
    rows: NonNegativeInt
    bytes: NonNegativeInt
    data_bytes: NonNegativeInt
    sha256: Digest


class HeldOutCount(_Model):
    """How much of a split is also in an evaluation split: records and images by image, and records by object."""

    records: NonNegativeInt = 0
    images: NonNegativeInt = 0
    objects: NonNegativeInt = 0


class Account(_Model):
    """What became of one split of one source.

    Each of the ``read`` records was used, quarantined for one reason or left out by one rule. ``held_out`` says by
    evaluation split what of the split is also there, left out or not, and ``unchecked`` how many records have an image
    of Visual Genome that could not be looked up.
    ``rows`` come from the used ones, each as many times as the recipe repeats it. ``codec`` is the name in
    the rows; ``tasks`` counts rows; ``notes`` counts what was left out or repaired on the way.
    """

    source: str
    split_by: str | None = None
    split: str
    as_split: str
    codec: str
    read: NonNegativeInt
    used: NonNegativeInt
    quarantined: dict[str, NonNegativeInt] = {}
    left_out: dict[str, NonNegativeInt] = {}
    held_out: dict[str, HeldOutCount] = {}
    unchecked: NonNegativeInt = 0
    rows: NonNegativeInt
    tasks: dict[TaskName, NonNegativeInt] = {}
    regions: NonNegativeInt = 0
    rescued: NonNegativeInt = 0
    images_absent: NonNegativeInt = 0
    notes: dict[str, NonNegativeInt] = {}
    tokens: TokenSums = TokenSums()
    shards: tuple[Shard, ...] = ()

    @model_validator(mode="after")
    def _adds_up(self) -> Account:
        quarantined, left_out = sum(self.quarantined.values()), sum(self.left_out.values())
        if self.read != self.used + quarantined + left_out:
            raise ValueError(
                f"{self.source}: {self.read} read, but {self.used} used, {quarantined} quarantined, {left_out} left out"
            )
        if self.rows != (found := sum(shard.rows for shard in self.shards)):
            raise ValueError(f"{self.source}: {self.rows} rows, but {found} in its shards")
        if self.rows != (found := sum(self.tasks.values())):
            raise ValueError(f"{self.source}: {self.rows} rows, but {found} over its tasks")
        return self


class Totals(_Model):
    """The sums over all accounts."""

    read: NonNegativeInt
    used: NonNegativeInt
    quarantined: NonNegativeInt
    left_out: NonNegativeInt = 0
    rows: NonNegativeInt
    tokens: TokenSums

    @classmethod
    def of(cls, accounts: tuple[Account, ...]) -> Totals:
        """The totals of these accounts."""
        return cls(
            read=sum(account.read for account in accounts),
            used=sum(account.used for account in accounts),
            quarantined=sum(sum(account.quarantined.values()) for account in accounts),
            left_out=sum(sum(account.left_out.values()) for account in accounts),
            rows=sum(account.rows for account in accounts),
            tokens=sum((account.tokens for account in accounts), TokenSums()),
        )


class Build(_Model):
    """The whole record.

    ``recipe`` keeps the keys that were given, so that it validates again; ``recipe_sha256`` is of the
    recipe file as given; ``code`` is the version of this package; ``tokenizer`` the identity of the one that
    filled the token columns; ``vocabulary`` the tokens added to it; ``libraries`` the versions of those that
    shape the bytes; ``command`` what is typed to build the corpus again, with words in capitals for folders, empty
    in a record that does not say it.
    """

    recipe: Recipe
    recipe_sha256: Digest | None = None
    command: str = ""
    code: str
    seed: NonNegativeInt
    tokenizer: str
    vocabulary: tuple[str, ...] = ()
    libraries: dict[str, str]
    inputs: tuple[InputFile, ...] = ()
    accounts: tuple[Account, ...]
    totals: Totals

    @model_validator(mode="after")
    def _totals_agree(self) -> Build:
        if self.totals != (found := Totals.of(self.accounts)):
            raise ValueError(f"totals are {self.totals!r}, but the accounts add up to {found!r}")
        return self

    @field_serializer("recipe")
    def _keys_given(self, recipe: Recipe) -> dict[str, Any]:
        return recipe.model_dump(mode="json", exclude_unset=True)

    def to_json(self) -> str:
        """The file's text: sorted where order has no meaning, one line to a field."""
        return json.dumps(self.model_dump(mode="json"), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
