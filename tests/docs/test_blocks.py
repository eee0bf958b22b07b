"""What the pages show is true: Python runs and prints what stands there, commands and recipes are accepted."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer

from docs.generate.blocks import PAGES, blocks, commands, title
from pipelines.cli import app
from pipelines.commands.demo import demo
from t4s_data.corpus.reader import find_row
from t4s_data.recipe.files import find_recipe
from t4s_data.recipe.parts import parts_of
from t4s_data.recipe.spec import Recipe

LANGUAGES = {"", "text", "sh", "python", "toml", "json", "csv", "bibtex"}
OUTPUT = re.compile(r"^# ?(.*)$")


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the pages speak of: data in DATA, a corpus in OUT."""
    folder = tmp_path_factory.mktemp("place")
    demo(folder / "demo")
    (folder / "DATA").symlink_to(folder / "demo/data")
    (folder / "OUT").symlink_to(folder / "demo/corpus")
    return folder


def pages_with(language: str) -> list[Any]:
    return [
        pytest.param(page, id=title(page))
        for page in PAGES
        if any(block.language == language for block in blocks(page))
    ]


@pytest.mark.parametrize("page", PAGES, ids=title)
def test_blocks_say_their_language(page: Path):
    assert {block.language for block in blocks(page)} <= LANGUAGES


@pytest.mark.parametrize("page", pages_with("python"))
def test_python_runs_and_prints_what_stands_below_it(page: Path, place: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(place)
    names: dict[str, Any] = {}
    for block in blocks(page):
        if block.language == "python":
            for code, expected in statements(block.text):
                printed = io.StringIO()
                with contextlib.redirect_stdout(printed):
                    exec(compile(code, f"{title(page)}:{block.line}", "exec"), names)
                if expected:
                    assert printed.getvalue().splitlines() == expected, f"{title(page)}:{block.line}"


def statements(text: str) -> list[tuple[str, list[str]]]:
    """Code up to each comment that follows a print, and the lines of that comment: what it prints."""
    found: list[tuple[str, list[str]]] = []
    code: list[str] = []
    expected: list[str] = []
    printing = False
    for line in text.splitlines():
        output = OUTPUT.match(line)
        if output and printing:
            expected.append(output[1])
            continue
        if expected:
            found.append(("\n".join(code), expected))
            code, expected = [], []
        printing = line.startswith("print(") or (printing and line.startswith((" ", ")")))
        code.append(line)
    return [*found, ("\n".join(code), expected)]


def test_what_is_printed_is_compared():
    assert statements("a = 1\nprint(a)\n# 1\n# 2\nb = 2\n") == [("a = 1\nprint(a)", ["1", "2"]), ("b = 2", [])]


COMMANDS = [
    pytest.param(line, id=f"{title(page)}:{block.line}: {line[:60]}")
    for page in PAGES
    for block in blocks(page)
    if block.language in {"sh", ""}
    for line in commands(block.text)
]


@pytest.mark.parametrize("line", COMMANDS)
def test_commands_are_accepted(line: str):
    parse(shlex.split(line, comments=True)[1:])


@pytest.mark.parametrize("line", ["t4s biuld refcoco", "t4s build refcoco --out OUT", "t4s plan --no-such-option x"])
def test_commands_that_are_not_are_found(line: str):
    with pytest.raises(Exception, match=r"biuld|data_root|no-such-option"):
        parse(shlex.split(line)[1:])


def parse(words: list[str]) -> None:
    group: Any = typer.main.get_command(app)
    name, *rest = words
    command = group.get_command(None, name)
    assert command, f"there is no command {name}"
    command.make_context(name, rest, help_option_names=["-h", "--help"])


NAMED = re.compile(r"`(t4s [a-z-]+)[^`]*`")


@pytest.mark.parametrize("page", PAGES, ids=title)
def test_commands_in_sentences_exist(page: Path):
    group: Any = typer.main.get_command(app)
    named = {found[1].split()[1] for found in NAMED.finditer(page.read_text(encoding="utf-8"))}
    assert named <= set(group.commands)


TABLES = [
    pytest.param(block.text, id=f"{title(page)}:{block.line}")
    for page in PAGES
    for block in blocks(page)
    if block.language == "toml"
]


@pytest.mark.parametrize("text", TABLES)
def test_recipes_can_be_planned(text: str):
    table = tomllib.loads(text)
    if "source" not in table:
        table["source"] = [{"name": "refcoco"}]
    table.setdefault("name", "page")
    parts_of(Recipe.model_validate(table), Path())


@pytest.mark.parametrize("page", pages_with("json"))
def test_json_is_json(page: Path):
    for block in blocks(page):
        if block.language == "json":
            for line in block.text.splitlines():
                json.loads(line)


@pytest.mark.parametrize("page", PAGES, ids=title)
def test_recipes_in_commands_are_shipped(page: Path):
    for block in blocks(page):
        for line in commands(block.text):
            words = shlex.split(line, comments=True)[1:]
            if words[0] in {"plan", "build"} and not words[1].endswith(".toml"):
                find_recipe(words[1])


def test_the_readmes_row_is_the_demos(place: Path):
    page = PAGES[[title(page) for page in PAGES].index("README.md")]
    [shown] = [block.text for block in blocks(page) if block.text.startswith("user")]
    row = find_row(place / "OUT", "refcoco/unc-train/0-0#0")
    asked, answered = (message.content.splitlines() for message in row.messages)
    lines = [line[11:] for line in shown.splitlines()]
    cut = lines.index("...")
    assert lines[: len(asked)] == asked
    assert lines[len(asked) : cut] == answered[: cut - len(asked)]
    assert lines[cut + 1 :] == answered[-(len(lines) - cut - 1) :]
