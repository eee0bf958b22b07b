"""Rows a second and peak memory of each export: python benchmarks/exports.py [ROWS].

Each export runs in a process of its own, once on a tenth of the rows and once on all of them: memory that grew with
the corpus would show between the two. The last lines are the same with embedded images, on a tenth of the rows.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from small_corpus import write_corpus

from t4s_data.export.format import FORMATS
from t4s_data.export.formats import Order, export


def sizes(rows: int) -> dict[tuple[str, str], int]:
    return {("refcoco", "train"): rows * 3 // 4, ("llava", "train"): rows - rows * 3 // 4}


def peak() -> float:
    """Most megabytes this process had resident; `getrusage` would count its parent's."""
    return int(re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[0]) / 1024


def run_one(corpus: Path, name: str, out: Path) -> None:
    before = peak()
    start = time.perf_counter()
    done = export(Order(corpus, FORMATS[name]), out)
    seconds = time.perf_counter() - start
    rows = sum(done.rows.values())
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    print(
        f"{name:14} {rows:8,} rows {rows / seconds:10,.0f} rows/s {size / 1e6:9,.0f} MB written"
        f" {peak():6,.0f} MB peak, {before:,.0f} of them before",
        flush=True,
    )


def main(rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        cases = [("tenth", rows // 10, False), ("whole", rows, False), ("embedded", rows // 10, True)]
        for case, count, embed in cases:
            print(f"{case}: {count:,} rows, images {'embedded' if embed else 'as paths'}", flush=True)
            corpus = write_corpus(Path(folder) / case, sizes(count), embed=embed)
            for name in FORMATS:
                out = Path(folder) / f"{case}-{name}"
                subprocess.run([sys.executable, __file__, str(corpus), name, str(out)], check=True)


if __name__ == "__main__":
    if len(sys.argv) == 4:
        run_one(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
