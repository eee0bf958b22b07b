"""What a corpus folder lacks is named, and a row's truth is what it holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from t4s_data.corpus.reader import read_shard
from t4s_data.corpus.row import RowRegion
from t4s_data.errors import CorpusError
from t4s_data.evaluation.truth import TruthRow, find_shards, truth_of
from t4s_data.masks.mask import Mask
from t4s_data.sample import Turn


def test_a_folder_that_is_no_corpus_and_files_that_are_no_shards_are_named(tmp_path: Path):
    with pytest.raises(CorpusError, match="not a whole corpus"):
        find_shards(tmp_path)
    with pytest.raises(CorpusError, match=r"absent\.parquet: missing"):
        list(read_shard(tmp_path / "absent.parquet", TruthRow))
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and nothing else")
    with pytest.raises(CorpusError, match=r"broken\.parquet: not a Parquet file"):
        list(read_shard(tmp_path / "broken.parquet", TruthRow))


def test_the_truth_of_a_row_unites_its_regions_and_is_what_the_assistant_says_last():
    rng = np.random.default_rng(0)
    masks = [rng.random((20, 30)) < 0.3 for _ in range(3)]
    talk = [("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d"), ("user", "e")]
    row = TruthRow(
        id="x",
        split="val",
        task="multi-reasoning-segmentation",
        images=[],
        codec="bsd-8",
        height=20,
        width=30,
        messages=[Turn(role, content) for role, content in talk],
        regions=[RowRegion("a", [0, 0, 7, 7], Mask.from_dense(mask).rle, 1, False) for mask in masks],
    )
    truth = truth_of(row)
    assert truth.mask is not None
    assert (truth.mask.dense() == np.logical_or.reduce(masks)).all()
    assert (truth.answer, truth.size) == ("d", (20, 30))
    assert truth_of(replace(row, regions=[], height=None, width=None)).mask is None
