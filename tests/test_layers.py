"""Imports run one way: each room imports only rooms above it in the list; only `pipelines` knows Beam."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[1]
# fmt: off
ORDER = [
    "errors", "registry", "choice", "counts", "reading", "masks", "sample", "codecs", "manifest", "tokens", "files",
    "annotations",
    "sources", "conversation", "recipe", "corpus", "leaks", "build", "audit", "verification", "hub", "report",
    "export", "evaluation", "synthetic", "api",
]
# fmt: on
"""The rooms and single modules of `t4s_data`, each after all that it may import."""
FACES = {"__init__", "__main__"}
REGISTRIES = {"sources", "export"}
"""Rooms with a file per registered thing, which may hold more than eleven."""


def modules(folder: str) -> list[Path]:
    return sorted((REPO / folder).rglob("*.py"))


def imports_of(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{name.name}" for name in node.names)


def room(dotted: str) -> str:
    return dotted.split(".")[1] if "." in dotted else dotted


def test_every_module_has_a_room():
    found = {path.relative_to(REPO / "t4s_data").parts[0].removesuffix(".py") for path in modules("t4s_data")}
    assert found - FACES == set(ORDER)


def test_contributors_are_shown_the_same_rooms():
    table = (REPO / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("| room |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)/?` \|", table, re.MULTILINE) == ORDER


@pytest.mark.parametrize("path", modules("t4s_data"), ids=lambda path: path.relative_to(REPO).as_posix())
def test_no_import_runs_backward(path: Path):
    own = path.relative_to(REPO / "t4s_data").parts[0].removesuffix(".py")
    targets = {name for name in imports_of(path) if name.split(".")[0] in ("t4s_data", "pipelines", "schemas")}
    if own in FACES:
        return
    assert not [name for name in targets if not name.startswith("t4s_data.")], "t4s_data imports itself alone"
    rooms = {room(name) for name in targets} - {"__version__"}
    assert not [name for name in rooms if ORDER.index(name) > ORDER.index(own)]


def test_rooms_are_neither_closets_nor_halls():
    for folder in {path.parent for path in modules("t4s_data")} - {REPO / "t4s_data"}:
        files = [path for path in folder.glob("*.py") if path.stem not in FACES]
        most = 100 if folder.name in {*REGISTRIES, "layouts"} else 11
        assert 3 <= len(files) <= most, folder
        assert ast.get_docstring(ast.parse((folder / "__init__.py").read_text())), folder


WALK = """
import importlib, pkgutil, sys
package = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print(*sorted({name.split(".")[0] for name in sys.modules}))
"""


def test_the_library_does_not_know_beam():
    done = subprocess.run([sys.executable, "-c", WALK, "t4s_data"], capture_output=True, text=True, check=True)
    assert "t4s_data" in done.stdout.split()
    assert not set(done.stdout.split()) & {"apache_beam", "pipelines"}
