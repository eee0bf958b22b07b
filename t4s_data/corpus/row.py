"""The row of a corpus: one definition, from which the `datasets` columns and the typed reader are made."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta
from msgspec.inspect import (
    BoolType,
    Field,
    IntType,
    ListType,
    LiteralType,
    NoneType,
    StrType,
    StructType,
    Type,
    UnionType,
    type_info,
)

from t4s_data.sample import Turn

if TYPE_CHECKING:
    from datasets import Features

Int32 = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]
"""A whole number that a column of 32 bits holds."""
Bytes = bytes
Area = Annotated[int, Meta(gt=0)]
CellBox = Annotated[list[Int32], Meta(min_length=4, max_length=4)]
"""x1, y1, x2, y2 in canvas cells, inclusive."""
Messages = Annotated[list[Turn], Meta(min_length=1)]


class RowImage(msgspec.Struct, gc=False):
    """An image by its path below the data root, or by its bytes (then ``path`` is its file's name)."""

    path: str | None
    bytes: Bytes | None = None


class RowRegion(msgspec.Struct, gc=False):
    """The truth behind one entry of the answer.

    ``box`` is [x1, y1, x2, y2] in canvas cells, inclusive; ``rle`` holds COCO compressed counts at
    full image size; ``area`` is in pixels; ``rescued`` says that nearest sampling missed the region.
    """

    label: str
    box: CellBox
    rle: str
    area: Area
    rescued: bool


class Row(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One training sample; docs/corpus.md says what each column means.

    Other structs whose fields are some of these, of the same types, are narrower views of a row: a reader
    that is asked for one reads the columns of its fields alone (:func:`t4s_data.corpus.reader.read_shard`).
    """

    id: str
    source: str
    split: str
    task: str
    images: list[RowImage]
    width: Count | None
    height: Count | None
    messages: Messages
    regions: list[RowRegion]
    codec: str
    descriptor_tokens: Count
    answer_tokens: Count
    total_tokens: Count
    image_id: str | None
    license: str | None


TOKEN_COLUMNS = ("descriptor_tokens", "answer_tokens", "total_tokens")


@cache
def columns_of(kind: type[msgspec.Struct], *, pictures: bool = True) -> tuple[str, ...]:
    """The Parquet columns behind the fields of a view, those of nested structs one by one.

    Without ``pictures`` the bytes of images are left out, which :class:`RowImage` then holds as None.

    Raises:
        TypeError: a row has no such column, or one of another type.

    >>> columns_of(Row, pictures=False)[4:6]
    ('images.list.element.path', 'width')
    """
    known = {field.name: field.type for field in _fields(Row)}
    for field in _fields(kind):
        if known.get(field.name) != field.type:
            raise TypeError(f"{kind.__name__}.{field.name} is no column of a row, or one of another type")
    names = (field.name for field in _fields(kind))
    return tuple("images.list.element.path" if name == "images" and not pictures else name for name in names)


def features(*, embed: bool) -> Features:
    """The columns as `datasets` sees them; images decode only when their bytes are embedded."""
    from datasets import Features

    return Features({field.name: _feature(field.type, embed=embed) for field in _fields(Row)})


def _fields(kind: type[msgspec.Struct]) -> tuple[Field, ...]:
    info = type_info(kind)
    assert isinstance(info, StructType)
    return info.fields


def _feature(kind: Type, *, embed: bool) -> Any:
    """The `datasets` feature of a field's type: numbers are of 32 bits where their bounds say so."""
    from datasets import Image, List, Value

    if isinstance(kind, UnionType):
        (kind,) = (one for one in kind.types if not isinstance(one, NoneType))
    if isinstance(kind, ListType):
        length = kind.max_length if kind.max_length == kind.min_length and kind.max_length else -1
        return List(_feature(kind.item_type, embed=embed), length=length)
    if isinstance(kind, StructType):
        if kind.cls is RowImage:
            return Image(decode=embed)
        return {field.encode_name: _feature(field.type, embed=embed) for field in kind.fields}
    if isinstance(kind, IntType):
        return Value("int64" if kind.le is None else "int32")
    return Value(_NAMES[type(kind)])


_NAMES: Mapping[type[Type], str] = {StrType: "string", LiteralType: "string", BoolType: "bool"}
