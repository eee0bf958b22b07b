"""Laws: at scale 1 the splits have their official sizes; below it every split keeps some of each."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from t4s_data.synthetic.layouts import grefcoco, llava, muse, pix2cap, refclef, refer, rrsisd
from t4s_data.synthetic.layouts.refs import plans
from t4s_data.synthetic.world import World, portion

FULL = World(Path(), 1, 0, images=False)


@given(st.integers(1, 400), st.data())
def test_portions_add_up_and_leave_no_part_empty(parts, data):
    total = data.draw(st.integers(parts, 5 * parts))
    salt = data.draw(st.integers(0, 9))
    shares = [portion(total, parts, place, salt) for place in range(parts)]
    assert sum(shares) == total
    assert min(shares) >= 1


@pytest.mark.parametrize(
    ("dataset", "split", "images", "refs", "sentences"),
    [
        (refer.REFCOCO, "train", 16_994, 42_404, 120_624),
        (refer.REFCOCO, "val", 1_500, 3_811, 10_834),
        (refer.REFCOCO_PLUS, "train", 16_992, 42_278, 120_191),
        (refer.REFCOCOG, "train", 21_899, 42_226, 80_512),
        (refer.REFCOCOG, "test", 2_600, 5_023, 9_602),
    ],
    ids=lambda value: getattr(value, "folder", value),
)
def test_the_full_referring_sets_have_their_published_numbers(dataset, split, images, refs, sentences):
    own = [plan for plan in plans(FULL, dataset.splits, refer.deck(FULL, dataset.deck)) if plan.split == split]
    assert len({plan.number for plan in own}) == len(own) == images
    assert sum(len(plan.sentences) for plan in own) == refs
    assert sum(sum(plan.sentences) for plan in own) == sentences


def test_no_picture_is_asked_for_more_refs_than_every_scene_has_things():
    fewest_things = 4
    for dataset in (refer.REFCOCO, refer.REFCOCO_PLUS, refer.REFCOCOG):
        assert max(len(plan.sentences) for plan in plans(FULL, dataset.splits, refer.deck(FULL, "x"))) <= fewest_things


def test_the_four_refer_sets_have_the_train_sentences_of_table_1():
    clef = next(split for split in refclef.UNC if split.name == "train")
    sets = (refer.REFCOCO, refer.REFCOCO_PLUS, refer.REFCOCOG)
    on_coco = sum(split.sentences for dataset in sets for split in dataset.splits if split.name == "train")
    assert on_coco == 321_327
    assert round((on_coco + clef.sentences) / 1000) == 439


def test_full_grefcoco_has_its_published_train_numbers():
    refs, sentences = Counter(), Counter()
    for plan, multi, none in grefcoco.full_plans(FULL):
        for kind, counts in (("one", plan.sentences), ("multi", multi), ("none", none)):
            refs[plan.split] += len(counts)
            sentences[plan.split, kind] += sum(counts)
    assert refs["train"] == 78_930
    assert (sentences["train", "one"], sentences["train", "multi"], sentences["train", "none"]) == (
        120_624,
        69_580,
        19_140,
    )


def test_full_llava_has_its_published_rows():
    kinds = Counter(kind for kind, _ in llava.interleaved(llava.KINDS))
    assert kinds.total() == 665_298
    assert kinds["text"] == 40_688


def test_interleaving_mixes_all_kinds_from_the_start():
    first = [kind for kind, _ in llava.interleaved({"a": 50, "b": 50, "c": 50})][:6]
    assert sorted(first) == ["a", "a", "b", "b", "c", "c"]


def test_full_sizes_of_the_other_sources():
    train = next(split for split in muse.SPLITS if split.name == "train")
    assert (train.usable, train.usable + train.broken, train.images) == (230_000, 239_000, 102_000)
    assert pix2cap.TRAIN == (18_212, 152_000)
    assert [split.refs for split in rrsisd.SPLITS] == [12_181, 1_740, 3_481]
    assert len(FULL.train2017()) == 118_287


@given(st.floats(1e-6, 3))
def test_every_world_has_pictures_enough_for_its_sets(scale):
    world = World(Path(), scale, 0, images=False)
    for dataset in (refer.REFCOCO, refer.REFCOCO_PLUS, refer.REFCOCOG):
        wanted = sum(world.size(split.images, 4 if split.name == "train" else 2) for split in dataset.splits)
        assert wanted <= len(world.talked_about())
    assert world.size(pix2cap.TRAIN[0], 2) <= len(world.train2017())
    assert world.size(pix2cap.VAL[0], 2) <= len(world.val2017())


@given(st.sets(st.integers(-5_000, 200_000), min_size=2, max_size=50), st.integers(0, 5))
def test_image_ids_are_distinct_and_positive(numbers, seed):
    ids = {World(Path(), 1, seed, images=False).image_id(number) for number in numbers}
    assert len(ids) == len(numbers)
    assert min(ids) > 0
