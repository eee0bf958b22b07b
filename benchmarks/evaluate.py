"""Predictions scored a second, from file to figures: python benchmarks/evaluate.py [--rows N] [--workers N].

The corpus is built from synthetic RefCOCO (box-wise, N = 64), each record used again and again; the predictions are
its own answers, every tenth cut off in the middle. Reading the predictions, the corpus and starting the workers count.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import tempfile
import time
from pathlib import Path

from pipelines.commands.build import build
from pipelines.commands.synth import synth
from pipelines.evaluate import evaluate
from t4s_data.corpus.reader import read_batches
from t4s_data.evaluation.batches import Evaluation
from t4s_data.evaluation.metrics import total
from t4s_data.evaluation.predictions import read_predictions
from t4s_data.evaluation.truth import find_shards

RECORDS = 6000


def corpus_of(folder: Path, rows: int) -> Path:
    synth(folder / "data", scale=RECORDS / 120_624, seed=0, source=["refcoco"], images=False)
    recipe = folder / "benchmark.toml"
    recipe.write_text(
        f'name = "benchmark"\n[[source]]\nname = "refcoco"\nrepeat = {-(-rows // RECORDS)}\n'
        'tasks = { "referring-segmentation" = 1 }\n'
    )
    build(str(recipe), folder / "data", folder / "corpus", workers=2)
    return folder / "corpus"


def write_predictions(corpus: Path, path: Path) -> int:
    count = 0
    with path.open("w") as file:
        for shard in find_shards(corpus):
            for batch in read_batches(shard.path, ("id", "messages")):
                for row in batch.to_pylist():
                    text = row["messages"][-1]["content"]
                    kept = len(text) // 2 if count % 10 == 0 else len(text)
                    file.write(json.dumps({"id": row["id"], "text": text[:kept]}) + "\n")
                    count += 1
    return count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--profile", action="store_true", help="show where one process spends its time")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        corpus, path = corpus_of(Path(name), given.rows), Path(name) / "predictions.jsonl"
        rows = write_predictions(corpus, path)
        profile = cProfile.Profile()
        start = time.perf_counter()
        if given.profile:
            profile.enable()
        report = evaluate(Evaluation(list(read_predictions(path)), corpus), workers=given.workers)
        profile.disable()
        seconds = time.perf_counter() - start
    scores = total(report.values())
    print(f"{rows:,} predictions, {given.workers} workers: {seconds:.1f} s, {rows / seconds:,.0f}/s")
    print(f"cIoU {scores.figures()['ciou']:.1f}, {scores.repaired:,} answers repaired")
    if given.profile:
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)


if __name__ == "__main__":
    main()
