"""What a refiner does to the ceilings: python benchmarks/refiner.py --data DIR [--refiner MODULE:FUNCTION] [--n N ...].

DIR holds COCO panoptic in its official layout (`annotations/panoptic_train2017.json` and its PNGs, `train2017`). Every
segment but crowds is laid on the canvas, spread over the image again, refined, and compared with its true mask.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from t4s_data.evaluation.refiner import Pixels, load_refiner, refine
from t4s_data.masks.canvas import grid_of, pixels
from t4s_data.masks.mask import Mask, masks_of_labels

SMALL = 0.02


def segments(folder: Path, split: str) -> Iterator[tuple[Pixels, Mask]]:
    panoptic = json.loads((folder / f"annotations/panoptic_{split}.json").read_text())
    names = {image["id"]: image["file_name"] for image in panoptic["images"]}
    for annotation in panoptic["annotations"]:
        image = np.asarray(Image.open(folder / split / names[annotation["image_id"]]).convert("RGB"))
        png = Image.open(folder / f"annotations/panoptic_{split}" / annotation["file_name"]).convert("RGB")
        masks = masks_of_labels(np.asarray(png, dtype=np.int64) @ np.array([1, 256, 65536]))
        for segment in annotation["segments_info"]:
            if not segment["iscrowd"]:
                yield image, masks[segment["id"]]


def compared(mask: np.ndarray, true: np.ndarray) -> tuple[int, int]:
    return int((mask & true).sum()), int((mask | true).sum())


def show(name: str, n: int, pairs: np.ndarray, seconds: np.ndarray) -> None:
    """pairs: intersection and union before and after, int64 (segments, 4); seconds: (segments,)."""
    if not len(pairs):
        return
    before, after = pairs[:, 0] / pairs[:, 1], pairs[:, 2] / pairs[:, 3]
    total = pairs.sum(axis=0)
    print(
        f"{n:4} {name:21} {len(pairs):6} {before.mean():8.4f} {after.mean():8.4f} {total[0] / total[1]:8.4f} "
        f"{total[2] / total[3]:8.4f} {(after > before).mean():8.0%} {(after < before).mean():8.0%} "
        f"{1000 * seconds.mean():8.0f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--split", default="train2017")
    parser.add_argument("--refiner", default="t4s_data.evaluation.refiner:random_walk")
    parser.add_argument("--n", type=int, nargs="+", default=[16, 32, 64])
    given = parser.parse_args()
    refiner = load_refiner(given.refiner)
    found = list(segments(given.data, given.split))
    print(f"{len(found)} segments, {given.refiner}")
    print("   N segments                     mIoU  refined     cIoU  refined   better    worse    ms each")
    for n in given.n:
        rows, seconds = [], []
        for image, mask in found:
            coarse, true = pixels(grid_of(mask, n).grid, mask.height, mask.width), mask.dense()
            start = time.perf_counter()
            fine = refine(refiner, image, coarse)
            seconds.append(time.perf_counter() - start)
            rows.append((*compared(coarse, true), *compared(fine, true)))
        pairs, times = np.array(rows), np.array(seconds)
        large = np.array([mask.area > SMALL * mask.height * mask.width for _, mask in found])
        show("all", n, pairs, times)
        show("over 2 % of the image", n, pairs[large], times[large])
        show("smaller", n, pairs[~large], times[~large])


if __name__ == "__main__":
    main()
