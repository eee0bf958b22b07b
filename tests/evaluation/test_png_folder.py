"""Masks come back from PNG files as they went in, and no id leads out of the folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from t4s_data.codecs.bsd import BoxCodec
from t4s_data.evaluation.answers import Answer, Reader
from t4s_data.evaluation.png_folder import PngFolder, stem_of

SIZE = (30, 50)


@pytest.fixture
def answer() -> Answer:
    rng = np.random.default_rng(0)
    codec = BoxCodec(8)
    regions = [(label, rng.random((8, 8)) < 0.3) for label in ("cat", "größer als 5")]
    return Reader(codec).read("\n".join(codec.encode(regions)), SIZE)


def test_one_file_a_region_with_its_label(answer: Answer, tmp_path: Path):
    PngFolder(tmp_path).add("a/b#0", answer, SIZE)
    paths = sorted(tmp_path.rglob("*.png"))
    assert [path.relative_to(tmp_path).as_posix() for path in paths] == ["a/b#0-0.png", "a/b#0-1.png"]
    for path, region in zip(paths, answer.regions, strict=True):
        with Image.open(path) as image:
            assert image.mode == "L"
            assert image.info["label"] == region.label
            assert (np.asarray(image) == np.where(region.cover.dense(), 255, 0)).all()


def test_one_file_an_answer_black_if_it_is_empty(answer: Answer, tmp_path: Path):
    folder = PngFolder(tmp_path, united=True)
    folder.add("full", answer, SIZE)
    folder.add("empty", Answer(()), SIZE)
    assert answer.cover is not None
    with Image.open(tmp_path / "full.png") as full, Image.open(tmp_path / "empty.png") as empty:
        assert (np.asarray(full) == np.where(answer.cover.dense(), 255, 0)).all()
        assert empty.size == (50, 30)
        assert not np.asarray(empty).any()


NAMES = ["../x", "/etc/passwd", "a//b", ".", "..", "a/../b", "a\\b", "a\0b", "", "%", "refcoco/unc-val/1-2#0", "é/ü"]


def test_no_id_leads_out_of_the_folder_and_different_ids_do_not_meet(tmp_path: Path):
    stems = [stem_of(name) for name in NAMES]
    assert len(set(stems)) == len(NAMES)
    for stem in stems:
        assert (tmp_path / f"{stem}.png").resolve().is_relative_to(tmp_path.resolve())
        assert not {"", ".", ".."} & set(stem.split("/"))
