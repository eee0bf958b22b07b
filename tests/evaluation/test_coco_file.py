"""pycocotools loads the file and finds the decoded masks, boxes and labels in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pycocotools.coco import COCO

from t4s_data.codecs.bsd import BoxCodec
from t4s_data.evaluation.answers import Reader
from t4s_data.evaluation.coco_file import CocoFile

SIZE = (30, 50)


def test_regions_as_annotations(tmp_path: Path):
    rng = np.random.default_rng(0)
    codec = BoxCodec(8)
    texts = ["\n".join(codec.encode([(label, rng.random((8, 8)) < 0.3) for label in labels])) for labels in ("ab", "b")]
    texts += ["<ref>a</ref><box>[[0 0 1 1]]</box><seg><bg2>\n<bg2></seg>", "none"]
    answers = [Reader(codec).read(text, SIZE) for text in texts]
    file = CocoFile()
    for number, answer in enumerate(answers):
        file.add(f"row {number}", answer, SIZE, f"{number}.jpg" if number else None)
    file.write(tmp_path / "coco.json")

    loaded = COCO(tmp_path / "coco.json")
    images = loaded.loadImgs(loaded.getImgIds())
    assert [image["file_name"] for image in images] == ["row 0", "1.jpg", "2.jpg", "3.jpg"]
    assert [image["record"] for image in images] == [f"row {number}" for number in range(4)]
    assert [image["repairs"] for image in images] == [[], [], ["spelling"], []]
    for image, answer in zip(images, answers, strict=True):
        found = loaded.loadAnns(loaded.getAnnIds(imgIds=image["id"]))
        assert len(found) == len(answer.regions)
        for annotation, region in zip(found, answer.regions, strict=True):
            assert (loaded.annToMask(annotation) == region.cover.dense()).all()
            assert annotation["area"] == region.cover.dense().sum()
            x, y, width, height = annotation["bbox"]
            assert (x, y, x + width, y + height) == region.box
            assert loaded.loadCats(annotation["category_id"])[0]["name"] == region.label
    assert [category["name"] for category in loaded.loadCats(loaded.getCatIds())] == ["a", "b"]
