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


def read_records(path: Path) -> Iterator[MaskRecord | Reject]:
    """The rows of a ``.csv`` file or of JSON lines, in order; a row that cannot be read is named by its line.

    Empty cells are the same as none, and columns of other names are not looked at.

    Raises:
        DataError: a CSV file is not UTF-8 or has no column `image`.
    """
    rows, read = (_csv_rows(path), _of_cells) if path.suffix == ".csv" else (_lines(path), _of_json)
    for number, row in rows:
        try:
            yield _checked(read(row))
        except RecordError as error:
            yield Reject(f"[{number}]", error.reason, f"{path.name} line {number}: {error.detail}")


def _lines(path: Path) -> Iterator[tuple[int, Any]]:
    with open_file(path) as file:
        for number, line in enumerate(file, 1):
            if text := line.removeprefix(b"\xef\xbb\xbf").strip():
                yield number, text


def _csv_rows(path: Path) -> Iterator[tuple[int, Any]]:
    with TextIOWrapper(open_file(path), encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        try:
            if "image" not in (rows.fieldnames or ()):
                raise DataError(f"{path}: no column 'image'; the first line is {shown(rows.fieldnames)}")
            for row in rows:
                yield rows.line_num, row
        except (csv.Error, UnicodeDecodeError) as error:
            raise DataError(f"{path}: not CSV in UTF-8: {error}") from None


def _of_json(line: bytes) -> MaskRecord:
    return _converted(lambda: msgspec.json.decode(line, type=MaskRecord))


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
