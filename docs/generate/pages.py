"""The pages of the site: those written by hand with their generated parts filled in, and the generated ones."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from docs.generate.accounts import reasons
from docs.generate.api import public_names
from docs.generate.commands import command_pages
from docs.generate.drawing import drawing
from docs.generate.recipe_keys import recipe_keys, shipped_recipes
from docs.generate.sources import source_pages, source_table

CHECKOUT = Path(__file__).resolve().parents[2]
WRITTEN = CHECKOUT / "docs"

PARTS: Mapping[str, Callable[[], str]] = {
    "recipe-keys": recipe_keys,
    "shipped-recipes": shipped_recipes,
    "source-table": source_table,
    "commands": command_pages,
    "public-names": public_names,
    "reasons": reasons,
}
"""What may stand in a page as `<!-- generated: NAME -->`."""

_PART = re.compile(r"<!-- generated: ([a-z-]+) -->")
_COPIED = frozenset({".md", ".css", ".js", ".png", ".svg"})


def lay_out(folder: Path) -> None:
    """Write every page of the site to a folder, which is emptied before."""
    shutil.rmtree(folder, ignore_errors=True)
    for path in sorted(WRITTEN.rglob("*")):
        if path.suffix in _COPIED and path.is_file():
            _copy(path, folder / path.relative_to(WRITTEN))
    for name in ("CONTRIBUTING.md", "CHANGELOG.md"):
        text = (CHECKOUT / name).read_text(encoding="utf-8")
        _write(folder / name.lower(), text.replace("](docs/", "]("))
    for name, text in source_pages().items():
        _write(folder / "sources" / f"{name}.md", text)
    _write(folder / "images" / "descriptors.svg", drawing())


def filled(text: str) -> str:
    """A page with its generated parts in place of their marks."""
    return _PART.sub(lambda mark: PARTS[mark[1]](), text)


def _copy(path: Path, target: Path) -> None:
    if path.suffix == ".md":
        _write(target, filled(path.read_text(encoding="utf-8")))
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def _write(target: Path, text: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8", newline="\n")
