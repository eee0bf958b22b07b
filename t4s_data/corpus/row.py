"""The row of a corpus, as a validated model and as `datasets` features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from datasets import Features


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RowMessage(_Model):
    """One turn; ``<image>`` in the content marks where the image goes."""

    role: Literal["user", "assistant", "system"]
    content: str


class RowRegion(_Model):
    """The truth behind one entry of the answer.

    ``box`` is [x1, y1, x2, y2] in canvas cells, inclusive; ``rle`` holds COCO compressed counts at
    full image size; ``area`` is in pixels; ``rescued`` says that nearest sampling missed the region.
    """

    label: str
    box: Annotated[list[int], Field(min_length=4, max_length=4)]
    rle: str
    area: Annotated[int, Field(gt=0)]
    rescued: bool


class RowImage(_Model):
    """An image by its path below the data root, or by its bytes."""

    path: str | None
    bytes: bytes | None


class Row(_Model):
    """One training sample; the README's row table says what each column means."""

    id: str
    source: str
    split: str
    task: str
    images: list[RowImage]
    width: int | None
    height: int | None
    messages: Annotated[list[RowMessage], Field(min_length=1)]
    regions: list[RowRegion]
    codec: str
    descriptor_tokens: Annotated[int, Field(ge=0)]
    answer_tokens: Annotated[int, Field(ge=0)]
    total_tokens: Annotated[int, Field(ge=0)]
    image_id: str | None
    license: str | None


def features(*, embed: bool) -> Features:
    """The columns as `datasets` sees them; images decode only when their bytes are embedded."""
    from datasets import Features, Image, List, Value

    text, count = Value("string"), Value("int32")
    region = {
        "label": text,
        "box": List(count, length=4),
        "rle": text,
        "area": Value("int64"),
        "rescued": Value("bool"),
    }
    return Features(
        {
            "id": text,
            "source": text,
            "split": text,
            "task": text,
            "images": List(Image(decode=embed)),
            "width": count,
            "height": count,
            "messages": List({"role": text, "content": text}),
            "regions": List(region),
            "codec": text,
            "descriptor_tokens": count,
            "answer_tokens": count,
            "total_tokens": count,
            "image_id": text,
            "license": text,
        }
    )
