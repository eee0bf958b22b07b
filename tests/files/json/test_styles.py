"""The style of JSON changes no row: every layout of the synthetic world, written anew in styles that are all legal."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from t4s_data.build.steps import build_shard, stage_parts
from t4s_data.build.work import Unit, Work
from t4s_data.recipe.files import find_recipe, read_recipe
from t4s_data.recipe.parts import Part, parts_of
from t4s_data.recipe.spec import Recipe
from t4s_data.synthetic.generate import write_world

OWN = [
    {"name": "coco-instances", "splits": ["train2017"]},
    {"name": "coco-instances", "splits": ["val2017"], "negatives": "exhaustive", "crowd": "use"},
    {"name": "mask-folder"},
]
BOM = b"\xef\xbb\xbf"
MARKER = "synthetic.json"


class Style:
    """A way to write JSON: white space, the order of keys, escapes, a byte-order mark; `random` draws the rest."""

    def __init__(self, seed: int, *, spaces: list[str], bom: bool, ascii_only: bool, escaped: bool) -> None:
        self._random = Random(seed)
        self._spaces = spaces
        self._bom = bom
        self._ascii_only = ascii_only
        self._escaped = escaped

    def file(self, value: Any) -> bytes:
        text = self._space() + self._value(value) + self._space()
        return (BOM if self._bom else b"") + text.encode()

    def line(self, value: Any) -> str:
        spaces, self._spaces = self._spaces, ["", " ", "\t"]
        text = self._value(value)
        self._spaces = spaces
        return text

    def _space(self) -> str:
        return self._random.choice(self._spaces)

    def _value(self, value: Any) -> str:
        if isinstance(value, dict):
            names = list(value)
            self._random.shuffle(names)
            members = [f"{self._text(name)}{self._space()}:{self._space()}{self._value(value[name])}" for name in names]
            return "{" + self._joined(members) + "}"
        if isinstance(value, list):
            return "[" + self._joined([self._value(item) for item in value]) + "]"
        return self._text(value) if isinstance(value, str) else json.dumps(value)

    def _joined(self, parts: list[str]) -> str:
        return ",".join(f"{self._space()}{part}{self._space()}" for part in parts) if parts else self._space()

    def _text(self, value: str) -> str:
        if not self._escaped:
            return json.dumps(value, ensure_ascii=self._ascii_only)
        return f'"{"".join(map(self._sign, value))}"'

    def _sign(self, sign: str) -> str:
        """A character as it is, or in one of its escapes."""
        plain = json.dumps(sign, ensure_ascii=self._ascii_only)[1:-1]
        if sign == "/":
            return self._random.choice(["\\/", "\\u002f", "\\u002F"])
        return f"\\u{ord(sign):04x}" if sign.isascii() and self._random.random() < 0.1 else plain


STYLES = st.builds(
    Style,
    st.integers(0, 2**32),
    spaces=st.sampled_from([[""], [" "], ["\n", "\n  "], ["\r\n", "\r\n\t", ""], ["", " ", "\n", "\t", "\r"]]),
    bom=st.booleans(),
    ascii_only=st.booleans(),
    escaped=st.booleans(),
)


def whole_recipe(root: Path) -> list[Part]:
    """The parts of the paper's mixture and of a user's own data."""
    whole, _ = read_recipe(find_recipe("text4seg-pp"))
    own = [Recipe.model_validate({"name": "own", "source": [source]}) for source in OWN]
    return [part for recipe in (whole, *own) for part in parts_of(recipe, root)]


def json_files(root: Path) -> Iterator[Path]:
    return (path for path in sorted(root.rglob("*.json*")) if path.is_file() and path.name != MARKER)


def restyled(path: Path, style: Style) -> bytes:
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Some ReasonSeg files are Windows-1252, which no other style of JSON can be.
        return data
    if path.suffix == ".jsonl":
        return "".join(style.line(json.loads(line)) + "\r\n" for line in text.splitlines() if line).encode()
    try:
        return style.file(json.loads(text))
    except ValueError:
        return data


def digests(root: Path, work: Path) -> dict[str, str]:
    """The digest of every shard of every part: what a corpus is made of."""
    found = {}
    folder = Work(work)
    for number, part in enumerate(whole_recipe(root)):
        stage_parts([part], folder)
        for unit in {Unit(number, unit.block, 0): None for unit in folder.units(number, part)}:
            build_shard(part, unit, folder, strict=False)
            if (shard := folder.shard(part, unit)).exists():
                found[f"{number}-{part.name}-{unit.block}"] = sha256(shard.read_bytes()).hexdigest()
    return found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A world of all sources, and the digests of its shards."""
    root = tmp_path_factory.mktemp("plain")
    write_world(root, scale=0.0001)
    return root, digests(root, tmp_path_factory.mktemp("work"))


def test_every_source_is_there(world: tuple[Path, dict[str, str]]):
    assert {name.split("-", 1)[1].split("/")[0] for name in world[1]} == {
        part.source for part in whole_recipe(world[0])
    }


@settings(max_examples=2)
@given(style=STYLES)
def test_no_style_changes_a_byte_of_the_corpus(
    world: tuple[Path, dict[str, str]], tmp_path_factory: pytest.TempPathFactory, style: Style
):
    plain, expected = world
    root = tmp_path_factory.mktemp("styled")
    shutil.copytree(plain, root, dirs_exist_ok=True, copy_function=shutil.copyfile)
    changed = 0
    for path in json_files(root):
        before = path.read_bytes()
        path.write_bytes(after := restyled(path, style))
        changed += before != after
    assert changed > 10
    assert digests(root, root / "work") == expected
    shutil.rmtree(root)
