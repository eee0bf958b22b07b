"""Laws of rows: a row is valid, its answer decodes to its regions, its lengths are those of its texts."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from t4s_data.build.rows import RowMaker
from t4s_data.codecs.codec import from_name
from t4s_data.conversation.tasks import TASKS
from t4s_data.corpus.row import Row, RowImage
from t4s_data.errors import RecordError
from t4s_data.masks.canvas import cell_box, grid_of
from t4s_data.masks.mask import Mask
from t4s_data.recipe.parts import parts_of
from t4s_data.recipe.spec import Recipe
from t4s_data.sample import Image, Region, Sample, Turn
from t4s_data.tokens.tokenizers import load_tokenizer

SIZE = 60, 80
IMAGE = Image("images/a.jpg", SIZE[1], SIZE[0])
CLASSES = ("cat", "dog", "sky", "road", "tree")
CODECS = [
    {"n": 64},
    {"n": 16, "bricks": "bare", "row_separator": "none"},
    {"n": 16, "bricks": "off"},
    {"name": "isd", "n": 16},
    {"name": "isd", "n": 16, "variant": "full", "dialect": "released"},
]
SOURCE_OF = {
    "panoptic-segmentation": "coco-panoptic",
    "conditioned-segmentation": "coco-panoptic",
    "semantic-segmentation": "coco-panoptic",
    "referring-segmentation": "refcoco",
    "referring-comprehension": "refcoco",
    "generalized-referring-segmentation": "grefcoco",
    "reasoning-segmentation": "reasonseg",
    "multi-reasoning-segmentation": "muse",
    "geospatial-reasoning-segmentation": "earthreason",
    "visual-understanding": "llava",
}
NUMBERED = {task for task in TASKS if "reasoning" in task or task.startswith("generalized")}


@cache
def blob(number):
    """One of some ragged masks, the larger the lower its number."""
    rng = np.random.default_rng(number)
    height, width = 40 - 3 * number, 50 - 4 * number
    pixels = np.zeros(SIZE, dtype=bool)
    top, left = rng.integers(SIZE[0] - height), rng.integers(SIZE[1] - width)
    pixels[top : top + height, left : left + width] = rng.random((height, width)) > 0.1
    return Mask.from_dense(pixels)


def sample(*labels, key="1", **texts):
    regions = tuple(Region(label, blob(number)) for number, label in enumerate(labels))
    words = tuple(f"word {number} " for number in range(len(labels) + 1))
    texts = {"query": "what sits there", "categories": CLASSES, "answer": words, **texts}
    return Sample(key, IMAGE, regions, **texts)


def part_of(task, codec=None, root=Path("/nowhere"), **keys):
    tables = {key: keys.pop(key) for key in ("images", "limits", "seed") if key in keys}
    source = {"name": SOURCE_OF[task], "tasks": {task: 1}, **keys}
    recipe = {"name": "x", "source": [source], "codec": codec or {}, **tables}
    return parts_of(Recipe.model_validate(recipe), root)[0]


def made(task, given_sample, passing=0, **keys):
    return RowMaker(part_of(task, **keys), passing).make(given_sample)


def valid(row: Row) -> None:
    """What a reader checks of a row that was written."""
    assert msgspec.convert(msgspec.to_builtins(row, builtin_types=(bytes,)), Row) == row


def answer_of(row):
    return row.messages[-1].content


def descriptors_of(row):
    closing = "</box>" if row.codec.endswith("-box") else "</seg>"
    opening = "<seg>" if row.codec.startswith("isd") else "<ref>"
    return re.findall(f"{opening}.*?{closing}", answer_of(row), re.DOTALL)


COMBINATIONS = [
    pytest.param(task, codec, id=f"{task}-{number}")
    for task in TASKS
    for number, codec in enumerate(CODECS)
    if codec.get("name") != "isd" or task != "referring-comprehension"
]


@pytest.mark.parametrize(("task", "codec"), COMBINATIONS)
@pytest.mark.parametrize("labels", [("cat",), ("cat", "dog", "cat", "sky")])
def test_a_row_is_valid_and_its_answer_decodes_to_its_regions(task, codec, labels):
    row, _ = made(task, sample(*labels), codec=codec)
    valid(row)
    found = from_name(row.codec).decode_answer(answer_of(row)).regions
    masks = [Mask.from_rle(region.rle, *SIZE) for region in row.regions]
    grids = [grid_of(mask, codec["n"]).grid for mask in masks]
    assert [region.area for region in row.regions] == [mask.area for mask in masks]
    assert [region.box for region in row.regions] == [list(cell_box(grid)) for grid in grids]
    if codec.get("name") == "isd":
        painted = np.full((codec["n"], codec["n"]), "others", dtype=object)
        for region, grid in zip(row.regions, grids, strict=True):
            painted[grid] = region.label
        assert {one.label for one in found} == set(painted.ravel()) - {"others"}
        assert all((one.grid == (painted == one.label)).all() for one in found)
        return
    assert [one.label for one in found] == [region.label for region in row.regions]
    assert [list(one.box) for one in found] == [region.box for region in row.regions]
    if not row.codec.endswith("-box"):
        assert all((one.grid == grid).all() for one, grid in zip(found, grids, strict=True))


@pytest.mark.parametrize(("task", "codec"), COMBINATIONS)
def test_lengths_are_those_of_the_texts(task, codec):
    part = part_of(task, codec)
    tokenizer = load_tokenizer(part.tokenizer, part.vocabulary)
    for labels in (("cat",), ("cat", "dog", "left|right <image> \N{SNOWMAN}")):
        row, _ = RowMaker(part, 0).make(sample(*labels))
        asked, answered = (message.content for message in row.messages)
        assert row.descriptor_tokens == sum(map(tokenizer.count, descriptors_of(row)))
        assert row.answer_tokens == tokenizer.count(answered)
        assert row.total_tokens == tokenizer.count(answered) + tokenizer.count(asked.removeprefix("<image>"))


@pytest.mark.parametrize(("task", "codec"), COMBINATIONS)
def test_a_row_depends_on_its_record_alone(task, codec):
    part = part_of(task, codec, repeat=2)
    samples = [sample("cat", key="a"), sample("dog", "cat", key="b"), sample("sky", key="c")]
    alone = [RowMaker(part, 1).make(one) for one in samples]
    maker = RowMaker(part, 1)
    assert [maker.make(one) for one in reversed(samples)] == alone[::-1]
    assert [maker.make(one) for one in samples] == alone


@pytest.mark.parametrize("task", TASKS)
def test_labels_are_the_sample_s_or_numbered(task):
    row, _ = made(task, sample("cat", "dog"))
    labels = {region.label for region in row.regions}
    assert labels <= ({"roi0", "roi1"} if task in NUMBERED else {"cat", "dog"})


@pytest.mark.parametrize("task", ["generalized-referring-segmentation", "geospatial-reasoning-segmentation"])
@pytest.mark.parametrize("words", [(), ("Nothing is there.",)])
def test_no_target_is_a_sentence_and_in_image_wise_descriptors_the_empty_map(task, words):
    row, _ = made(task, sample(answer=words))
    assert (row.regions, row.descriptor_tokens, descriptors_of(row)) == ([], 0, [])
    assert "<" not in answer_of(row)
    assert answer_of(row).endswith(".")
    row, _ = made(task, sample(answer=words), codec={"name": "isd", "n": 16})
    assert answer_of(row).endswith(".\n<seg>" + "\n".join(["others*16"] * 16) + "</seg>")
    assert row.regions == []


def test_image_wise_answers_hold_one_map_after_words_that_name_its_labels():
    row, _ = made("multi-reasoning-segmentation", sample("roi0", "roi1", answer=("a ", ", b ", ".")), codec=CODECS[3])
    assert re.fullmatch(r"a \(roi0\), b \(roi1\)\.\n<seg>[^<]*roi1\*[^<]*</seg>", answer_of(row))


def test_box_wise_answers_hold_each_entry_after_its_phrase():
    row, _ = made("multi-reasoning-segmentation", sample("roi0", "roi1", answer=("a ", ",  b ", ".")))
    assert re.sub(r"<box>[^/]*</box><seg>[^/]*</seg>", "", answer_of(row)) == "a <ref>roi0</ref>,  b <ref>roi1</ref>."


def test_texts_are_made_safe_and_counted():
    labels = ("the  <seg>\tcat",)
    row, notes = made("referring-segmentation", sample(*labels, query="a <image> b", answer=("<box>", "")))
    assert row.regions[0].label == "the \u2039seg> cat"
    assert "a \u2039image> b" in row.messages[0].content
    assert notes["reserved-text"] == 3
    assert all(message.content.count("<image>") == (message.role == "user") for message in row.messages)


def test_image_wise_labels_read_alike_in_question_map_and_region():
    names = ("others", "left|right")
    for key in map(str, range(20)):
        given_sample = sample(*names, key=key, categories=names)
        row, notes = made("conditioned-segmentation", given_sample, codec=CODECS[3])
        asked = row.messages[0].content
        assert "left|right" not in asked
        assert not re.search(r"\bothers\b", asked)
        assert {region.label for region in row.regions} <= {"other", "left/right"}
        assert notes["reserved-text"] == 4


def test_a_text_without_anything_visible_is_refused():
    with pytest.raises(RecordError, match="no-texts"):
        made("referring-segmentation", sample("cat", query="\u200b"))


def test_what_was_rescued_is_said():
    pixels = np.zeros(SIZE, dtype=bool)
    pixels[0, 0] = True
    region = Region("cat", Mask.from_dense(pixels))
    row, notes = made("referring-segmentation", Sample("1", IMAGE, (region,), query="cat"), codec={"n": 2})
    assert (row.regions[0].rescued, notes["rescued"], notes["regions"]) == (True, 1, 1)


def test_notes_of_the_reader_are_kept():
    _, notes = made("referring-segmentation", sample("cat", notes={"crowd-left-out": 2, "reserved-text": 1}))
    assert (notes["crowd-left-out"], notes["reserved-text"]) == (2, 1)


def test_ids_and_templates_differ_between_passes():
    rows = [made("referring-segmentation", sample("cat", key="5-6"), passing, repeat=3)[0] for passing in range(3)]
    assert [row.id for row in rows] == [f"refcoco/unc-train/5-6#{passing}" for passing in range(3)]
    assert len({row.messages[0].content for row in rows}) == 3


def test_a_seed_changes_the_words_and_not_the_regions():
    rows = [made("referring-segmentation", sample("cat"), seed=seed)[0] for seed in range(8)]
    assert len({row.messages[0].content for row in rows}) > 1
    assert len({str(row.regions) for row in rows}) == 1


def test_tasks_come_as_often_as_their_weights_say():
    recipe = {
        "name": "x",
        "source": [{"name": "refcoco", "tasks": {"referring-segmentation": 3, "referring-comprehension": 1}}],
    }
    maker = RowMaker(parts_of(Recipe.model_validate(recipe), Path("/nowhere"))[0], 0)
    rows = [maker.make(sample("cat", key=str(number)))[0] for number in range(1_000)]
    boxes = [row for row in rows if row.task == "referring-comprehension"]
    assert 200 < len(boxes) < 300
    assert {row.codec for row in boxes} == {"bsd-64-box"}
    assert not any("<seg>" in answer_of(row) for row in boxes)


TURNS = (Turn("user", "<image>\nWhat  is it? | others"), Turn("assistant", "A\tcat.\n"), Turn("user", "Sure?"))


def test_a_conversation_is_kept_as_it_is():
    kept = Sample("7", IMAGE, turns=(*TURNS, Turn("assistant", "Yes.")), notes={"placeholders-moved": 1})
    row, notes = made("visual-understanding", kept, limits={"answer_tokens": 1})
    valid(row)
    assert [(one.role, one.content) for one in row.messages] == [(t.role, t.content) for t in kept.turns]
    assert (row.codec, row.regions, row.descriptor_tokens) == ("none", [], 0)
    tokenizer = load_tokenizer("qwen2", ())
    assert row.answer_tokens == tokenizer.count("A\tcat.\n") + tokenizer.count("Yes.")
    assert row.total_tokens == sum(tokenizer.count(turn.content.replace("<image>", "")) for turn in kept.turns)
    assert notes["placeholders-moved"] == 1


def test_a_conversation_needs_no_image():
    row, notes = made("visual-understanding", Sample("7", None, turns=(Turn("user", "Hi"), Turn("assistant", "Ho"))))
    valid(row)
    assert (row.images, row.width, row.height, notes["images-absent"]) == ([], None, None, 0)


def test_no_conversation_is_no_record():
    with pytest.raises(RecordError, match="no-texts"):
        made("visual-understanding", Sample("7", None))


def test_absent_images_are_counted_where_only_their_paths_are_kept(tmp_path):
    (tmp_path / "images").mkdir()
    part = part_of("referring-segmentation", root=tmp_path)
    row, notes = RowMaker(part, 0).make(sample("cat"))
    assert row.images == [RowImage("images/a.jpg")]
    assert notes["images-absent"] == 1
    image = Image("images/b.jpg", *SIZE)
    (tmp_path / image.path).write_bytes(b"x")
    _, notes = RowMaker(part, 0).make(Sample("1", image, sample("cat").regions, query="cat"))
    assert notes["images-absent"] == 0


def test_an_image_that_cannot_be_embedded_is_an_error(tmp_path):
    part = part_of("referring-segmentation", root=tmp_path, images={"mode": "embed"})
    with pytest.raises(RecordError, match="image-missing"):
        RowMaker(part, 0).make(sample("cat"))


def test_a_size_that_no_annotation_has_is_read_off_the_image_where_it_is_embedded(tmp_path):
    (tmp_path / "images").mkdir()
    Pillow.new("RGB", SIZE[::-1]).save(tmp_path / IMAGE.path)
    kept = Sample("7", Image(IMAGE.path, None, None), turns=(Turn("user", "<image>\nHi"), Turn("assistant", "Ho")))
    for mode, size in (("embed", SIZE[::-1]), ("path", (None, None))):
        part = part_of("visual-understanding", root=tmp_path, images={"mode": mode})
        row, _ = RowMaker(part, 0).make(kept)
        valid(row)
        assert (row.width, row.height) == size
        assert row.images[0].bytes == ((tmp_path / IMAGE.path).read_bytes() if mode == "embed" else None)


LONG = sample(*("cat", "dog", "sky", "road", "tree") * 2)
LISTS = ("panoptic-segmentation", "conditioned-segmentation", "semantic-segmentation")


@pytest.mark.parametrize(
    ("task", "codec"), [*((task, CODECS[0]) for task in LISTS), *((task, CODECS[3]) for task in LISTS[::2])]
)
def test_an_answer_over_the_limit_keeps_its_largest_regions_and_the_question_says_so(task, codec):
    whole, _ = made(task, LONG, codec=codec)
    limit = whole.answer_tokens - 1
    row, notes = made(task, LONG, codec=codec, limits={"answer_tokens": limit})
    kept = len(row.regions)
    assert row.answer_tokens <= limit
    assert 0 < kept < len(whole.regions)
    assert row.regions == whole.regions[:kept]
    assert re.search(rf"\b{kept}\b", row.messages[0].content)
    assert (notes["answers-trimmed"], notes["regions-trimmed"]) == (1, len(whole.regions) - kept)


@given(limit=st.integers(600, 2_143))
@settings(max_examples=25)
def test_no_region_is_left_out_that_fits(limit):
    row, _ = made("panoptic-segmentation", LONG, limits={"answer_tokens": limit})
    one_more = answer_of(made("panoptic-segmentation", LONG)[0]).split("</seg>")[: len(row.regions) + 1]
    tokenizer = load_tokenizer("qwen2", part_of("panoptic-segmentation").vocabulary)
    assert tokenizer.count("</seg>".join(one_more) + "</seg>") > limit


def test_an_answer_within_the_limit_is_whole():
    whole, _ = made("panoptic-segmentation", LONG)
    row, notes = made("panoptic-segmentation", LONG, limits={"answer_tokens": whole.answer_tokens})
    assert row == whole
    assert not {"answers-trimmed", "regions-trimmed"} & notes.keys()


@pytest.mark.parametrize(
    ("task", "limits"),
    [
        ("panoptic-segmentation", {"answer_tokens": 100, "over": "drop"}),
        ("panoptic-segmentation", {"answer_tokens": 5}),
        ("referring-segmentation", {"answer_tokens": 5}),
        ("multi-reasoning-segmentation", {"answer_tokens": 100}),
        ("generalized-referring-segmentation", {"answer_tokens": 100}),
    ],
)
def test_an_answer_that_cannot_be_trimmed_is_dropped(task, limits):
    with pytest.raises(RecordError, match=f"too-long: [0-9]+ tokens in the answer, {limits['answer_tokens']} allowed"):
        made(task, sample("cat", "dog", "sky"), limits=limits)


def outcome(maker, given_sample):
    try:
        return maker.make(given_sample)[0].task
    except RecordError as error:
        return error.reason


def test_a_record_is_used_in_every_pass_or_in_none():
    recipe = {
        "name": "x",
        "limits": {"answer_tokens": 1_100, "over": "drop"},
        "source": [{"name": "coco-panoptic", "repeat": 3}],
    }
    part = parts_of(Recipe.model_validate(recipe), Path("/nowhere"))[0]
    makers = [RowMaker(part, passing) for passing in range(3)]
    samples = [sample(*("cat", "dog", "sky", "road", "tree")[: 1 + n % 5], key=str(n)) for n in range(60)]
    outcomes = [[outcome(maker, one) for maker in makers] for one in samples]
    dropped = [found for found in outcomes if "too-long" in found]
    assert all(set(found) == {"too-long"} for found in dropped)
    assert 0 < len(dropped) < len(samples)
    # Without the law some of them would have been used in one of the passes.
    single = RowMaker(
        parts_of(Recipe.model_validate(recipe | {"source": [{"name": "coco-panoptic"}]}), Path("/"))[0], 0
    )
    alone = [outcome(single, one) for one, found in zip(samples, outcomes, strict=True) if "too-long" in found]
    assert set(alone) - {"too-long"}


@pytest.mark.parametrize("codec", [{"n": 16}, {"n": 64}])
def test_an_entry_that_several_regions_write_stands_once_and_the_largest_of_them_stays(codec):
    """Two specks of one cell, rescued both, and one of another label."""
    specks = [((50, 70), (1, 1)), ((50, 71), (1, 2)), ((50, 70), (1, 1))]
    masks = []
    for (top, left), (height, width) in specks:
        pixels = np.zeros((1000, 1000), dtype=bool)
        pixels[top : top + height, left : left + width] = True
        masks.append(Mask.from_dense(pixels))
    regions = tuple(Region(label, mask) for label, mask in zip(("cat", "cat", "dog"), masks, strict=True))
    given_sample = Sample("1", Image("a.jpg", 1000, 1000), regions, categories=CLASSES)
    row, notes = made("panoptic-segmentation", given_sample, codec=codec)
    assert [(region.label, region.area) for region in row.regions] == [("cat", 2), ("dog", 1)]
    assert (notes["merged"], notes["regions"], notes["rescued"]) == (1, 2, 2)
    assert len(descriptors_of(row)) == len(set(descriptors_of(row))) == 2


def test_regions_that_the_source_s_own_words_name_all_stay():
    twice = (Region("roi0", blob(0)), Region("roi1", blob(0)))
    row, notes = made(
        "multi-reasoning-segmentation", Sample("1", IMAGE, twice, query="what?", answer=("a ", " b ", ""))
    )
    assert len(row.regions) == 2
    assert "merged" not in notes
