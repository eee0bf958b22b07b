"""A person who does what a page says, from its first block to its last, gets the corpus that it speaks of."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from docs.generate.blocks import CHECKOUT, blocks, commands
from pipelines.cli import main
from t4s_data.corpus.reader import find_row
from t4s_data.masks.mask import Mask


@pytest.fixture
def kitchen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mask:
    """The folder that the pages on own masks begin with, made the current one; the mug's mask."""
    monkeypatch.chdir(tmp_path)
    folder = Path("DATA/masks/train")
    Path("MINE").symlink_to(folder)
    pixels = np.zeros((48, 64), dtype=np.uint8)
    pixels[20:40, 10:30] = 255
    for name, image in (("images/kitchen.jpg", np.full((48, 64, 3), 90, np.uint8)), ("masks/kitchen.png", pixels)):
        (folder / name).parent.mkdir(parents=True)
        Image.fromarray(image).save(folder / name)
    return Mask.from_dense(pixels > 0)


def section(page: str, title: str) -> list[tuple[str, str]]:
    """Language and text of the blocks below a heading."""
    lines = (CHECKOUT / page).read_text(encoding="utf-8").splitlines()
    start = lines.index(f"## {title}")
    end = next((n for n in range(start + 1, len(lines)) if lines[n].startswith("## ")), len(lines))
    return [(block.language, block.text) for block in blocks(CHECKOUT / page) if start < block.line <= end]


@pytest.mark.parametrize(
    ("page", "title"), [("README.md", "Your own masks"), ("docs/masks.md", "Images, masks and a table")]
)
def test_own_masks_become_the_corpus_that_the_page_shows(kitchen: Mask, page: str, title: str):
    for language, text in section(page, title):
        if language == "csv":
            Path("DATA/masks/train/records.csv").write_text(text, encoding="utf-8")
        for line in commands(text):
            with pytest.raises(SystemExit) as ended:
                main(shlex.split(line, comments=True)[1:])
            assert ended.value.code == 0, line
    row = find_row(Path("OUT"), "mask-folder/train/kitchen-0#0")
    [region] = row.regions
    assert region.label == "the mug on the left, next to the sink"
    assert Mask.from_rle(region.rle, row.height, row.width) == kitchen
    assert list(Path().glob("mask-folder_train_kitchen-0-0.png"))
