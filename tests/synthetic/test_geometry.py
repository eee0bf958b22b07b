"""Law: objects of RefCOCO's kind cost as many tokens as real ones, give or take 15 %, and look as varied."""

import json
from collections import Counter

import numpy as np
import pytest

from t4s_data.codecs.bsd import BoxCodec
from t4s_data.codecs.isd import ImageCodec
from t4s_data.masks.canvas import grid_of
from t4s_data.masks.mask import Mask
from t4s_data.synthetic.layouts.objects import polygons
from t4s_data.synthetic.scenes.composer import frame_of, scene_of
from t4s_data.synthetic.scenes.styles import STYLES
from t4s_data.synthetic.scenes.words import located
from t4s_data.tokens.tokenizers import load_tokenizer

BSD, ISD = BoxCodec(64), ImageCodec(64, "r-rle", "paper")


def costs(shapes):
    """Mean tokens of both descriptors over objects that cover a twentieth of their picture."""
    tokenizer = load_tokenizer("qwen2", BSD.vocabulary)
    counts = []
    for rings, label, height, width in shapes:
        mask = Mask.from_polygons(rings, height, width)
        if mask.area >= 0.05 * height * width:
            grid = grid_of(mask, 64).grid
            texts = [codec.encode([(codec.label(label).text, grid)])[0] for codec in (BSD, ISD)]
            counts.append(tokenizer.count_many(texts))
    return np.mean(counts, axis=0)


def synthetic_shapes():
    for number in range(600):
        scene = scene_of(0, "coco", number)
        for thing in scene.things:
            if len(scene.alike(thing)) > 1:
                yield polygons(thing), located(scene, thing, str(number)), scene.frame.height, scene.frame.width


def real_shapes(path, expressions):
    body = json.loads(path.read_text())
    images = {image["id"]: image for image in body["images"]}
    alike = Counter((one["image_id"], one["category_id"]) for one in body["annotations"])
    for number, one in enumerate(body["annotations"]):
        image = images[one["image_id"]]
        if alike[one["image_id"], one["category_id"]] > 1 and isinstance(one["segmentation"], list):
            yield one["segmentation"], expressions[number % len(expressions)][2], image["height"], image["width"]


def test_descriptors_cost_as_many_tokens_as_those_of_real_objects(real):
    expressions = json.loads((real / "refer_seg/refcoco_expressions.json").read_text())
    refcoco = list(real_shapes(real / "refer_seg/refcoco/instances.json", expressions))
    others = list(real_shapes(real / "coco/annotations/instances_subset.json", expressions))
    synthetic = costs(synthetic_shapes())
    assert synthetic == pytest.approx(costs(refcoco), rel=0.15)
    assert synthetic == pytest.approx(costs(refcoco + others), rel=0.15)


@pytest.mark.parametrize("pool", STYLES)
def test_scenes_hold_things_inside_their_frame(pool):
    for number in range(20):
        scene = scene_of(1, pool, number)
        assert scene.frame == frame_of(1, pool, number)
        assert len({thing.number for thing in (*scene.things, *scene.crowds)}) == len(scene.things) + len(scene.crowds)
        for thing in (*scene.things, *scene.crowds):
            left, top, right, bottom = thing.bounds
            assert 0 <= left < right <= scene.frame.width
            assert 0 <= top < bottom <= scene.frame.height
            assert thing.area > 10
        assert {thing.number for thing in scene.talked_about()} == {thing.number for thing in scene.things}


def test_scenes_differ_by_seed_and_number():
    scenes = [scene_of(seed, "coco", number) for seed in range(3) for number in range(3)]
    assert len({scene.things[0].bounds for scene in scenes}) == len(scenes)


def test_outlines_have_tens_of_vertices_and_some_things_have_two_parts():
    things = [thing for number in range(100) for thing in scene_of(0, "coco", number).things if thing.area > 5_000]
    vertices = [sum(map(len, thing.rings)) for thing in things]
    assert 20 < np.median(vertices) < 60
    assert 0.03 < np.mean([len(thing.rings) > 1 for thing in things]) < 0.3
