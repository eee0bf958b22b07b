"""Small pieces of Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    r"""A table; a bar in a cell is escaped, a line break becomes one of HTML.

    >>> print(table(["a", "b"], [["1|2", "x\ny"]]))
    | a | b |
    |---|---|
    | 1&#124;2 | x<br>y |
    """
    lines = [columns, ["---"] * len(columns), *([_cell(text) for text in row] for row in rows)]
    return "\n".join(f"|{'|'.join(line)}|" if line[0] == "---" else f"| {' | '.join(line)} |" for line in lines)


def code(value: str) -> str:
    """Text as inline code; nothing where there is none. A bar, which would end a table's cell, stands as its number.

    >>> code("a"), code("a|b"), code("")
    ('`a`', '<code>a&#124;b</code>', '')
    """
    if "|" in value:
        return f"<code>{escape(value).replace('|', '&#124;')}</code>"
    return f"`{value}`" if value else ""


def _cell(text: str) -> str:
    return text.replace("|", "&#124;").replace("\n", "<br>")
