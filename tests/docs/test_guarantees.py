"""The page of guarantees names tests, files and targets that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs/guarantees.md").read_text(encoding="utf-8")
PROMISES = re.split(r"^## ", TEXT.split("## What is not promised", maxsplit=1)[0], flags=re.MULTILINE)[1:]


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`?((?:tests|benchmarks)/[\w./]+\w)`?", TEXT))))
def test_what_the_page_names_is_there(path):
    assert (ROOT / path).exists()


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`(tests/[\w/]+\.py)`", TEXT))))
def test_the_named_files_hold_tests(path):
    assert re.search(r"^(?:    )?def test_|TestCase", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("promise", PROMISES, ids=[promise.splitlines()[0] for promise in PROMISES])
def test_every_promise_names_its_test(promise):
    assert re.search(r"`tests/[\w/.]+`", promise)


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`make ([\w-]+)", TEXT))))
def test_named_targets_of_make_are_there(target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
