"""The settings of a codec, as a recipe gives them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class CodecSpec(BaseModel):
    """How masks are written; see the README's page on formats."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: Literal["bsd", "isd"] = Field("bsd", description="box-wise or image-wise descriptors")
    n: int = Field(64, ge=2, le=256, description="canvas cells along each side")
    bricks: Literal["special", "bare", "off"] = Field(
        "special", description="bsd: <fg12> | fg12, in the vocabulary | fg12, plain text"
    )
    row_separator: Literal["newline", "none"] = Field("newline", description="bsd: between canvas rows")
    variant: Literal["full", "i-rle", "r-rle"] = Field("r-rle", description="isd: run lengths used")
    dialect: Literal["paper", "released"] = Field("paper", description="isd: as printed, or as in the released scripts")

    @model_validator(mode="after")
    def _only_its_own_keys(self) -> CodecSpec:
        foreign = {"bsd": {"variant", "dialect"}, "isd": {"bricks", "row_separator"}}[self.name]
        if misplaced := sorted(foreign & self.model_fields_set):
            raise ValueError(f"codec {self.name!r} has no key {misplaced[0]!r}")
        return self
