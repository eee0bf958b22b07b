"""Laws of parts: a recipe's tables come apart into splits, each with all that shapes its rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from t4s_data.conversation.tasks import KEPT
from t4s_data.errors import RecipeError
from t4s_data.manifest.shipped import NAMES, load_manifest
from t4s_data.recipe.parts import parts_of, vocabulary_of
from t4s_data.recipe.spec import Recipe
from t4s_data.synthetic.generate import write_world

ROOT = Path("/data")


def parts(*sources, root=ROOT, **keys):
    return parts_of(Recipe.model_validate({"name": "x", "source": list(sources), **keys}), root)


def test_every_split_of_every_table_is_a_part_in_the_recipe_s_order():
    found = parts({"name": "refcocog", "splits": ["val", "train"]}, {"name": "reasonseg", "splits": ["val"]})
    assert [part.name for part in found] == ["refcocog/umd-val", "refcocog/umd-train", "reasonseg/val"]
    assert [part.table for part in found] == [0, 0, 1]


@pytest.mark.parametrize("name", NAMES)
def test_defaults_are_the_manifest_s(name):
    manifest = load_manifest(name)
    part = parts({"name": name, "splits": [manifest.split[0].name if manifest.split else "mine"]})[0]
    assert part.location.root == manifest.root
    assert part.location.split_by == manifest.default_split_by
    assert dict(part.tasks) == {task: weight for task, weight in manifest.tasks.items() if weight}


def test_the_recipe_comes_before_the_manifest():
    part = parts({"name": "refcoco", "root": "other", "split_by": "google", "tasks": {"referring-comprehension": 2}})[0]
    assert part.location.file("refs") == ROOT / "other/refcoco/refs(google).p"
    assert dict(part.tasks) == {"referring-comprehension": 2}


def test_readers_get_the_keys_of_their_source_and_the_seed():
    found = parts({"name": "reasonseg", "min_texts": 5, "explanatory": False}, {"name": "refcoco"}, seed=7)
    assert found[0].location.options == {"seed": 7, "min_texts": 5, "explanatory": False}
    assert found[1].location.options == {"seed": 7}


def test_limits_are_the_source_s_or_the_recipe_s():
    found = parts({"name": "muse", "limits": {"answer_tokens": 5}}, {"name": "refcoco"}, limits={"answer_tokens": 9})
    assert [part.limits.answer_tokens for part in found] == [5, 9]


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        (
            [{"name": "refcoco", "splits": ["test"]}],
            r"source\[1\].splits: source 'refcoco' has no split 'test' by 'unc'",
        ),
        ([{"name": "llava", "split_by": "unc"}], r"source\[1\].splits: source 'llava' has no split 'train' by 'unc'"),
        ([{"name": "mask-folder", "split_by": "unc"}], "has no split 'train' by 'unc'"),
        ([{"name": "llava", "tasks": {"panoptic-segmentation": 1}}], "it makes visual-understanding"),
        ([{"name": "refcoco"}, {"name": "refcoco", "split_by": "unc"}], "refcoco/unc-train is named twice"),
    ],
)
def test_what_a_source_does_not_have_is_refused(sources, message):
    with pytest.raises(RecipeError, match=message):
        parts(*sources)


def test_one_source_may_come_by_several_dividers():
    assert len(parts({"name": "refcoco"}, {"name": "refcoco", "split_by": "google"})) == 2


def test_splits_that_no_manifest_lists_are_taken_where_there_are_such():
    assert parts({"name": "mask-folder", "splits": ["my.split"]})[0].name == "mask-folder/my.split"


def test_image_wise_descriptors_leave_boxes_out_of_the_defaults():
    assert set(parts({"name": "refcoco"}, codec={"name": "isd"})[0].tasks) == {"referring-segmentation"}


@pytest.mark.parametrize("name", NAMES)
def test_every_source_has_something_to_do_under_every_codec(name):
    for codec in ("bsd", "isd"):
        source = {"name": name, "splits": [split.name for split in load_manifest(name).split[:1]] or ["train"]}
        assert parts(source, codec={"name": codec})[0].tasks


def test_only_codecs_that_write_descriptors_add_tokens():
    def vocabulary(*sources, **keys):
        return tuple(vocabulary_of(Recipe.model_validate({"name": "x", "source": list(sources), **keys})))

    assert vocabulary({"name": "llava"}) == ()
    assert len(vocabulary({"name": "refcoco"}, {"name": "llava"})) == 132
    both = vocabulary({"name": "refcoco", "codec": {"name": "isd", "n": 16}}, {"name": "muse", "codec": {"n": 16}})
    assert both[:2] == ("<seg>", "</seg>")
    assert len(both) == len(set(both)) == 36


def test_the_codec_s_name_is_that_of_the_rows():
    found = parts({"name": "refcoco"}, {"name": "llava"}, codec={"n": 32, "bricks": "off"})
    assert [part.codec_name for part in found] == ["bsd-32-text", "none"]
    assert set(found[1].tasks) == {KEPT}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    root = tmp_path_factory.mktemp("world")
    write_world(root, scale=0.0001, seed=0, sources=["reasonseg", "refcoco"])
    return root


@pytest.mark.parametrize(
    ("source", "keys"),
    [
        ({"repeat": 2}, {}),
        ({"limit": 3}, {}),
        ({"splits": ["val"]}, {}),
        ({"min_texts": 2}, {}),
        ({"limits": {"answer_tokens": 5}}, {}),
        ({"limits": {"answer_tokens": 0, "over": "drop"}}, {}),
        ({"codec": {"n": 32}}, {}),
        ({}, {"seed": 1}),
        ({}, {"images": {"mode": "embed"}}),
        ({}, {"tokenizer": {"name": "other"}}),
    ],
)
def test_a_fingerprint_changes_with_whatever_could_change_the_rows(world, source, keys):
    plain = parts({"name": "reasonseg"}, root=world)[0].fingerprint()
    assert parts({"name": "reasonseg"}, root=world)[0].fingerprint() == plain
    assert parts({"name": "reasonseg", **source}, root=world, **keys)[0].fingerprint() != plain


def test_a_fingerprint_changes_with_the_input_files(world):
    part = parts({"name": "refcoco"}, root=world)[0]
    before = part.fingerprint()
    with part.location.file("refs").open("ab") as file:
        file.write(b" ")
    assert part.fingerprint() != before


def test_a_fingerprint_is_the_same_beside_other_sources_that_add_no_tokens(world):
    alone = parts({"name": "reasonseg"}, root=world)[0]
    assert parts({"name": "refcoco"}, {"name": "reasonseg"}, root=world)[1].fingerprint() == alone.fingerprint()
