"""What a panoptic PNG costs on its way to masks, and what its annotation file costs to stage.

    python benchmarks/panoptic.py [--data FOLDER] [--images 20000] [--seconds 2]

FOLDER holds COCO panoptic PNGs; without it they are synthetic. Stages are timed in turns on the same files;
the plain way takes a full-size mask of every segment through pycocotools and must give the same counts. The
annotation file is one of so many images, staged in a fresh process, whose peak memory is printed; a second
file of twice the size shows what of it grows. Read the ratios: the rates are this machine's.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from pycocotools import mask as coco

from t4s_data.files.location import Location
from t4s_data.manifest.shipped import load_manifest
from t4s_data.masks.mask import masks_of_labels
from t4s_data.masks.png import read_segment_ids
from t4s_data.sources.coco_panoptic import CocoPanoptic

SEGMENTS = 11
"""Segments of an image, about as many as in COCO."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="a folder of COCO panoptic PNGs")
    parser.add_argument("--images", type=int, default=20_000, help="images of the annotation file (default 20000)")
    parser.add_argument("--seconds", type=float, default=2.0, help="least time spent on each stage (default 2)")
    parser.add_argument("--stage", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.stage:
        print(json.dumps(stage(arguments.stage)))
        return
    with tempfile.TemporaryDirectory() as folder:
        report_masks(arguments.data or synthetic(Path(folder)), arguments.seconds)
        for images in (arguments.images, 2 * arguments.images):
            report_staging(Path(folder) / str(images), images)


def synthetic(folder: Path) -> Path:
    from t4s_data.synthetic.generate import write_world

    write_world(folder, sources=["coco-panoptic"], images=False)
    return folder / "coco/annotations/panoptic_train2017"


def report_masks(folder: Path, seconds: float) -> None:
    files = sorted(folder.glob("*.png"))[:200]
    ids = {path: read_segment_ids(path) for path in files}
    different = sum(whole(path) != plain(path) for path in files)
    ways: dict[str, Callable[[Path], Any]] = {
        "decode": decode,
        "decode, ids": read_segment_ids,
        "masks": lambda path: masks_of_labels(ids[path]),
        "whole": whole,
        "plain way": plain,
    }
    spent = timed(ways, files, seconds)
    segments = sum(len(masks_of_labels(image)) for image in ids.values()) / len(files)
    print(f"{len(files)} PNGs, {segments:.1f} segments each, {different} differ between the two ways")
    for name, milliseconds in spent.items():
        print(f"{name:<12}{milliseconds:>8.2f} ms an image{milliseconds / spent['decode']:>8.2f} of decoding")


def decode(path: Path) -> None:
    with Image.open(path) as image:
        image.load()


def whole(path: Path) -> dict[int, bytes]:
    return {number: mask.counts for number, mask in masks_of_labels(read_segment_ids(path)).items()}


def plain(path: Path) -> dict[int, bytes]:
    with Image.open(path) as image:
        channels = np.asarray(image, dtype=np.uint32)
    ids = channels[..., 0] + 256 * channels[..., 1] + 65536 * channels[..., 2]
    return {int(n): coco.encode(np.asfortranarray(ids == n, dtype=np.uint8))["counts"] for n in np.unique(ids) if n}


def timed(ways: dict[str, Callable[[Path], Any]], files: list[Path], seconds: float) -> dict[str, float]:
    """Milliseconds a file: the ways take turns, and the best of each file counts, so that others' load matters less."""
    best = {name: dict.fromkeys(files, float("inf")) for name in ways}
    end = time.perf_counter() + seconds * len(ways)
    while time.perf_counter() < end:
        for name, way in ways.items():
            for path in files:
                start = time.perf_counter()
                way(path)
                best[name][path] = min(best[name][path], time.perf_counter() - start)
    return {name: 1000 * sum(found.values()) / len(files) for name, found in best.items()}


def report_staging(root: Path, images: int) -> None:
    path = root / "coco/annotations/panoptic_train2017.json"
    path.parent.mkdir(parents=True)
    write_annotations(path, images)
    run = subprocess.run([sys.executable, __file__, "--stage", root], check=True, capture_output=True, text=True)
    seconds, megabytes = json.loads(run.stdout)
    size = path.stat().st_size / 1e6
    print(f"{images} images, {size:.0f} MB: staged in {seconds:.1f} s, at most {megabytes:.0f} MB of memory")


def write_annotations(path: Path, images: int) -> None:
    """A file in COCO's order: images and annotations shuffled against each other, categories last."""
    with path.open("w") as file:
        file.write('{"licenses": [{"id": 4, "name": "Attribution License", "url": ""}], "images": [')
        file.write(",\n".join(json.dumps(image(number)) for number in range(images)))
        file.write('], "annotations": [')
        file.write(",\n".join(json.dumps(annotation(number * 7919 % images)) for number in range(images)))
        file.write('], "categories": ' + json.dumps([{"id": n, "name": f"category {n}"} for n in range(1, 134)]) + "}")


def image(number: int) -> dict[str, Any]:
    name = f"{number:012d}.jpg"
    url = f"http://images.cocodataset.org/train2017/{name}"
    size = {"height": 480, "width": 640, "license": 4, "date_captured": "2013-11-14 11:18:45"}
    return {"id": number, "file_name": name, "coco_url": url, "flickr_url": url, **size}


def annotation(number: int) -> dict[str, Any]:
    segments = [
        {
            "id": 7_000_000 + 31 * n,
            "category_id": 1 + (number + n) % 133,
            "iscrowd": 0,
            "bbox": [5, 31, 255, n],
            "area": 31_764,
        }
        for n in range(SEGMENTS)
    ]
    return {"segments_info": segments, "file_name": f"{number:012d}.png", "image_id": number}


def stage(root: Path) -> tuple[float, float]:
    """Seconds, and peak memory in MB of this process."""
    manifest = load_manifest("coco-panoptic")
    files = {role: (file.path, *file.alternatives) for role, file in manifest.files.items()}
    reader = CocoPanoptic(Location(root, manifest.root, "train", files=files, images=manifest.images))
    start = time.perf_counter()
    for _ in reader.entries():
        pass
    # Unlike ru_maxrss this leaves out what the parent had when it forked.
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return time.perf_counter() - start, int(peak.split()[1]) / 1024


if __name__ == "__main__":
    main()
