"""Folders whose files belong together by their stems: `X.jpg` with `X.json`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from t4s_data.errors import DataError, OutsideError, RecordError
from t4s_data.files.json.item import Unread, item_in
from t4s_data.files.names import image_name
from t4s_data.files.texts import decoded, shown
from t4s_data.reading.bounds import MAX_IMAGE_BYTES
from t4s_data.reading.opening import read_file


def files_by_stem(folders: Iterable[Path], suffixes: Collection[str]) -> dict[str, list[Path]]:
    """The files directly in the folders that have one of the (lower-case) suffixes, in order of their names.

    Hidden files, which archive tools leave behind, are left out; a folder that is absent is empty.
    """
    found: dict[str, list[Path]] = {}
    files = [path for folder in folders if folder.is_dir() for path in folder.iterdir()]
    for path in sorted(files, key=lambda path: (path.name, path)):
        if path.suffix.lower() in suffixes and not path.name.startswith("."):
            found.setdefault(path.stem, []).append(path)
    return found


def files_below(folder: Path, endings: Iterable[str], without: Sequence[str] = ()) -> dict[str, list[Path]]:
    """The files anywhere below a folder whose names end so, by their paths below it without the ending, sorted.

    Endings that are a suffix alone (``.png``) are met in any capitals. Hidden files are left out, and those that
    end with one of ``without``.
    """
    wanted = sorted(endings, key=len, reverse=True)
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        below = path.relative_to(folder)
        ending = next((one for one in wanted if _ends(path.name, one)), None)
        if ending and not path.name.endswith(tuple(without)) and not _hidden(below) and path.is_file():
            found.setdefault(below.as_posix()[: -len(ending)], []).append(path)
    return found


def _ends(name: str, ending: str) -> bool:
    return name.lower().endswith(ending) if ending.startswith(".") else name.endswith(ending)


def _hidden(below: Path) -> bool:
    return any(part.startswith(".") for part in below.parts)


def only(files: Collection[Path], reason: str, what: str) -> Path:
    """The one file of a kind.

    Raises:
        RecordError: ``reason``, where there is none; `duplicate-key`, where there are several; `bad-type`,
            where it has a name that text cannot hold.
    """
    if not files:
        raise RecordError(reason, f"there is no {what}")
    if len(files) > 1:
        raise RecordError("duplicate-key", f"more than one {what}: {shown([path.name for path in files])}")
    (path,) = files
    image_name(path.name, "file name")
    return path


def key_of_stem(stem: str) -> str:
    """A stem as a key, where a name that is not UTF-8 shows its bytes.

    >>> key_of_stem("a\\udce9")
    'a\\\\udce9'
    """
    return stem.encode("utf-8", "backslashreplace").decode()


def read_object(path: Path, *members: str) -> dict[str, Any] | Unread:
    """The JSON object in a small file of UTF-8 or Windows-1252 text.

    Where something in it cannot be read, why, and what those ``members`` are that say which records are lost.

    Raises:
        RecordError: `bad-json` or `bad-type`, it is no object.
    """
    try:
        value = item_in(path, decoded(read_file(path, MAX_IMAGE_BYTES)).encode()).told(*members)
        msgspec.json.encode(value if isinstance(value, dict) else None)
    except OutsideError as error:
        raise RecordError("outside-root", str(error)) from None
    except (DataError, OSError, OverflowError) as error:
        raise RecordError("bad-json", f"{path.name}: {error}") from None
    if not isinstance(value, dict | Unread):
        raise RecordError("bad-type", f"{path.name}: expected an object, found {shown(value)}")
    return value


def list_in(record: dict[str, Any], field: str) -> list[Any]:
    """A list field.

    Raises:
        RecordError: `bad-type`, the field is absent or no list.
    """
    value = record.get(field)
    if not isinstance(value, list):
        raise RecordError("bad-type", f"{field}: expected a list, found {shown(value)}")
    return value
