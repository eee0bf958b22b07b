"""A short run of every fuzzing target, the inputs that once broke one, and single faults in every field."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO))

pytest.importorskip("atheris", reason="atheris has no build for this platform or Python")

from fuzz.decoders import check as check_text  # noqa: E402
from fuzz.faults import faulty  # noqa: E402
from fuzz.layouts import Layout  # noqa: E402
from fuzz.targets import TARGETS  # noqa: E402
from t4s_data.synthetic.generate import WRITERS  # noqa: E402

FOUND = sorted((Path(__file__).parent / "found").glob("*/*"))
EVERY = 7
"""One of so many faults is tried: some thousand over all layouts."""


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_breaks_in_a_few_seconds(name: str, tmp_path: Path):
    command = [sys.executable, "-m", "fuzz", name, "--seconds", "3", "--folder", str(tmp_path)]
    done = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False)
    line = next(line for line in done.stdout.splitlines() if line.startswith(name))
    assert done.returncode == 0, done.stdout
    assert int(line.split()[1].replace(",", "")) > 0, "no input was tried"


@pytest.mark.parametrize("path", FOUND, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_an_input_that_broke_a_target_does_so_no_more(path: Path):
    TARGETS[path.parent.name].check(path.read_bytes())


def test_a_broken_law_is_noticed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("fuzz.decoders._text_of", lambda codec, grids: "")
    seed = next(iter(TARGETS["decoders"].seeds()))
    with pytest.raises(AssertionError, match="accepted what encoding does not give"):
        check_text(seed)


@pytest.mark.slow
@pytest.mark.parametrize("name", WRITERS)
def test_a_fault_in_any_field_ends_in_a_row_a_reject_or_an_error(name: str):
    layout = Layout(name)
    tried = 0
    for number, (path, content) in enumerate(layout.files.items()):
        for _, value in islice(faulty(_parsed(path, content)), number % EVERY, None, EVERY):
            layout.check(bytes([number]) + _written(path, value))
            tried += 1
    assert tried > 5


def _parsed(path: Path, content: bytes) -> object:
    if path.suffix == ".json":
        return json.loads(content.decode("utf-8", "replace"))
    return pickle.loads(content, encoding="utf-8", errors="surrogateescape") if path.suffix == ".p" else [content.hex()]


def _written(path: Path, value: object) -> bytes:
    if path.suffix == ".p":
        return pickle.dumps(value, 2)
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
