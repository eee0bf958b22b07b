"""Synthetic objects beside real ones: python benchmarks/synthetic_statistics.py REAL [PICTURES [SEED]].

REAL is a folder with COCO-format annotations (every `instances*.json` below it is read) and perhaps
`refer_seg/refcoco_expressions.json`, whose sentences then label the real objects. Compared are objects of RefCOCO's
kind: at least 5 % of their picture, two or more of their category in it. After each mean, in brackets, the first and
last decile. The last column is the synthetic mean over the mean of all real objects.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from t4s_data.codecs.bsd import BoxCodec
from t4s_data.codecs.isd import ImageCodec
from t4s_data.errors import RecordError
from t4s_data.masks.canvas import cell_box, grid_of
from t4s_data.masks.mask import Mask
from t4s_data.synthetic.layouts.objects import polygons
from t4s_data.synthetic.scenes.composer import scene_of
from t4s_data.synthetic.scenes.words import located
from t4s_data.tokens.tokenizers import load_tokenizer

LEAST_SHARE = 0.05
BSD, ISD = BoxCodec(64), ImageCodec(64, "r-rle", "paper")
NAMES = (
    "tokens, B-SD 64", "tokens, I-SD 64 r-rle", "I-SD / B-SD", "share of the picture", "box width, cells",
    "box height, cells", "bricks a row", "share of its box", "vertices", "parts",
)  # fmt: skip


class Shape(NamedTuple):
    polygons: list[list[float]]
    label: str
    height: int
    width: int


def of_file(path: Path, labels: Sequence[str]) -> Iterator[Shape]:
    body = json.loads(path.read_text())
    images = {image["id"]: image for image in body["images"]}
    alike = Counter((one["image_id"], one.get("category_id")) for one in body["annotations"])
    for number, one in enumerate(body["annotations"]):
        image = images[one["image_id"]]
        if alike[one["image_id"], one.get("category_id")] > 1 and isinstance(one["segmentation"], list):
            yield Shape(one["segmentation"], labels[number % len(labels)], image["height"], image["width"])


def of_scenes(pictures: int, seed: int) -> Iterator[Shape]:
    for number in range(pictures):
        scene = scene_of(seed, "coco", number)
        for thing in scene.things:
            if len(scene.alike(thing)) > 1:
                label = located(scene, thing, str(number), str(thing.number))
                yield Shape(polygons(thing), label, scene.frame.height, scene.frame.width)


def measured(shapes: Iterator[Shape]) -> np.ndarray:
    tokenizer = load_tokenizer("qwen2", BSD.vocabulary)
    rows = []
    for shape in shapes:
        try:
            mask = Mask.from_polygons(shape.polygons, shape.height, shape.width)
        except RecordError:
            continue
        if mask.area < LEAST_SHARE * shape.height * shape.width:
            continue
        grid = grid_of(mask, 64).grid
        x1, y1, x2, y2 = cell_box(grid)
        width, height = x2 - x1 + 1, y2 - y1 + 1
        box, image = (codec.encode([(codec.label(shape.label).text, grid)])[0] for codec in (BSD, ISD))
        bricks = sum(box.count(kind) for kind in ("<fg", "<bg"))
        tokens, flat = tokenizer.count_many([box, image])
        vertices = sum(len(polygon) // 2 for polygon in shape.polygons)
        rows.append((tokens, flat, flat / tokens, mask.area / (shape.height * shape.width), width, height,
                     bricks / height, grid.sum() / (width * height), vertices, len(shape.polygons)))  # fmt: skip
    return np.array(rows, dtype=float).reshape(-1, len(NAMES))


def summary(values: np.ndarray) -> str:
    return f"{values.mean():.3g} [{np.quantile(values, 0.1):.3g} .. {np.quantile(values, 0.9):.3g}]"


def main(real: Path, pictures: int = 600, seed: int = 0) -> None:
    expressions = real / "refer_seg" / "refcoco_expressions.json"
    labels = (
        [row[2] for row in json.loads(expressions.read_text())] if expressions.exists() else ["the one on the left"]
    )
    files = {str(path.relative_to(real)): path for path in sorted(real.rglob("instances*.json"))}
    columns = {name: measured(of_file(path, labels)) for name, path in files.items()}
    columns = {name: values for name, values in columns.items() if len(values)}
    columns["all real objects"] = np.concatenate(list(columns.values()))
    columns[f"synthetic, {pictures} pictures"] = measured(of_scenes(pictures, seed))
    print(f"{'':24}" + "".join(f"{name:>40}" for name in columns) + f"{'ratio':>8}")
    print(f"{'objects':24}" + "".join(f"{len(values):>40,}" for values in columns.values()))
    *_, everything, synthetic = columns.values()
    for at, name in enumerate(NAMES):
        cells = [summary(values[:, at]) for values in columns.values()]
        ratio = synthetic[:, at].mean() / everything[:, at].mean()
        print(f"{name:24}" + "".join(f"{cell:>40}" for cell in cells) + f"{ratio:8.2f}")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
