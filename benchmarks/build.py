"""A whole build of synthetic refs with 1 and 2 workers: rows per second and peak memory.

    python benchmarks/build.py [--refs 20000]

Prints, for each number of workers, seconds of the whole command, rows per second, and the resident memory of the
largest process and of all processes together at their peak. The last line is the ratio between the two.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pyarrow.parquet as pq

from t4s_data.synthetic.generate import write_world

OFFICIAL_REFS = 42_404
RECIPE = 'name = "benchmark"\nquarantine.max_share = 1.0  # faults are planted\n[[source]]\nname = "refcoco"\n'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--refs", type=int, default=20_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        scale = arguments.refs / OFFICIAL_REFS
        start = time.perf_counter()
        write_world(root / "data", scale=scale, sources=["refcoco"], images=False)
        print(f"synthetic world of {arguments.refs:,} train refs: {time.perf_counter() - start:.1f} s")
        (root / "recipe.toml").write_text(RECIPE)
        seconds = {workers: report(root, workers) for workers in (1, 2)}
        print(f"1 worker takes {seconds[1] / seconds[2]:.2f} times as long as 2")


def report(root: Path, workers: int) -> float:
    out = root / f"corpus{workers}"
    command = [sys.executable, "-m", "pipelines.cli", "build", root / "recipe.toml"]
    options = ["--data-root", root / "data", "--out", out, "--workers", workers, "--images", "path"]
    start = time.perf_counter()
    process = subprocess.Popen([*map(str, command), *map(str, options)], stdout=subprocess.DEVNULL)
    largest, together = watch(psutil.Process(process.pid), process)
    seconds = time.perf_counter() - start
    assert process.returncode == 0
    rows = sum(pq.read_metadata(path).num_rows for path in out.glob("data/*/*.parquet"))
    print(
        f"{workers} worker(s): {rows:,} rows in {seconds:.1f} s, {rows / seconds:,.0f} rows/s, "
        f"peak {largest / 1e6:.0f} MB in one process, {together / 1e6:.0f} MB in all"
    )
    return seconds


def watch(root: psutil.Process, process: subprocess.Popen[bytes]) -> tuple[int, int]:
    largest = together = 0
    while process.poll() is None:
        sizes = []
        try:
            for one in (root, *root.children(recursive=True)):
                sizes.append(one.memory_info().rss)
        except psutil.NoSuchProcess:
            pass
        largest, together = max(largest, *sizes, 0), max(together, sum(sizes))
        time.sleep(0.05)
    return largest, together


if __name__ == "__main__":
    main()
