"""Image file names as annotation files hold them."""

from __future__ import annotations

import re
from typing import Any

from t4s_data.errors import RecordError
from t4s_data.files.texts import shown

_MAX_NAME, _MAX_PATH = 255, 4096
# From the root of a disk, of a Windows drive, or of a server.
_ABSOLUTE = re.compile(r"[/\\]|[A-Za-z]:[/\\]|[a-z][a-z0-9+.-]*://")
_COCO = re.compile(r"(?:^|/)(?:COCO_[a-z]+20[0-9]{2}_)?([0-9]{12})\.jpg\Z")


def image_name(value: Any, field: str) -> str:
    """The image's path below a folder, with ``/``.

    What leaves the folder is refused: with embedding, it would carry any file of the machine into a
    corpus that gets published.

    Raises:
        RecordError: `bad-type`, it is no relative path that a file below the folder can have.

    >>> image_name("VG_100K/1.jpg", "image")
    'VG_100K/1.jpg'
    """
    if not isinstance(value, str) or not value:
        raise RecordError("bad-type", f"{field}: expected an image's path, found {shown(value)}")
    parts = value.split("/")
    if fault := _fault(value, parts):
        raise RecordError("bad-type", f"{field}: not a path below the folder of images: {shown(value)} {fault}")
    size = [len(part.encode("utf-8", "surrogatepass")) for part in parts]
    if not value.isprintable() or max(size) > _MAX_NAME or sum(size) + len(size) > _MAX_PATH:
        raise RecordError("bad-type", f"{field}: no file can have this name: {shown(value)}")
    return value


def _fault(value: str, parts: list[str]) -> str:
    """What keeps a name from being a path below the folder, and how to mend it; nothing where it is one."""
    mended = [part for part in value.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    if _ABSOLUTE.match(value):
        return f"is absolute; write what stands behind the folder of images, perhaps {shown(mended[-1:])[1:-1]}"
    if "\\" in value:
        return f"has backslashes; write {shown('/'.join(mended))}"
    if ".." in parts:
        return f"leaves the folder; write {shown('/'.join(mended))} and put the image there"
    if {"", "."} & set(parts):
        return f"has an empty part; write {shown('/'.join(mended))}"
    return ""


def coco_image_id(name: str) -> str | None:
    """The COCO image id in a file name of COCO 2014 or 2017, or None where it is another's.

    >>> coco_image_id("coco/train2017/000000033471.jpg"), coco_image_id("vg/VG_100K/2.jpg")
    ('33471', None)
    >>> coco_image_id("COCO_train2014_000000581857.jpg")
    '581857'
    """
    found = _COCO.search(name)
    return str(int(found[1])) if found else None
