"""Laws of the recipe's schema: what it accepts means one thing, what it refuses it names."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from t4s_data.recipe.spec import OPTIONS, Recipe, SourceSpec

VALUES = {
    "min_texts": 5,
    "texts_per_image": 5,
    "explanatory": True,
    "pairs": "product",
    "labels": "captions",
    "crowd": "use",
    "negatives": "exhaustive",
    "names": "raw",
    "threshold": 128,
    "image_suffix": "_a.png",
    "label_suffix": "_b.png",
    "preset": "cityscapes",
    "annotations": "x.json",
    "images": "photos",
    "masks": "masks",
    "classes": "classes.txt",
    "ignore_ids": [0, 255],
}
SOURCES = SourceSpec.model_json_schema()["properties"]["name"]["anyOf"][0]["enum"]


def recipe(source=None, /, **keys):
    return Recipe.model_validate({"name": "x", "source": [{"name": "refcoco", **(source or {})}]} | keys)


def test_a_recipe_reads_back_from_the_keys_that_were_given():
    given = {
        "name": "x",
        "limits": {"answer_tokens": 9},
        "source": [{"name": "earthreason", "pairs": "product", "limits": {"over": "drop"}}],
    }
    parsed = Recipe.model_validate(given)
    assert parsed.model_dump(mode="json", exclude_unset=True) == given
    assert Recipe.model_validate(json.loads(parsed.model_dump_json(exclude_unset=True))) == parsed


def test_every_key_of_single_sources_has_a_value_to_try():
    assert set(VALUES) == set(OPTIONS)


@pytest.mark.parametrize("key", OPTIONS)
@pytest.mark.parametrize("name", SOURCES)
def test_a_key_of_single_sources_is_refused_elsewhere_by_name(key, name):
    source = {"name": name, key: VALUES[key]}
    if name in OPTIONS[key]:
        assert SourceSpec.model_validate(source).options == {key: VALUES[key]}
        return
    with pytest.raises(ValidationError, match=f"source '{name}' has no key '{key}'".replace("+", r"\+")) as error:
        SourceSpec.model_validate(source)
    assert all(other in str(error.value) for other in OPTIONS[key])


def test_keys_that_are_not_given_are_no_options():
    assert SourceSpec(name="reasonseg").options == {}
    assert SourceSpec(name="reasonseg", explanatory=False).options == {"explanatory": False}


def test_a_source_s_own_codec_and_limits_come_before_the_recipe_s():
    parsed = recipe({"codec": {"n": 16}, "limits": {"answer_tokens": 5}}, codec={"n": 32}, limits={"answer_tokens": 7})
    assert (parsed.codec_of(parsed.source[0]).n, parsed.limits_of(parsed.source[0]).answer_tokens) == (16, 5)
    parsed = recipe(codec={"n": 32}, limits={"answer_tokens": 7})
    assert (parsed.codec_of(parsed.source[0]).n, parsed.limits_of(parsed.source[0]).answer_tokens) == (32, 7)


@pytest.mark.parametrize("weight", [1, 0.5, 3])
def test_weights_are_numbers_above_0(weight):
    assert recipe({"tasks": {"referring-segmentation": weight}}).source[0].tasks == {"referring-segmentation": weight}


@pytest.mark.parametrize("weight", [0, -1, "3", True, float("inf"), float("nan")])
def test_anything_else_is_no_weight(weight):
    with pytest.raises(ValidationError):
        recipe({"tasks": {"referring-segmentation": weight}})


@pytest.mark.parametrize(
    ("source", "keys", "message"),
    [
        ({"splits": []}, {}, "at least 1"),
        ({"splits": ["train", "train"]}, {}, "names a split twice"),
        ({"splits": ["a/b"]}, {}, "splits.0"),
        ({"splits": [".."]}, {}, "splits.0"),
        ({"as_split": "a-b"}, {}, "as_split"),
        ({"root": "/data"}, {}, "no file or folder below --data-root"),
        ({"root": "a/../.."}, {}, "no file or folder below --data-root"),
        ({"name": "coco-instances", "annotations": "/x.json"}, {}, "no file or folder below --data-root"),
        ({"name": "coco-instances", "images": "a\\b"}, {}, "parted by /"),
        ({"name": "coco-instances", "images": "{place}"}, {}, "unknown place {place}"),
        ({"name": "coco-instances", "annotations": "x.json", "splits": ["a", "b"]}, {}, "{split} stands for the split"),
        ({"root": ""}, {}, "no file or folder below --data-root"),
        ({"repeat": 0}, {}, "repeat"),
        ({"repeat": 2.0}, {}, "repeat"),
        ({"limit": -1}, {}, "limit"),
        ({"tasks": {}}, {}, "tasks"),
        ({"tasks": {"referring-comprehension": 1}, "codec": {"name": "isd"}}, {}, "answers with a box"),
        ({"tasks": {"referring-comprehension": 1}}, {"codec": {"name": "isd"}}, "answers with a box"),
        ({}, {"codec": {"name": "isd", "bricks": "off"}}, "no key 'bricks'"),
        ({}, {"codec": {"name": "bsd", "variant": "full"}}, "no key 'variant'"),
        ({}, {"codec": {"n": 1}}, "codec.n"),
        ({}, {"codec": {"n": 257}}, "codec.n"),
        ({}, {"limits": {"answer_tokens": -1}}, "limits.answer_tokens"),
        ({}, {"limits": {"over": "cut"}}, "'trim' or 'drop'"),
        ({}, {"name": "../x"}, "name"),
        ({}, {"source": []}, "at least 1"),
        ({}, {"source": [{"name": "refcoco"}, {"name": "refcoco"}]}, "named twice"),
    ],
)
def test_what_makes_no_sense_is_refused(source, keys, message):
    assert recipe()
    with pytest.raises(ValidationError, match=message):
        recipe(source, **keys)
