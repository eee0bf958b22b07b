"""Segmentation fields on their way to the workers: checked for their form, kept as JSON text.

No pixel is touched: whether a segmentation makes a mask is for :meth:`t4s_data.masks.mask.Mask.from_parts` to say.
"""

from __future__ import annotations

from typing import Any

import msgspec

from t4s_data.errors import RecordError


class _RunLengths(msgspec.Struct):
    size: list[int]
    counts: str | list[int]


_Segmentation = list[list[float] | _RunLengths] | _RunLengths | None
_decode = msgspec.json.Decoder(_Segmentation).decode
_encode = msgspec.json.Encoder().encode


def compact(segmentation: msgspec.Raw) -> msgspec.Raw:
    """JSON text without white space, once it is polygons, an RLE object, a list of RLE objects, or null.

    Raises:
        RecordError: `bad-mask`.

    >>> bytes(compact(msgspec.Raw(b'{"size": [2, 3],\\n "counts": [0, 6]}')))
    b'{"size":[2,3],"counts":[0,6]}'
    """
    try:
        _decode(segmentation)
        return msgspec.Raw(msgspec.json.format(segmentation, indent=-1))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RecordError("bad-mask", f"segmentation: {error}") from None


def packed(segmentation: Any) -> msgspec.Raw:
    """A segmentation that was read already as compact JSON text, checked as by :func:`compact`.

    Raises:
        RecordError: `bad-mask`.

    >>> bytes(packed([[1, 1, 4.5, 1, 4, 3]]))
    b'[[1,1,4.5,1,4,3]]'
    """
    try:
        text = msgspec.Raw(_encode(segmentation))
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise RecordError("bad-mask", f"segmentation: {error}") from None
    return compact(text)
