"""The pages that people read, and the blocks of code in them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt

CHECKOUT = Path(__file__).resolve().parents[2]
PAGES = sorted([CHECKOUT / "README.md", CHECKOUT / "CONTRIBUTING.md", *(CHECKOUT / "docs").rglob("*.md")])


class Block(NamedTuple):
    """A fenced block: its language, its text and the line of the page that it begins on."""

    language: str
    text: str
    line: int


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page in order."""
    for token in MarkdownIt().parse(page.read_text(encoding="utf-8")):
        if token.type == "fence":
            yield Block(token.info.strip(), token.content, (token.map or [0])[0] + 1)


def title(page: Path) -> str:
    """The page's path in the checkout."""
    return page.relative_to(CHECKOUT).as_posix()


def commands(text: str) -> Iterator[str]:
    """The `t4s` commands of a block, each a line; lines that end in a backslash go on."""
    for line in text.replace("\\\n", " ").splitlines():
        words = line.strip().removeprefix(".venv/bin/")
        if words.startswith("t4s "):
            yield words
