"""What tools export and people publish as COCO JSON: our regions are those of COCO's own loader, mask by mask."""

from __future__ import annotations

import contextlib
import io
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from pycocotools.coco import COCO

from t4s_data.recipe.parts import parts_of
from t4s_data.recipe.spec import Recipe
from t4s_data.sample import Sample

FILES = {
    "exports/cvat-polygons": ("annotations/instances_default.json", {}),
    "exports/cvat-masks": ("annotations/instances_default.json", {"crowd": "use"}),
    "exports/roboflow": ("train/_annotations.coco.json", {}),
    "exports/labelme2coco": ("dataset.json", {}),
    "exports/label-studio": ("result.json", {}),
    "coco": ("annotations/tiny_val2017_as_published.json", {}),
    "refer_seg/refcoco": ("instances.json", {}),
}


def reader_of(real: Path, root: str, file: str, keys: dict[str, Any]) -> Any:
    source = {"name": "coco-instances", "root": root, "annotations": file, **keys}
    (part,) = parts_of(Recipe.model_validate({"name": "own", "source": [source]}), real)
    return part.open()


@pytest.mark.parametrize("root", FILES)
def test_regions_are_those_of_coco_s_own_loader(real, walk, root):
    file, keys = FILES[root]
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(real / root / file))
    found = walk(reader_of(real, root, file, keys))
    names = {number: category["name"] for number, category in truth.cats.items()}
    drawn = {sample.key: sample for sample in found.samples}
    for image_id in truth.imgs:
        wanted: list[tuple[str, bytes]] = []
        for one in truth.imgToAnns[image_id]:
            if one["segmentation"] and (not one.get("iscrowd") or keys.get("crowd") == "use"):
                mask = truth.annToMask(one)
                if mask.any():
                    wanted.append((names[one["category_id"]], mask.tobytes()))
        if not wanted:
            assert str(image_id) not in drawn
            continue
        sample = drawn.pop(str(image_id))
        ours = [(region.label, region.mask.dense().astype("uint8").tobytes()) for region in sample.regions]
        assert Counter(ours) == Counter(wanted)
    assert not drawn
    assert found.samples
    assert {reject.reason for reject in found.rejects} <= {"no-target", "no-mask"}


def test_masks_that_are_all_crowds_say_how_they_are_used(real, walk):
    found = walk(reader_of(real, "exports/cvat-masks", "annotations/instances_default.json", {}))
    assert not any(isinstance(sample, Sample) for sample in found.samples)
    assert {reject.reason for reject in found.rejects} == {"no-target"}
    assert all('crowd = "use"' in reject.detail for reject in found.rejects)
