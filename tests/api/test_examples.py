"""The scripts in `examples/` run as they stand, on what `t4s demo` makes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.py"))
SAID = {
    "encode_and_decode": ["bsd-64: ", "IoU of what comes back 0.9", "mug (100, 75, 130, 90) mended: missing-tag"],
    "look_at_a_corpus": ["Corpus('demo/corpus', rows=", "<image>\n", "<ref>", " pixels of (", "regions or more: "],
    "read_a_source": ["COCO_train2014_", " pixels, refer_seg/images", "not usable: {"],
    "score_answers": ["refcoco referring-segmentation: ", " 1 repaired, {'ciou': '"],
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("user")
    command = [sys.executable, "-m", "t4s_data", "demo", "demo"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder


def test_every_example_is_tried_and_short():
    assert [path.stem for path in EXAMPLES] == sorted(SAID)
    assert all(len(path.read_text().splitlines()) < 30 for path in EXAMPLES)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs(path: Path, demo: Path):
    command = [sys.executable, "-W", "error", str(path)]
    done = subprocess.run(command, cwd=demo, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    missing = [words for words in SAID[path.stem] if words not in done.stdout]
    assert not missing, done.stdout
