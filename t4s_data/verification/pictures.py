"""The image of a row: where its path leads, and whether it is there and of the size that the row says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from t4s_data.choice import draw
from t4s_data.corpus.row import Row
from t4s_data.errors import RecordError
from t4s_data.files.images import size_of
from t4s_data.reading.pictures import opened
from t4s_data.verification.problems import shown

_STRANGE = re.compile(r"[\x00-\x1f\x7f\\]|^[A-Za-z]:|^[a-z]+://")


@dataclass(frozen=True, slots=True)
class PictureRules:
    """How images are checked: ``embed`` says that rows hold their bytes.

    Else ``data_root`` is where they lie, if they are to be opened, and ``share`` of how many in 2**64 of them.
    """

    embed: bool
    data_root: Path | None = None
    share: int = 1 << 64


def check_picture(row: Row, rules: PictureRules) -> Iterator[str]:
    """Everything that is wrong with a row's image and its size."""
    if len(row.images) > 1:
        yield f"images holds {len(row.images)}, expected one or none"
    if not row.images and (row.width is not None or row.height is not None):
        yield f"width and height are {row.width} and {row.height} without an image"
    if (row.width is None) != (row.height is None) or 0 in (row.width, row.height):
        yield f"width and height are {row.width} and {row.height}"
    for image in row.images:
        if (image.bytes is None) == rules.embed:
            yield f"images: {'no bytes' if rules.embed else 'bytes'} in a corpus whose images are " + (
                "embedded" if rules.embed else "paths"
            )
        elif problem := _path_problem(image.path, embed=rules.embed):
            yield f"images: path {shown(image.path)} {problem}"
        elif (found := _size(image.path or "", image.bytes, rules)) is not None:
            yield from _compared(image.path or "", found, (row.width, row.height))


def _path_problem(path: str | None, *, embed: bool) -> str:
    if not path:
        return "is empty"
    if _STRANGE.search(path) or path.startswith("/") or path != path.strip("/"):
        return "is not relative with /"
    if any(part in ("", ".", "..") for part in path.split("/")):
        return "leaves the data root or is not in its plain form"
    return "is a file's name and a folder" if embed and "/" in path else ""


def _compared(path: str, found: tuple[int, int] | str, said: tuple[int | None, int | None]) -> Iterator[str]:
    if isinstance(found, str):
        yield f"images: {found}"
    # Sources that do not say how large their images are leave both out in path mode.
    elif said not in {(None, None), found}:
        yield f"images: {path} is {found[0]} x {found[1]} pixels, the row says {said[0]} x {said[1]}"


def _size(path: str, data: bytes | None, rules: PictureRules) -> tuple[int, int] | str | None:
    if data is not None:
        return _attempt(path, data)
    if rules.data_root is None or draw(0, "verify", path) >= rules.share:
        return None
    return _size_of(rules.data_root, path)


def _attempt(path: str, data: bytes) -> tuple[int, int] | str:
    try:
        with opened(data, path) as image:
            return image.size
    except RecordError as error:
        return str(error)


@lru_cache(1 << 14)
def _size_of(root: Path, path: str) -> tuple[int, int] | str:
    try:
        return size_of(root / path)
    except RecordError as error:
        return f"{root / path}: {error}"
