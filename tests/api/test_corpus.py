"""`t4s_data.open_source`, `Corpus` and `score`, against what the commands and `datasets` give."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from datasets import load_dataset
from pycocotools import mask as coco

import t4s_data as t4s
from t4s_data.corpus.row import Row


def test_a_source_gives_what_is_planted_and_says_what_it_could_not_use(data_root: Path):
    planted = json.loads((data_root / "synthetic.json").read_text())["sources"]["refcoco"]["splits"]["unc-val"]
    source = t4s.open_source("refcoco", data_root, split="val")
    samples = list(source)
    assert len(samples) == planted["kept"]
    assert {reject.reason for reject in source.rejects} == set(planted["quarantined"])
    assert len(source.rejects) == sum(planted["quarantined"].values())
    assert list(source) == samples
    assert len(source.rejects) == sum(planted["quarantined"].values()), "of the last reading"
    sample = samples[0]
    assert sample.image is not None
    assert sample.regions[0].mask.dense().shape == (sample.image.height, sample.image.width)


@pytest.mark.parametrize(
    ("name", "keys", "message"),
    [
        ("refcocoo", {}, "no source is named 'refcocoo'; there are coco-panoptic, refcoco, "),
        ("refcoco", {"split": "test"}, "source 'refcoco' has no split 'test' by 'unc'; it has google: "),
        ("refcoco", {"split_by": "umd"}, "has no split 'train' by 'umd'"),
        ("refcoco", {"min_texts": 2}, "source 'refcoco' has no key 'min_texts'; only reasonseg has it"),
        ("refcoco", {"color": 2}, "color: no such key; allowed are annotations, as_split"),
        ("reasonseg", {}, "reasonseg: not found: .*how to get reasonseg:"),
    ],
)
def test_what_cannot_be_opened_is_told(name: str, keys: dict[str, Any], message: str, data_root: Path):
    with pytest.raises(t4s.T4SError, match=f"(?s){message}"):
        t4s.open_source(name, data_root, **keys)


def test_rows_are_those_that_datasets_reads_in_its_order(corpus: Path):
    opened = t4s.Corpus(corpus)
    for split in opened.splits:
        wanted = load_dataset(str(corpus), split=split)
        assert [row.id for row in opened.rows(split=split)] == wanted["id"]
    assert len(opened) == len(list(opened)) == sum(len(list(opened.rows(source=name))) for name in opened.sources)


def test_a_row_has_its_masks_as_pycocotools_reads_them(corpus: Path, rows: dict[str, Row]):
    opened = t4s.Corpus(str(corpus))
    for plain in [next(row for row in rows.values() if row.source == source) for source in opened.sources]:
        row = opened[plain.id]
        assert row.labels == [region.label for region in plain.regions]
        for mask, box, region in zip(row.masks, row.boxes, plain.regions, strict=True):
            size = [plain.height, plain.width]
            assert (mask == coco.decode({"size": size, "counts": region.rle}).astype(bool)).all()
            assert box == (*np.argwhere(mask).min(0)[::-1], *(np.argwhere(mask).max(0)[::-1] + 1))
        assert row.answer == plain.messages[-1].content
        if plain.images:
            image = row.image()
            assert image is not None
            assert image.mode == "RGB"


def test_what_a_corpus_has_not_is_told(corpus: Path, tmp_path: Path):
    with pytest.raises(t4s.T4SError, match=r"no build\.json; not a whole corpus"):
        t4s.Corpus(tmp_path)
    opened = t4s.Corpus(corpus)
    with pytest.raises(t4s.T4SError, match="no row 'refcoco/x'; ids look like refcoco/"):
        opened["refcoco/x"]
    with pytest.raises(ValueError, match=r"expected the id of a row, found 0; rows\(\) gives all"):
        opened[0]  # type: ignore[index]
    for split in ("test", ""):
        with pytest.raises(t4s.T4SError, match=f"no split '{split}'; it has train, validation"):
            opened.rows(split=split)


def test_a_corpus_says_which_ids_it_has(corpus: Path):
    opened = t4s.Corpus(corpus)
    row = next(opened.rows())
    assert row.id in opened
    assert "refcoco/x" not in opened
    assert row not in opened


def test_what_is_no_path_is_told():
    with pytest.raises(ValueError, match="expected the path of a corpus that `t4s build` wrote, found None"):
        t4s.Corpus(None)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="expected the path of a corpus, or a Corpus, found 3"):
        t4s.score({}, 3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="expected the path of the folder below which the data lies, found ''"):
        t4s.open_source("refcoco", "")


def test_true_answers_score_the_same_by_id_in_order_and_from_a_file(corpus: Path, tmp_path: Path):
    opened = t4s.Corpus(corpus)
    answers = {row.id: row.answer for row in opened.rows(split="validation")}
    by_id = t4s.score(answers, opened, split="validation")
    assert by_id == t4s.score(list(answers.values()), corpus, split="validation", strict=True)
    records = [{"id": row_id, "text": text} for row_id, text in answers.items()]
    (tmp_path / "answers.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records))
    assert by_id == t4s.score(records, opened, split="validation")
    assert by_id == t4s.score(tmp_path / "answers.jsonl", opened, split="validation")
    [(group, figures)] = [(group, figures) for group, figures in by_id.items() if "segmentation" in group.task]
    assert (group.source, group.split, group.source_split) == ("refcoco", "validation", "unc-val")
    assert figures["rows"] == sum(1 for row in opened.rows(split="validation") if row.task == group.task)
    assert 50 < (figures["ciou"] or 0) <= 100
    silent = t4s.score({}, opened, split="validation", allow_missing=True)
    assert silent[group]["ciou"] == 0
    assert silent[group]["missing"] == figures["rows"]


@pytest.mark.parametrize(
    ("predictions", "message"),
    [
        ({}, "no prediction for .* rows, the first one refcoco/.*; allow_missing=True counts them as misses"),
        ({"refcoco/none#0": "x"}, "has no row 'refcoco/none#0'"),
        (["x"], "1 predictions without ids for"),
        ("answers.jsonl", r"expected predictions, found the text 'answers.jsonl'; a file is Path\(...\)"),
        ([1], "prediction number 0: expected a text, or a record with id and text, found 1"),
        (7, "expected texts by row id, records, texts in row order or a Path, found 7"),
    ],
)
def test_predictions_that_do_not_fit_are_told(predictions: Any, message: str, corpus: Path):
    with pytest.raises(t4s.T4SError, match=message):
        t4s.score(predictions, corpus, split="validation")
