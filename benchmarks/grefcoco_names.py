"""What grefCOCO's answers cost when each target repeats the expression, has a number, or the phrase stands once.

    python benchmarks/grefcoco_names.py REAL

REAL holds real RefCOCO expressions (refer_seg/refcoco_expressions.json) and COCO objects with polygons
(coco/annotations/instances_subset.json). The objects of one category in an image are the targets; the i-th group gets
the i-th expression. Lengths are of whole answers in tokens of qwen2 with the codec's vocabulary, at N = 64.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import mean
from typing import Any

from t4s_data.codecs.bsd import BoxCodec
from t4s_data.errors import RecordError
from t4s_data.masks.canvas import cells_of
from t4s_data.masks.mask import Mask
from t4s_data.tokens.tokenizers import load_tokenizer

MOST = 4


def groups(path: Path) -> Iterator[list[Any]]:
    """The grids of the objects of one category in one image, up to MOST of them."""
    content = json.loads(path.read_text())
    sizes = {image["id"]: (image["height"], image["width"]) for image in content["images"]}
    found: dict[tuple[int, int], list[Any]] = defaultdict(list)
    for one in content["annotations"]:
        if not one["iscrowd"]:
            try:
                mask = Mask.from_parts(one["segmentation"], *sizes[one["image_id"]])
            except RecordError:
                continue
            found[one["image_id"], one["category_id"]].append(cells_of(mask, 64).grid)
    yield from (grids for grids in found.values() if len(grids) <= MOST)


def main(real: Path) -> None:
    codec = BoxCodec()
    tokenizer = load_tokenizer("qwen2", codec.vocabulary)
    expressions = [row[-1] for row in json.loads((real / "refer_seg/refcoco_expressions.json").read_text())]
    lengths: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for number, grids in enumerate(groups(real / "coco/annotations/instances_subset.json")):
        phrase = expressions[number % len(expressions)]
        repeated = codec.encode([(phrase, grid) for grid in grids])
        numbered = codec.encode([(f"roi{place}", grid) for place, grid in enumerate(grids)])
        answers = ("\n".join(repeated), "\n".join(numbered), f"{phrase}:\n" + "\n".join(numbered))
        lengths[len(grids)].append(tuple(map(tokenizer.count, answers)))
    print(f"{'targets':>7} {'answers':>7} {'repeated':>9} {'roi':>9} {'once':>9}")
    for targets, rows in sorted(lengths.items()):
        print(f"{targets:7} {len(rows):7} " + " ".join(f"{mean(column):9.1f}" for column in zip(*rows, strict=True)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("real", type=Path)
    main(parser.parse_args().real)
