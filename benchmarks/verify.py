"""`t4s verify` of a corpus of synthetic referring expressions: seconds, rows per second, processor seconds.

    python benchmarks/verify.py [--refs 36000] [--corpus CORPUS] [--workers 2]

About three rows a ref, box-wise descriptors at N = 64, images as paths. Processor seconds are those of all processes
together: on a machine with other work they say more than the clock does. Without --corpus one is built first.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from audit import build

from t4s_data.corpus.folder import read_build


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--refs", type=int, default=36_000)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        corpus = arguments.corpus or build(Path(folder), arguments.refs)
        rows = read_build(corpus).totals.rows
        command = [sys.executable, "-m", "pipelines.cli", "verify", str(corpus), "--workers", str(arguments.workers)]
        before, start = processor_seconds(), time.perf_counter()
        subprocess.run(command, check=True)
        seconds, used = time.perf_counter() - start, processor_seconds() - before
    print(
        f"{rows:,} rows, {arguments.workers} worker(s): {seconds:.1f} s ({rows / seconds:,.0f} rows/s), "
        f"{used:.1f} processor seconds"
    )


def processor_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
