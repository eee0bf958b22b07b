"""Mean descriptor tokens per object, for the codecs that the Text4Seg++ paper compares.

Objects are those that RefCOCO would ask about: no crowds, at least 5 % of the image, at least two of
their category in it. Each gets a real expression: its own where file name and box agree, otherwise one
drawn by hash.

    python benchmarks/descriptor_tokens.py REFCOCO_FOLDER --expressions EXPRESSIONS.json

The folder holds an ``instances.json``, the expressions are a list of [file name, box xywh, sentence].
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

from t4s_data.choice import pick
from t4s_data.codecs.codec import from_name
from t4s_data.masks.canvas import grid_of
from t4s_data.masks.mask import Bools, Mask
from t4s_data.tokens.tokenizers import load_tokenizer

# Name and the paper's figure (Table: descriptor lengths), where it has one.
ROWS = {
    "isd-16-full": 583.0,
    "isd-16-rrle": 154.0,
    "isd-64-rrle": 767.6,
    "bsd-64-text": 283.0,
    "bsd-64": 150.4,
    "bsd-64-nosep": None,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder with instances.json")
    parser.add_argument("--expressions", type=Path, required=True, help="JSON list of [file name, box, sentence]")
    parser.add_argument("--least", type=float, default=0.05, help="least share of the image (default 0.05)")
    arguments = parser.parse_args()
    instances = json.loads((arguments.folder / "instances.json").read_bytes())
    expressions = json.loads(arguments.expressions.read_bytes())
    objects = list(objects_of(instances, expressions, arguments.least))
    print(f"{len(objects)} objects of {len(instances['annotations'])}")
    print(f"{'codec':<14}{'tokens':>9}{'paper':>9}")
    for name, paper in ROWS.items():
        print(f"{name:<14}{mean_tokens(name, objects):>9.1f}{paper or '':>9}")


def objects_of(instances: dict[str, Any], expressions: list[Any], least: float) -> Any:
    """Expression and mask of each object that passes the filter."""
    images = {image["id"]: image for image in instances["images"]}
    things = [one for one in instances["annotations"] if not one.get("iscrowd")]
    alike = Counter((one["image_id"], one["category_id"]) for one in things)
    sentences: dict[Any, list[str]] = {}
    for file_name, box, sentence in expressions:
        sentences.setdefault((file_name, *map(round, box)), []).append(sentence)
    everything = [sentence for _, _, sentence in expressions]
    for one in things:
        image = images[one["image_id"]]
        mask = Mask.from_parts(one["segmentation"], image["height"], image["width"])
        own = sentences.get((image["file_name"], *map(round, one["bbox"])), everything)
        if alike[one["image_id"], one["category_id"]] > 1 and mask.area >= least * mask.height * mask.width:
            yield pick(own, 0, str(one["id"])), mask


def mean_tokens(name: str, objects: list[tuple[str, Mask]]) -> float:
    codec = from_name(name)
    tokenizer = load_tokenizer("qwen2", codec.vocabulary)
    grids: dict[Mask, Bools] = {mask: grid_of(mask, codec.n).grid for _, mask in objects}
    texts = [codec.encode([(codec.label(text).text, grids[mask])])[0] for text, mask in objects]
    return sum(map(tokenizer.count, texts)) / len(texts)


if __name__ == "__main__":
    main()
