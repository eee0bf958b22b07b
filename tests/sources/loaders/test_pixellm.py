"""MUSE against the rule of PixelLM's loader, written afresh from reading it.

Source: utils/multi_reason_seg_dataset.py of github.com/MaverickRen/PixelLM. With a `file_name` the image is one of
train2014; else the URL says train2017 or val2017. The n-th question goes with the n-th list of objects, whose masks
pycocotools draws from `segmentation` at the image's size, and with the n-th text, in which `{seg}` stands for a mask.
"""

from __future__ import annotations

import json

import numpy as np
from pycocotools import mask as coco

from t4s_data.sample import Sample
from t4s_data.sources.muse import Muse
from t4s_data.synthetic.generate import write_world


def pixellm_path(record):
    if record.get("file_name") is not None:
        return "train2014/" + record["file_name"]
    folder = "train2017" if "train2017" in record["coco_url"] else "val2017"
    return f"{folder}/{record['coco_url'].split('/')[-1]}"


def pixellm_mask(target, record):
    segmentation = target["segmentation"]
    if isinstance(segmentation, dict) and not isinstance(segmentation["counts"], list):
        pixels = coco.decode({**segmentation, "counts": segmentation["counts"].encode()})
    else:
        pixels = coco.decode(coco.frPyObjects(segmentation, record["height"], record["width"]))
    return (np.sum(pixels, axis=2) if pixels.ndim > 2 else pixels) > 0


def test_the_synthetic_pairs_are_what_pixellm_loads(tmp_path, place, outcomes):
    write_world(tmp_path, scale=0.0005, seed=2, sources=("muse",))
    location = place("muse", tmp_path)
    records = json.loads(location.file("questions").read_text())
    compared = 0
    for sample in outcomes(Muse(location)):
        if not isinstance(sample, Sample):
            continue
        image, pair = map(int, sample.key.split("-"))
        record = records[image]
        assert sample.image.path.endswith(pixellm_path(record))
        assert " ".join(sample.query.split()) == " ".join(record["questions"][pair].split())
        targets = record["answers"][pair]
        assert len(targets) == len(sample.regions)
        for region, target in zip(sample.regions, targets, strict=True):
            assert (region.mask.dense() == pixellm_mask(target, record)).all(), sample.key
        if not sample.notes["answers-built"]:
            text = record["text_answers"][pair]
            assert text.count("{seg}") == len(targets)
            if not sample.notes["stray-braces"]:
                assert "[SEG]".join(sample.answer) == text.strip().format(seg="[SEG]")
        compared += 1
    assert compared > 20
