"""How fast polygons become box-wise descriptors: samples a second in one process, three sentences a mask.

    python benchmarks/encoder.py [--data COCO_INSTANCES.json] [--n 64] [--seconds 2]

Without --data the polygons are synthetic. Every stage is timed on the same masks and again the plain way:
pycocotools' dense mask, indexed at the sampled pixels, spelled row by row in a loop. The plain way's
texts must be the same. Read the ratios: the rates are this machine's.
"""

from __future__ import annotations

import argparse
import json
import math
import warnings
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

import numpy as np
from pycocotools import mask as coco

from t4s_data.codecs.bsd import BoxCodec
from t4s_data.masks.canvas import grid_of, sample_positions
from t4s_data.masks.mask import Mask

SENTENCES = ("left guy in the red shirt", "man standing next to the horse", "the one with a hat")

Polygons = tuple[list[list[float]], int, int]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="a COCO instances file")
    parser.add_argument("--n", type=int, default=64, help="canvas cells along each side (default 64)")
    parser.add_argument("--seconds", type=float, default=2.0, help="least time spent on each stage (default 2)")
    arguments = parser.parse_args()
    items = real_polygons(arguments.data) if arguments.data else synthetic_polygons(2000)
    report(items, BoxCodec(arguments.n), arguments.seconds)


def report(items: list[Polygons], codec: BoxCodec, seconds: float) -> None:
    masks = [Mask.from_polygons(*item) for item in items]
    grids = [grid_of(mask, codec.n).grid for mask in masks]
    different = sum(encode(item, codec) != plain(item, codec) for item in items[:500])
    stages: dict[str, float] = {
        "rasterize": timed(lambda item: Mask.from_polygons(*item), items, seconds),
        "grid": timed(lambda mask: grid_of(Mask(mask.height, mask.width, mask.counts), codec.n), masks, seconds),
        "bricks": timed(codec.body, grids, seconds),
        "whole": timed(lambda item: encode(item, codec), items, seconds),
        "plain way": timed(lambda item: plain(item, codec), items, seconds),
    }
    print(f"{len(items)} masks, {codec.name}, {different} texts differ between the two ways")
    print(f"{'stage':<12}{'us a mask':>10}{'of whole':>10}{'samples/s':>12}")
    for name, microseconds in stages.items():
        rate = f"{len(SENTENCES) * 1e6 / microseconds:>12,.0f}" if name in {"whole", "plain way"} else ""
        print(f"{name:<12}{microseconds:>10.1f}{microseconds / stages['whole']:>10.2f}{rate}")


def encode(item: Polygons, codec: BoxCodec) -> list[str]:
    body = codec.body(grid_of(Mask.from_polygons(*item), codec.n).grid)
    return [before + body + after for before, after in map(codec.affixes, SENTENCES)]


def plain(item: Polygons, codec: BoxCodec) -> list[str]:
    polygons, height, width = item
    dense = coco.decode(coco.merge(coco.frPyObjects(polygons, height, width)))
    grid = dense[np.ix_(sample_positions(codec.n, height), sample_positions(codec.n, width))]
    if not grid.any():
        grid = grid_of(Mask.from_polygons(*item), codec.n).grid
    ys, xs = np.nonzero(grid)
    x1, y1, x2, y2 = xs.min(), ys.min(), xs.max(), ys.max()
    rows = "\n".join(plain_row(row, codec.n) for row in grid[y1 : y2 + 1, x1 : x2 + 1])
    return [f"<ref>{text}</ref><box>[[{x1} {y1} {x2} {y2}]]</box><seg>{rows}</seg>" for text in SENTENCES]


def plain_row(row: Sequence[Any], n: int) -> str:
    text = ""
    for value, run in groupby(row):
        name, length = "fg" if value else "bg", len(list(run))
        text += f"<{name}{length}>" if length < n else f"<{name}{n - 1}><{name}1>"
    return text


def timed(work: Callable[[Any], Any], items: Sequence[Any], seconds: float) -> float:
    """Microseconds an item: the fastest of the passes that fit into the time, at least two."""
    fastest, end, passes = math.inf, perf_counter() + seconds, 0
    while passes < 2 or perf_counter() < end:
        start = perf_counter()
        for item in items:
            work(item)
        fastest = min(fastest, perf_counter() - start)
        passes += 1
    return fastest / len(items) * 1e6


def real_polygons(path: Path) -> list[Polygons]:
    instances = json.loads(path.read_bytes())
    sizes = {image["id"]: (image["height"], image["width"]) for image in instances["images"]}
    return [
        (one["segmentation"], *sizes[one["image_id"]])
        for one in instances["annotations"]
        if isinstance(one["segmentation"], list)
    ][:5000]


def synthetic_polygons(count: int) -> list[Polygons]:
    """Star-shaped outlines of 8 to 60 points, small ones more frequent, in 640 x 480 images."""
    random = Random(0)
    return [([outline(random)], 480, 640) for _ in range(count)]


def outline(random: Random) -> list[float]:
    radius, points = random.uniform(3, 14) ** 2, random.randint(8, 60)
    x, y = random.uniform(0, 640), random.uniform(0, 480)
    polygon: list[float] = []
    for k in range(points):
        angle, reach = 2 * math.pi * k / points, radius * random.uniform(0.6, 1)
        polygon += [min(max(x + reach * math.cos(angle), 0), 640), min(max(y + reach * math.sin(angle), 0), 480)]
    return polygon


if __name__ == "__main__":
    # pycocotools' decoder, in the plain way, does not speak NumPy 2's __array__ protocol.
    warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
    main()
