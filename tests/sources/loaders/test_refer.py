"""The `refer` layout and grefCOCO against the rules of their loaders, written afresh from reading them.

Sources: refer.py of github.com/lichengunc/refer (RefCOCO, RefCOCO+, RefCOCOg, RefCLEF); refer/refer.py and
data/dataset_refer_bert.py of github.com/Lsan2401/RMSIN (RRSIS-D, the same loader); gres_model/data/datasets/grefer.py
and grefcoco.py of github.com/henghuiding/ReLA.

A ref's mask is that of its annotation: polygons by pycocotools, or the run lengths as they are, summed over the
parts. Where parts overlap the sum is 2, which RMSIN's data set takes for background: holes that a union does not have.
"""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
from pycocotools import mask as coco

from t4s_data.sample import Sample
from t4s_data.sources.grefcoco import Grefcoco
from t4s_data.sources.refer import Refer
from t4s_data.synthetic.generate import write_world

FOLDERS = {name: name.replace("-", "") for name in ("refcoco", "refcoco+", "refcocog", "refclef", "rrsis-d")}


class Loader:
    """The index of a folder of refs: what the loaders' createIndex builds."""

    def __init__(self, folder, refs):
        path = folder / refs
        instances = json.loads((folder / "instances.json").read_text())
        self.refs = json.loads(path.read_text()) if path.suffix == ".json" else pickle.loads(path.read_bytes())
        self.annotations = {one["id"]: one for one in instances["annotations"]}
        self.images = {one["id"]: one for one in instances["images"]}

    def of_split(self, split):
        if split.startswith("test"):
            wanted = split.removeprefix("test") or "test"
            return [ref for ref in self.refs if isinstance(ref, dict) and wanted in str(ref.get("split"))]
        return [ref for ref in self.refs if isinstance(ref, dict) and ref.get("split") == split]

    def summed(self, annotation_id, image_id):
        """The loaders' mask: how many parts hold each pixel."""
        segmentation, image = self.annotations[annotation_id]["segmentation"], self.images[image_id]
        if isinstance(segmentation, dict):
            segmentation = [segmentation]
        if isinstance(segmentation[0], dict) and not isinstance(segmentation[0]["counts"], list):
            parts = segmentation
        else:
            parts = coco.frPyObjects(segmentation, image["height"], image["width"])
        return np.sum(coco.decode(parts), axis=2)


def check(samples, loader, split):
    """Compare every sample with the loader's ref; how many of them, and how many masks have overlapping parts."""
    sentences = {}
    for ref in loader.of_split(split):
        for sentence in ref.get("sentences", []):
            if isinstance(sentence, dict) and isinstance(sentence.get("sent"), str):
                sentences.setdefault((ref["image_id"], " ".join(sentence["sent"].split())), []).append(ref)
    holes = 0
    for sample in samples:
        refs = sentences[int(sample.image_id), " ".join(sample.query.split())]
        mine = sorted(region.mask.dense().tobytes() for region in sample.regions)
        theirs = []
        for ref in refs:
            ids = ref["ann_id"] if isinstance(ref["ann_id"], list) else [ref["ann_id"]]
            targets = [one for one in dict.fromkeys(ids) if one != -1]
            if isinstance(ref["ann_id"], list):  # ReLA passes over the crowds among the targets, the others do not.
                targets = [one for one in targets if not loader.annotations[one].get("iscrowd")]
            summed = [loader.summed(one, ref["image_id"]) for one in targets]
            theirs.append(sorted((one > 0).tobytes() for one in summed))
            holes += sum(int((one > 1).any()) for one in summed)
        assert mine in theirs, sample.key
    return len(samples), holes


def samples_of(outcomes):
    return [outcome for outcome in outcomes if isinstance(outcome, Sample)]


@pytest.mark.parametrize(("split", "sentences"), [("train", None), ("val", None), ("testA", None), ("testB", None)])
def test_real_refcoco_is_what_refer_loads(real, place, outcomes, split, sentences):
    loader = Loader(real / "refer_seg/refcoco", "refs(unc).p")
    expected = sum(len(ref["sentences"]) for ref in loader.of_split(split))
    found = outcomes(Refer(place("refcoco", real, split)))
    assert check(found, loader, split)[0] == expected
    assert expected > 0 or not found


@pytest.mark.parametrize("split", ["val", "test"])
def test_real_rrsis_d_is_what_rmsin_loads(real, place, outcomes, split):
    loader = Loader(real / "refer_seg/rrsisd", "refs(unc).p")
    found = outcomes(Refer(place("rrsis-d", real, split)))
    assert check(found, loader, split)[0] == sum(len(ref["sentences"]) for ref in loader.of_split(split)) > 0


@pytest.mark.parametrize("name", FOLDERS)
def test_the_synthetic_refs_are_what_the_loaders_load(name, world, place, outcomes):
    location = place(name, world)
    loader = Loader(world / "refer_seg" / FOLDERS[name], location.file("refs").name)
    assert check(samples_of(outcomes(Refer(location))), loader, "train")[0] > 5


def test_synthetic_grefcoco_is_what_rela_loads(tmp_path, place, outcomes):
    write_world(tmp_path, scale=0.0005, seed=2, sources=("grefcoco",))
    location = place("grefcoco", tmp_path)
    loader = Loader(tmp_path / "refer_seg/grefcoco", location.file("refs").name)
    found = samples_of(outcomes(Grefcoco(location)))
    assert check(found, loader, "train")[0] > 30
    assert {min(len(sample.regions), 2) for sample in found} == {0, 1, 2}
