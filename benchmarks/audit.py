"""Audits of a corpus of synthetic referring expressions: seconds, tokens counted, and peak memory.

    python benchmarks/audit.py [--refs 36000] [--corpus CORPUS]

With 1 and 2 workers each: the corpus's own codec, whose token columns are read; one codec that is encoded anew; and
three. Ceilings and Figure 7 are measured on the default sample, except for the first line, which leaves out nothing.
Tokens are those of descriptors, answers and questions under the codecs, and those of Figure 7. The corpus at CORPUS
gets a new report; without one, a corpus of about three rows for each ref is built first.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from build import OFFICIAL_REFS, RECIPE, watch

from t4s_data.synthetic.generate import write_world

RUNS = {
    "own codec, all on every canvas": ["--sample", "0"],
    "own codec": [],
    "one codec": ["--codec", "isd-64-rrle"],
    "three codecs": ["--codec", "isd-16-full,isd-64-rrle,bsd-64-text"],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--refs", type=int, default=36_000)
    parser.add_argument("--corpus", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        corpus = arguments.corpus or build(Path(folder), arguments.refs)
        for name, options in RUNS.items():
            for workers in (1, 2):
                report(name, corpus, [*options, "--workers", str(workers)])


def build(root: Path, refs: int) -> Path:
    write_world(root / "data", scale=refs / OFFICIAL_REFS, sources=["refcoco"], images=False)
    (root / "recipe.toml").write_text(RECIPE)
    command = [sys.executable, "-m", "pipelines.cli", "build", root / "recipe.toml", "--data-root", root / "data"]
    subprocess.run(
        [*map(str, command), "--out", str(root / "corpus"), "--images", "path"], check=True, stdout=subprocess.DEVNULL
    )
    return root / "corpus"


def report(name: str, corpus: Path, options: list[str]) -> None:
    command = [sys.executable, "-m", "pipelines.cli", "audit", str(corpus), *options]
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    largest, together = watch(psutil.Process(process.pid), process)
    seconds = time.perf_counter() - start
    assert process.returncode == 0
    findings = json.loads((corpus / "report/audit.json").read_text())
    rows = next(line["tokens"]["count"] for line in findings["lengths"] if line["source"] == "*")
    tokens = counted(findings)
    print(
        f"{name}, {options[-1]} worker(s): {rows:,} rows in {seconds:.1f} s, {tokens / 1e6:,.0f} million tokens "
        f"counted ({tokens / seconds / 1e6:.1f} million/s), peak {largest / 1e6:.0f} MB in one process, "
        f"{together / 1e6:.0f} MB in all"
    )


def counted(findings: dict) -> float:
    """Tokens that were not read from the rows' own columns."""
    totals = [line for line in findings["lengths"] if (line["source"], line["text"]) == ("*", "total")]
    anew = sum(line["tokens"]["mean"] * line["tokens"]["count"] for line in totals if line["codec"] != "own")
    return anew + sum(line["rows"] * line["tokens"] for line in findings["figure"] if line["source"] == "*")


if __name__ == "__main__":
    main()
