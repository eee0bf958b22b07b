"""Speed and memory of reading a large JSON array: python benchmarks/streaming.py [llava|muse] [--megabytes N].

Writes an array of N megabytes in the source's layout, reads it with the source's own reader in a fresh process, and
prints one line of JSON: records, MB and records a second, and the process's peak resident memory.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from t4s_data.files.location import Location
from t4s_data.sample import Entry
from t4s_data.sources.llava import Llava
from t4s_data.sources.muse import Muse

WORDS = ["the", "bus", "in", "this", "picture", "is", "white", "and", "red,", "with", "a", "sign", "on", "top."] * 8
WORDS += ["\n", "“so-called”", '"quoted"', "café"]
READERS = {"llava": Llava, "muse": Muse}
ROLES = {"llava": {"conversations": ("array.json",)}, "muse": {"questions": ("array.json",)}}
FOLDERS = {name: (name,) for name in ("train2014", "train2017", "val2017")}


def sentence(rng: random.Random, words: int) -> str:
    return " ".join(rng.choices(WORDS, k=words))


def llava_row(rng: random.Random, number: int) -> dict:
    turns = [{"from": ("human", "gpt")[k % 2], "value": sentence(rng, 24)} for k in range(2 * rng.randrange(1, 8))]
    turns[0]["value"] = f"<image>\n{turns[0]['value']}"
    return {"id": f"{number:012d}", "image": f"coco/train2017/{number:012d}.jpg", "conversations": turns}


def muse_object(rng: random.Random) -> dict:
    corners = [round(rng.uniform(1, 400), 2) for _ in range(2 * rng.randrange(10, 60))]
    return {"segmentation": [corners], "category_name": "bus", "bbox": corners[:4], "rephrased_name": "the bus"}


def muse_row(rng: random.Random, number: int) -> dict:
    answers = [[muse_object(rng) for _ in range(rng.randrange(1, 6))] for _ in range(2)]
    return {
        "coco_url": f"http://images.cocodataset.org/train2017/{number:012d}.jpg",
        "height": 480,
        "width": 640,
        "ann_list": [muse_object(rng) for _ in range(4)],
        "questions": [sentence(rng, 20) for _ in answers],
        "answers": answers,
        "text_answers": ["".join(f"{sentence(rng, 4)} {{seg}} " for _ in targets) for targets in answers],
    }


ROWS = {"llava": llava_row, "muse": muse_row}


def write(path: Path, source: str, megabytes: int) -> None:
    rng = random.Random(0)
    rows = [json.dumps(ROWS[source](rng, number)).encode() for number in range(1_000)]
    chunk = b",\n".join(rows)
    with path.open("wb") as file:
        file.write(b"[" + chunk)
        while file.tell() < megabytes * 1_000_000:
            file.write(b",\n" + chunk)
        file.write(b"]")


def read(folder: Path, source: str) -> None:
    location = Location(folder, "", "train", files=ROLES[source] | FOLDERS)
    start = time.process_time()
    records = sum(len(item.keys) for item in READERS[source](location).entries() if isinstance(item, Entry))
    seconds = time.process_time() - start
    megabytes = (folder / "array.json").stat().st_size / 1e6
    figures = {
        "source": source,
        "megabytes": round(megabytes),
        "records": records,
        "megabytes_a_second": round(megabytes / seconds),
        "records_a_second": round(records / seconds),
        # Kilobytes on Linux, bytes on macOS.
        "peak_megabytes": round(
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
        ),
    }
    print(json.dumps(figures))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", nargs="*", default=list(READERS), help="llava, muse")
    parser.add_argument("--megabytes", type=int, default=300)
    parser.add_argument("--folder", type=Path, help="where to write the array; a temporary one by default")
    parser.add_argument("--read", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.read:
        read(options.folder, options.sources[0])
        return
    for source in options.sources:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            write(Path(folder) / "array.json", source, options.megabytes)
            subprocess.run([sys.executable, __file__, source, "--read", "--folder", folder], check=True)


if __name__ == "__main__":
    main()
