"""What a user says of each mask: a table of texts, as JSON lines or CSV."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import msgspec

from t4s_data.errors import DataError, RecordError
from t4s_data.files.names import image_name
from t4s_data.files.texts import shown, text_of
from t4s_data.reading.opening import open_file
from t4s_data.sample import Reject

UNNAMED = "roi0"
"""What a region is called that has a question and no label."""


class MaskRecord(msgspec.Struct, frozen=True):
    """One row: an image, its mask and the words that go with it; file names are relative to their folders."""

    image: str
    mask: str | None = None
    id: str | int | None = None
    label: str | None = None
    expression: str | None = None
    question: str | None = None
    answer: str | None = None
    license: str | None = None

    def words(self) -> tuple[str, str]:
        """What the region is called, and what is asked for.

        Raises:
            RecordError: `no-texts` without any of label, expression and question, `bad-type` with both of the
                latter two.
        """
        if self.expression and self.question:
            raise RecordError("bad-type", "both an expression and a question; a record has one of them")
        asked = self.expression or self.question or self.label
        if not asked:
            raise RecordError("no-texts", "neither label nor expression nor question")
        called = self.label or self.expression or UNNAMED
        return text_of(called, "label"), text_of(asked, "question" if self.question else "expression")


COLUMNS: frozenset[str] = frozenset(MaskRecord.__struct_fields__)
"""The columns of a table that are looked at."""
PARTINGS = (",", ";", "\t")
"""What may part the cells of a CSV file."""


def read_records(path: Path) -> Iterator[tuple[int, MaskRecord | Reject]]:
    """The rows of a ``.csv`` file or of JSON lines with their lines, in order; one that cannot be read is named so.

    Names of columns are read in any capitals, CSV is parted by commas, semicolons or tabs, and text that is not
    UTF-8 is Windows-1252 where nothing in the file speaks against it. Empty cells are the same as none, and
    columns of other names are not looked at.

    Raises:
        DataError: a CSV file is in neither encoding, has no column `image`, or a column twice.
    """
    rows, read = (_csv_rows(path), _of_cells) if path.suffix.lower() == ".csv" else (_lines(path), _of_json)
    for number, row in rows:
        try:
            yield number, _checked(read(row))
        except RecordError as error:
            yield number, Reject(f"[{number}]", error.reason, f"{path.name} line {number}: {error.detail}")


def encoding_of(path: Path) -> str:
    """`cp1252` if that is what all lines beyond ASCII are in, and none of them is UTF-8; else `utf-8-sig`.

    A file with both was put together from two: no encoding reads all of it.
    """
    windows = False
    with open_file(path) as file:
        for line in file:
            if line.isascii():
                continue
            if _is_in("utf-8", line) or not _is_in("cp1252", line):
                return "utf-8-sig"
            windows = True
    return "cp1252" if windows else "utf-8-sig"


def _is_in(encoding: str, line: bytes) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _lines(path: Path) -> Iterator[tuple[int, Any]]:
    windows = encoding_of(path) == "cp1252"
    with open_file(path) as file:
        for number, line in enumerate(file, 1):
            if text := line.removeprefix(b"\xef\xbb\xbf").strip():
                yield number, text.decode("cp1252").encode() if windows else text


def _csv_rows(path: Path) -> Iterator[tuple[int, Any]]:
    try:
        with TextIOWrapper(open_file(path), encoding=encoding_of(path), newline="") as file:
            parting, columns = _head(path, file.readline())
            # The first line is read again: in quotes a column's name may go on in the next.
            file.seek(0)
            rows = csv.DictReader(file, delimiter=parting)
            names = [_folded(name) for name in rows.fieldnames or ()]
            if twice := next((name for name in names if names.count(name) > 1 and name in COLUMNS), None):
                raise DataError(f"{path}: the column {twice!r} stands twice: {shown(columns)}")
            rows.fieldnames = names
            for row in rows:
                yield rows.line_num, row
    except (csv.Error, UnicodeDecodeError) as error:
        raise DataError(f"{path}: not CSV in UTF-8 or Windows-1252: {error}") from None


def _head(path: Path, line: str) -> tuple[str, list[str]]:
    """What parts the cells, and the first line's: the one separator with which a column is called `image`."""
    found = {parting: next(csv.reader([line], delimiter=parting), []) for parting in PARTINGS}
    fitting = {parting: cells for parting, cells in found.items() if "image" in map(_folded, cells)}
    if not fitting:
        raise DataError(f"{path}: no column 'image'; the first line is {shown(line.strip())}")
    parting = max(fitting, key=lambda one: len(COLUMNS & set(map(_folded, fitting[one]))))
    return parting, fitting[parting]


def _folded(name: str) -> str:
    return name.strip().strip("\ufeff").casefold()


def _of_json(line: bytes) -> MaskRecord:
    try:
        value = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RecordError("bad-type", str(error)) from None
    if isinstance(value, dict):
        names = [_folded(name) for name in value]
        if twice := next((name for name in names if names.count(name) > 1 and name in COLUMNS), None):
            raise RecordError("bad-type", f"{twice!r} stands twice")
        value = dict(zip(names, value.values(), strict=True))
    return _converted(lambda: msgspec.convert(value, MaskRecord))


def _of_cells(row: dict[Any, Any]) -> MaskRecord:
    # DictReader keeps what stands behind the last column under None.
    if None in row:
        raise RecordError("bad-type", f"more cells than columns: {shown(row[None])}; quote a text that has commas")
    return _converted(lambda: msgspec.convert({name: cell for name, cell in row.items() if cell}, MaskRecord))


def _converted(make: Callable[[], MaskRecord]) -> MaskRecord:
    try:
        return make()
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RecordError("bad-type", str(error)) from None


def _checked(record: MaskRecord) -> MaskRecord:
    image_name(record.image, "image")
    if record.mask:
        image_name(record.mask, "mask")
    return record
