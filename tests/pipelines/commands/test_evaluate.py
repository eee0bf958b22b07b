"""The command scores a predictions file against a corpus, whatever the order, the form and the workers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.evaluate import evaluate
from t4s_data.errors import CommandError, DataError
from t4s_data.evaluation.batches import Evaluation
from t4s_data.evaluation.metrics import total
from t4s_data.evaluation.predictions import read_predictions
from t4s_data.evaluation.scoring import Reading

Answers = dict[str, dict[str, str]]


def write(path: Path, texts: dict[str, str]) -> Path:
    path.write_text("".join(json.dumps({"id": row_id, "text": text}) + "\n" for row_id, text in texts.items()))
    return path


def every(answers: Answers) -> dict[str, str]:
    return {**answers["val"], **answers["test"]}


def spoiled(texts: dict[str, str]) -> dict[str, str]:
    return {row_id: text[: len(text) - 9 * (number % 4)] for number, (row_id, text) in enumerate(texts.items())}


def asked(path: Path, *choice: Any, **more: Any) -> Evaluation:
    return Evaluation(list(read_predictions(path)), *choice, **more)


def test_true_answers_reach_the_ceiling_and_nothing_is_repaired(corpus: Path, answers: Answers, tmp_path: Path):
    report = evaluate(asked(write(tmp_path / "p.jsonl", every(answers)), corpus))
    whole = total(report.values())
    assert (whole.samples, whole.repaired, whole.missing) == (len(every(answers)), 0, 0)
    assert {(group.source, group.split, group.source_split) for group in report} == {
        ("refcoco", "val", "unc-val"),
        ("refcoco", "val", "unc-testA"),
        ("refcoco+", "val", "unc-val"),
        ("rrsis-d", "test", "unc-test"),
    }
    assert 80 < (whole.figures()["ciou"] or 0) < 100


def test_form_and_order_of_the_file_do_not_matter(corpus: Path, answers: Answers, tmp_path: Path):
    texts = spoiled(answers["val"])
    backwards = write(tmp_path / "p.jsonl", dict(reversed(texts.items())))
    in_order = tmp_path / "responses.json"
    in_order.write_text(json.dumps(list(texts.values())))
    by_id = evaluate(asked(backwards, corpus, ["val"]))
    assert evaluate(asked(in_order, corpus, ["val"])) == by_id
    assert total(by_id.values()).repaired


@pytest.mark.parametrize("strict", [False, True])
def test_the_number_of_workers_does_not_matter(corpus: Path, answers: Answers, tmp_path: Path, strict: bool):
    path = write(tmp_path / "p.jsonl", spoiled(every(answers)))
    evaluation = asked(path, corpus, reading=Reading(strict))
    alone, pooled = evaluate(evaluation), evaluate(evaluation, workers=2)
    assert list(alone.items()) == list(pooled.items())
    assert (total(alone.values()).unreadable > 0) == strict


def test_splits_and_sources_choose_rows_and_leave_other_predictions_alone(
    corpus: Path, answers: Answers, tmp_path: Path
):
    path = write(tmp_path / "p.jsonl", every(answers))
    chosen = evaluate(asked(path, corpus, ["val"], ["refcoco+"]))
    assert {group.source for group in chosen} == {"refcoco+"}
    own = [row_id for row_id in answers["val"] if row_id.startswith("refcoco+/")]
    assert total(chosen.values()).samples == len(own)
    with pytest.raises(CommandError, match="no split 'train'; it has val, test"):
        evaluate(asked(path, corpus, ["train"]))


def test_missing_predictions_are_an_error_or_misses(corpus: Path, answers: Answers, tmp_path: Path):
    texts = answers["test"]
    first = next(iter(texts))
    path = write(tmp_path / "p.jsonl", {row_id: text for row_id, text in texts.items() if row_id != first})
    with pytest.raises(DataError, match=f"no prediction for 1 of {len(texts)} rows, the first one {first}"):
        evaluate(asked(path, corpus, ["test"]))
    (scores,) = evaluate(asked(path, corpus, ["test"], allow_missing=True)).values()
    assert (scores.missing, scores.boxes_right) == (1, len(texts) - 1)


def test_a_prediction_of_no_row_is_an_error(corpus: Path, answers: Answers, tmp_path: Path):
    path = write(tmp_path / "p.jsonl", {**answers["test"], "rrsis-d/unc-test/none#0": "x"})
    with pytest.raises(DataError, match=f"line {len(answers['test']) + 1}: .*no row 'rrsis-d/unc-test/none#0'"):
        evaluate(asked(path, corpus, ["test"]))


def test_an_error_in_a_worker_ends_the_evaluation(corpus: Path, answers: Answers, tmp_path: Path):
    path = write(tmp_path / "p.jsonl", answers["val"])
    evaluation = asked(path, corpus, ["val"], reading=Reading(refiner="t4s_data.evaluation.refiner:random_walk"))
    with pytest.raises(CommandError, match="--data-root says where it lies"):
        evaluate(evaluation, workers=2)


def test_a_refiner_raises_the_figures_of_a_synthetic_world(corpus: Path, world: Path, answers: Answers, tmp_path: Path):
    pytest.importorskip("skimage")
    path = write(tmp_path / "p.jsonl", answers["val"])
    chosen = {"corpus": corpus, "splits": ["val"], "sources": ["refcoco+"]}
    coarse = total(evaluate(asked(path, **chosen)).values()).figures()
    reading = Reading(refiner="t4s_data.evaluation.refiner:random_walk", data_root=world)
    fine = total(evaluate(asked(path, **chosen, reading=reading)).values()).figures()
    assert (fine["ciou"] or 0) > (coarse["ciou"] or 0)


def test_the_command_prints_a_table_and_writes_the_same_figures(
    t4s: Any, corpus: Path, answers: Answers, tmp_path: Path
):
    path = write(tmp_path / "p.jsonl", spoiled(answers["val"]))
    done = t4s("evaluate", path, "--corpus", corpus, "--split", "val", "--json", tmp_path / "figures.json")
    assert done.returncode == 0, done.stderr
    assert "missing-tag" in done.stdout
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert sum(group["rows"] for group in figures["groups"]) == len(answers["val"])
    for group in figures["groups"]:
        assert group["source_split"] in done.stdout
        if group["ciou"] is not None:
            assert f"{group['ciou']:.1f}" in done.stdout


def test_errors_of_the_command_have_their_exit_codes(t4s: Any, corpus: Path, tmp_path: Path):
    path = write(tmp_path / "p.jsonl", {"no/such/row#0": "x"})
    assert t4s("evaluate", path, "--corpus", corpus).returncode == 1
    assert t4s("evaluate", path, "--corpus", corpus, "--split", "none").returncode == 2
    assert t4s("evaluate", path, "--corpus", corpus, "--refiner", "nothing").returncode == 2
    assert t4s("evaluate", path, "--corpus", tmp_path).returncode == 1
