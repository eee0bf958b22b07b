"""What is wrong with a corpus: file, row and value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not as it has to be: the file below the corpus, the row in it if it is one, and what.

    >>> print(Problem("data/a/train.parquet", "area is 7, but the mask has 6 pixels", row=3, row_id="a/train/9#0"))
    data/a/train.parquet: row 3 'a/train/9#0': area is 7, but the mask has 6 pixels
    """

    file: str
    what: str
    row: int | None = None
    row_id: str = ""

    def __str__(self) -> str:
        place = "" if self.row is None else f" row {self.row} {self.row_id!r}:"
        return f"{self.file}:{place} {self.what}"


def shown(value: object, most: int = 120) -> str:
    """A value as a message shows it.

    >>> shown("a" * 200, most=10)
    "'aaaaaa..."
    """
    text = repr(value)
    return text if len(text) <= most else f"{text[: most - 3]}..."
