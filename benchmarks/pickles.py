"""How long a pickle of refs takes to load within bounds, against pickle itself, in one run.

    python benchmarks/pickles.py [--refs N]

Processor seconds, the best of five of each in turn, so that what else the machine does changes little. The refs have
RefCOCO's fields, three sentences each with their tokens, and protocol 2, as the published files have.
"""

from __future__ import annotations

import argparse
import gc
import pickle
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

from t4s_data.files.pickles import load_plain


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--refs", type=int, default=50_000)
    refs = parser.parse_args().refs
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "refs.p")
        path.write_bytes(pickle.dumps([_ref(number) for number in range(refs)], 2))
        own, bounded = measured(path)
        size = path.stat().st_size
    print(
        f"{refs:,} refs, {size / 1e6:.1f} MB: pickle {own:.2f} s, within bounds {bounded:.2f} s, {bounded / own:.2f} x"
    )


def measured(path: Path, rounds: int = 5) -> tuple[float, float]:
    """Processor seconds of pickle without the collector, and of :func:`load_plain`."""
    pairs = [(_seconds(_unbounded, path), _seconds(load_plain, path)) for _ in range(rounds)]
    return min(own for own, _ in pairs), min(bounded for _, bounded in pairs)


def _unbounded(path: Path) -> Any:
    gc.disable()
    try:
        return pickle.loads(path.read_bytes())
    finally:
        gc.enable()


def _seconds(load: Callable[[Path], Any], path: Path) -> float:
    start = process_time()
    value = load(path)
    seconds = process_time() - start
    del value
    return seconds


def _ref(number: int) -> dict[str, Any]:
    texts = [[f"word{(number * 7 + word * place) % 5000}" for word in range(4)] for place in range(3)]
    return {
        "ref_id": number,
        "ann_id": number,
        "image_id": number // 3,
        "category_id": number % 80,
        "split": "train",
        "file_name": f"COCO_train2014_{number // 3:012d}_{number}.jpg",
        "sent_ids": [number * 3 + place for place in range(3)],
        "sentences": [
            {"tokens": words, "raw": " ".join(words), "sent_id": number * 3 + place, "sent": " ".join(words)}
            for place, words in enumerate(texts)
        ],
    }


if __name__ == "__main__":
    main()
