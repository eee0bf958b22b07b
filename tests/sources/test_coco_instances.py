"""An image is a record with a region for each object that is no crowd, or a caption is one; nobody's object is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask as coco

from t4s_data.annotations.image_groups import map_groups
from t4s_data.errors import DataError
from t4s_data.sample import Image, Sample
from t4s_data.sources.coco_instances import CocoInstances

HEIGHT, WIDTH = 20, 30
SMALL = [[1, 1, 5, 1, 5, 4, 1, 4]]
PARTS = [[10, 2, 16, 2, 16, 8, 10, 8], [20, 2, 26, 2, 26, 8, 20, 8]]
BAND = np.zeros((HEIGHT, WIDTH), dtype=np.uint8, order="F")
BAND[12:] = 1
PACKED = {"size": [HEIGHT, WIDTH], "counts": coco.encode(BAND)["counts"].decode()}
PLAIN = {"size": [HEIGHT, WIDTH], "counts": [*([12, 8] * WIDTH)]}
CATEGORIES = [{"id": 3, "name": "mug"}, {"id": 1, "name": "table"}, {"id": 0, "name": "cat", "supercategory": "animal"}]

MASK_REASONS = {"no-mask", "bad-mask", "size-mismatch", "empty-mask"}


def image(number: Any, **changes: Any) -> dict[str, Any]:
    return {"id": number, "file_name": f"{number}.jpg", "height": HEIGHT, "width": WIDTH} | changes


def thing(number: Any, image_id: Any, segmentation: Any = SMALL, **changes: Any) -> dict[str, Any]:
    return {"id": number, "image_id": image_id, "category_id": 3, "segmentation": segmentation, "iscrowd": 0} | changes


def write_file(root: Path, place: Callable[..., Any], body: dict[str, Any], **options: Any) -> CocoInstances:
    path = root / "mine/annotations/instances_day.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(body))
    return CocoInstances(place("coco-instances", root, "day", root="mine", **options))


@pytest.fixture
def write(tmp_path: Path, place: Callable[..., Any]) -> Callable[..., CocoInstances]:
    """A reader of a file with these annotations on images 7 and 5, in this order."""

    def build(
        *annotations: Any,
        labels: str | None = None,
        crowd: str | None = None,
        negatives: str | None = None,
        **members: Any,
    ) -> CocoInstances:
        body = {"images": [image(7), image(5)], "annotations": list(annotations), "categories": CATEGORIES} | members
        options = {"labels": labels, "crowd": crowd, "negatives": negatives}
        return write_file(tmp_path, place, body, **{name: value for name, value in options.items() if value})

    return build


def test_objects_are_grouped_by_image_and_named_after_their_categories(write, walk):
    found = walk(write(thing(1, 5), thing(2, 7, PARTS, category_id=0), thing(3, 5, PACKED, category_id=1)))
    assert [sample.key for sample in found.samples] == ["7", "5"]
    seven, five = found.samples
    assert [(region.label, region.mask.area) for region in seven.regions] == [("cat", 72)]
    assert [(region.label, region.mask.area) for region in five.regions] == [("table", 240), ("mug", 12)]
    assert five.image == Image("mine/day/5.jpg", WIDTH, HEIGHT)
    assert found.entries[1].image == five.image.path
    assert five.image_id == "5"
    assert five.categories == ()


ROBOFLOW = [
    {"id": 9, "name": "kitchen", "supercategory": "none"},
    {"id": 3, "name": "mug", "supercategory": "kitchen"},
    {"id": 1, "name": "table", "supercategory": "kitchen"},
    {"id": 0, "name": "cat", "supercategory": "kitchen"},
]


def test_only_what_is_used_and_stands_above_no_other_is_called_absent(write, walk):
    things = (thing(1, 5), thing(2, 7, category_id=1), thing(3, 7, category_id=9))
    negatives = {
        key: walk(write(*things, negatives=key, categories=ROBOFLOW)).samples for key in ("none", "exhaustive")
    }
    assert [sample.categories for sample in negatives["none"]] == [(), ()]
    assert [sample.categories for sample in negatives["exhaustive"]] == [("mug", "table")] * 2


def test_lvis_says_of_each_image_what_is_not_there_and_what_is_not_all_there(write, walk):
    images = [image(7, neg_category_ids=[0], not_exhaustive_category_ids=[3]), image(5, neg_category_ids=[])]
    things = (thing(1, 5), thing(2, 7), thing(4, 7, category_id=1))
    for key, absent in ((None, ("cat",)), ("exhaustive", ("cat",)), ("none", ())):
        seven, five = walk(write(*things, images=images, negatives=key)).samples
        assert (seven.categories, seven.incomplete) == (absent, ("mug",))
        assert (five.categories, five.incomplete) == ((), ())


@pytest.mark.parametrize("band", [PACKED, PLAIN, [PACKED]])
def test_every_form_of_run_lengths_is_read(write, walk, band):
    found = walk(write(thing(1, 7, band), thing(2, 5)))
    assert np.array_equal(found.samples[0].regions[0].mask.dense(), BAND == 1)


def test_objects_of_one_area_stay_in_the_order_of_the_file(write, walk):
    found = walk(write(thing(9, 7, category_id=1), thing(2, 7, category_id=0), thing(5, 7), thing(1, 5)))
    assert [region.label for region in found.samples[0].regions] == ["table", "cat", "mug"]


def test_crowds_are_left_out_and_counted(write, walk):
    found = walk(write(thing(1, 7), thing(2, 7, PLAIN, iscrowd=1), thing(3, 5, PLAIN, iscrowd=True)))
    assert [(sample.key, len(sample.regions), sample.notes) for sample in found.samples] == [
        ("7", 1, {"crowd-left-out": 1})
    ]
    assert found.reasons() == {"5": "no-target"}


def test_ids_may_be_texts(write, walk):
    things = [thing("x", "c", category_id="k1"), thing("y", "a/b", category_id="k1")]
    members = {"images": [image("a/b"), image("c")], "categories": [{"id": "k1", "name": "mug"}]}
    found = walk(write(*things, **members))
    assert [sample.key for sample in found.samples] == ["a/b", "c"]
    assert [sample.image.path for sample in found.samples] == ["mine/day/a/b.jpg", "mine/day/c.jpg"]


@pytest.mark.parametrize(
    ("licenses", "name"),
    [([], None), ([{"id": 4, "name": "", "url": ""}], None), ([{"id": 4, "name": "Mine"}], "Mine")],
)
def test_a_license_has_no_name_but_the_one_in_the_file(write, walk, licenses, name):
    (sample,) = walk(write(thing(1, 7), images=[image(7, license=4)], licenses=licenses)).samples
    assert sample.license == name


@pytest.mark.parametrize(
    ("reason", "broken"),
    [
        ("unknown-category", thing(2, 5, category_id=77)),
        ("unknown-category", thing(2, 5, category_id=None)),
        ("unknown-category", thing(2, 5, category_id="3")),
        ("no-mask", thing(2, 5, [])),
        ("no-mask", thing(2, 5, None)),
        ("bad-mask", thing(2, 5, "polygon")),
        ("bad-mask", thing(2, 5, [[1, 1, 2]])),
        ("bad-mask", thing(2, 5, {"counts": "x"})),
        ("size-mismatch", thing(2, 5, PACKED | {"size": [WIDTH, HEIGHT]})),
        ("empty-mask", thing(2, 5, [[40, 30, 45, 30, 45, 35]])),
        ("bad-type", thing(2, 5, iscrowd="no")),
        ("bad-type", {"image_id": 5}),
    ],
)
def test_an_object_that_cannot_be_used_costs_its_region_alone(write, walk, reason, broken):
    found = walk(write(thing(1, 7), broken, thing(6, 5, category_id=1)))
    assert not found.rejects
    seven, five = found.samples
    assert [region.label for region in five.regions] == ["table"]
    assert five.notes == {"crowd-left-out": 0, f"left-out-{reason}": 1}
    # An annotation of no readable category may be of any.
    assert five.unsure == (("mug",) if reason in MASK_REASONS else ("mug", "table", "cat"))
    # What lies outside the image is nothing that an answer would lack.
    assert five.incomplete == (("mug",) if reason in MASK_REASONS and reason != "empty-mask" else ())
    assert (seven.notes, seven.unsure) == ({"crowd-left-out": 0}, ())


@pytest.mark.parametrize(
    ("reason", "segmentation"),
    [
        ("bad-mask", [*SMALL, []]),
        ("bad-mask", [[1, 1, 5, 4]]),
        ("no-mask", []),
        ("empty-mask", [[-9, -9, -5, -9, -5, -5]]),
    ],
)
def test_an_image_all_of_whose_objects_cannot_be_used_is_rejected_by_name(write, walk, reason, segmentation):
    found = walk(write(thing(1, 7), thing(2, 5, segmentation), thing(3, 5, segmentation)))
    assert [sample.key for sample in found.samples] == ["7"]
    (reject,) = found.rejects
    assert (reject.key, reject.reason) == ("5", reason)
    assert "annotation 2" in reject.detail


def test_what_says_ignore_is_left_out_counted_and_unsure(write, walk):
    things = [thing(1, 7, ignore=0), thing(2, 7, PLAIN, ignore=1, category_id=1), thing(3, 5, PLAIN, ignore=1)]
    for crowd in (None, "use"):
        found = walk(write(*things, crowd=crowd))
        (seven,) = found.samples
        assert len(seven.regions) == 1
        assert seven.notes == {"crowd-left-out": 0, "left-out-ignored": 1}
        assert len(seven.unsure) == 1
        assert [reject.reason for reject in found.rejects] == ["no-target"]
        assert "1 of its 1 annotations say ignore" in found.rejects[0].detail
    said = walk(write(thing(1, 7, PLAIN, ignore=1, caption="that one"), labels="captions"))
    assert [reject.reason for reject in said.rejects] == ["no-target"]


def test_crowds_are_unsure_and_used_where_the_recipe_says_so(write, walk):
    things = [thing(1, 7), thing(2, 7, PLAIN, iscrowd=1, category_id=1), thing(3, 5, PLAIN, iscrowd=1)]
    found = walk(write(*things))
    assert [(sample.key, sample.unsure) for sample in found.samples] == [("7", ("table",))]
    assert 'crowd = "use"' in found.rejects[0].detail
    used = walk(write(*things, crowd="use"))
    assert [[region.label for region in sample.regions] for sample in used.samples] == [["table", "mug"], ["mug"]]
    assert {sample.notes["crowd-left-out"] for sample in used.samples} == {0}
    assert not used.rejects


def test_what_breaks_costs_a_reject_for_each_caption(write, walk):
    captioned = [thing(1, 5, caption="one"), thing(2, 5, caption=["two", 7]), thing(3, 6, caption=["three", "four"])]
    found = walk(
        write(*captioned, thing(4, 6, caption="five"), labels="captions", images=[image(5), image(6, width=0)])
    )
    assert [sample.key for sample in found.samples] == ["1"]
    expected = ["5-[1]-0", "5-[1]-1", "3-0", "3-1", "4"]
    assert found.reasons() == dict.fromkeys(expected, "bad-type")


def test_a_caption_of_a_crowd_is_used_where_the_recipe_says_so(write, walk):
    crowd = thing(1, 7, PLAIN, iscrowd=1, caption="all of them")
    assert [one.query for one in walk(write(crowd, labels="captions", crowd="use")).samples] == ["all of them"]


@pytest.mark.parametrize(
    ("key", "reason", "members"),
    [
        ("5", "bad-type", {"images": [image(7), image(5, width=None)]}),
        ("5", "bad-type", {"images": [image(7), image(5, height=0)]}),
        ("5", "bad-type", {"images": [image(7), image(5, height=10**9)]}),
        ("5", "bad-json", {"images": [image(7), image(5, score=float("nan"))]}),
        ("images[1]", "bad-type", {"images": [image(7), "5.jpg"]}),
        ("5", "bad-type", {"images": [image(7), image(5, file_name="../5.jpg")]}),
        ("7", "duplicate-key", {"images": [image(7), image(7)]}),
        ("5", "unknown-image", {"images": [image(7)]}),
    ],
)
def test_an_image_that_cannot_be_used_costs_no_other(write, walk, key, reason, members):
    found = walk(write(thing(1, 7), thing(2, 5), **members))
    assert [sample.key for sample in found.samples] == ["7"]
    assert found.reasons()[key] == reason
    assert set(found.reasons()) <= {key, "5"}


def test_an_image_without_objects_and_an_object_without_image_are_not_lost_in_silence(write, walk):
    found = walk(write(thing(1, 7), thing(2, None), thing(3, 99), thing(4, 99), "x"))
    assert found.reasons() == {
        "annotations[1]": "bad-type",
        "annotations[4]": "bad-type",
        "5": "no-target",
        "99": "unknown-image",
    }
    assert "2 annotations lie on image_id 99" in found.rejects[-1].detail


def test_a_caption_is_a_record_and_a_list_of_them_shares_the_mask(write, walk):
    captioned = [
        thing(12, 5, PACKED, caption="the {wide} band", category_id=None),
        thing(11, 7, caption=["left mug", "the smaller one"]),
    ]
    found = walk(write(*captioned, labels="captions", categories=[]))
    assert [(sample.key, sample.query) for sample in found.samples] == [
        ("11-0", "left mug"),
        ("11-1", "the smaller one"),
        ("12", "the {wide} band"),
    ]
    assert [entry.keys for entry in found.entries] == [("11-0", "11-1"), ("12",)]
    for sample, area in zip(found.samples, (12, 12, 240), strict=True):
        (region,) = sample.regions
        assert (region.label, region.mask.area) == (sample.query, area)
    assert found.samples[2].image == Image("mine/day/5.jpg", WIDTH, HEIGHT)


@pytest.mark.parametrize(
    ("key", "reason", "broken"),
    [
        ("2", "no-texts", thing(2, 5)),
        ("2", "no-texts", thing(2, 5, caption="")),
        ("2", "no-texts", thing(2, 5, caption=" ")),
        ("2", "no-texts", thing(2, 5, caption=[])),
        ("2-0", "no-texts", thing(2, 5, caption=[" "])),
        ("2", "no-target", thing(2, 5, PLAIN, caption="all of them", iscrowd=1)),
        ("5-[1]", "bad-type", {"image_id": 5, "caption": "no id"}),
        ("2", "no-mask", thing(2, 5, [], caption="a box")),
        ("2", "bad-mask", thing(2, 5, [[[]]], caption="a box")),
        ("1", "duplicate-key", thing(1, 5, caption="again")),
    ],
)
def test_a_caption_that_cannot_be_used_costs_no_other(write, walk, key, reason, broken):
    found = walk(write(thing(1, 5, caption="one"), broken, thing(3, 5, caption="three"), labels="captions"))
    assert [sample.key for sample in found.samples] == ["1", "3"]
    assert found.reasons() == {key: reason}


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"images": []}', '{"images": {}, "annotations": []}', '{"images": [', "\xff"]
)
def test_a_file_that_is_no_instances_json_is_named(write, text):
    reader = write()
    reader.inputs()[0].write_bytes(text.encode("latin-1"))
    with pytest.raises(DataError, match=r"instances_day\.json: "):
        list(reader.entries())


def test_names_need_categories(write):
    with pytest.raises(DataError, match=r"instances_day\.json: no categories"):
        list(write(thing(1, 7), categories=[]).entries())


@pytest.mark.parametrize("file", ["mine/day/_annotations.coco.json", "mine/annotations/day.json"])
def test_other_names_of_the_file_are_found(tmp_path, write, walk, file):
    reader = write(thing(1, 7))
    (tmp_path / file).parent.mkdir(exist_ok=True)
    reader.inputs()[0].rename(tmp_path / file)
    assert reader.inputs() == [tmp_path / file]
    assert walk(reader).samples[0].image.path == "mine/day/7.jpg"


@pytest.fixture(scope="module")
def scratch(tmp_path_factory, place):
    root = tmp_path_factory.mktemp("broken")
    return lambda body, labels: write_file(root, place, body, labels=labels)


@pytest.mark.parametrize("labels", ["names", "captions"])
@given(data=st.data())
def test_a_broken_item_harms_no_other(scratch, outcomes, broken, labels, data):
    whole = {
        "images": [image(7), image(5, license=1), image(6)],
        "annotations": [thing(1, 7, caption="one"), thing(2, 5, PACKED, caption=["two"]), thing(3, 6, caption="three")],
        "categories": CATEGORIES,
    }
    member = data.draw(st.sampled_from(["images", "annotations"]))
    whole[member][1] = broken(data, whole[member][1])
    found = outcomes(scratch(whole, labels))
    keys = {"names": {"7", "6"}, "captions": {"1", "3"}}[labels]
    assert keys <= {outcome.key for outcome in found if isinstance(outcome, Sample)}


def test_real_objects_are_all_there_with_the_pixels_of_pycocotools(real, place, walk):
    found = walk(CocoInstances(place("coco-instances", real, "subset")))
    file = json.loads((real / "coco/annotations/instances_subset.json").read_bytes())
    objects = file["annotations"]
    assert not found.rejects
    assert len(found.samples) == len(file["images"])
    assert sum(sample.notes["crowd-left-out"] for sample in found.samples) == sum(one["iscrowd"] for one in objects)
    sizes = {one["id"]: (one["height"], one["width"]) for one in file["images"]}
    names = {one["id"]: one["name"] for one in file["categories"]}
    expected: dict[str, list[tuple[str, int]]] = {}
    for one in objects:
        if not one["iscrowd"]:
            parts = coco.frPyObjects(one["segmentation"], *sizes[one["image_id"]])
            area = int(coco.area(coco.merge(parts) if isinstance(parts, list) else parts))
            expected.setdefault(str(one["image_id"]), []).append((names[one["category_id"]], area))
    drawn = {one.key: sorted((region.label, region.mask.area) for region in one.regions) for one in found.samples}
    assert drawn == {key: sorted(values) for key, values in expected.items()}


@pytest.mark.parametrize("change", [lambda data: data[:-120], lambda data: data.replace(b"30.25", b"99.25")])
def test_a_file_that_changes_between_its_two_readings_ends_the_build(tmp_path, change):
    path = tmp_path / "instances.json"
    outline = [[1.5, 2, 30.25, 4, 20, 40]]
    things = [thing(number, 1, outline) for number in range(20)]
    path.write_text(json.dumps({"images": [image(1)], "categories": [], "annotations": things}))
    groups, changed = map_groups(path), change(path.read_bytes())
    with path.open("r+b") as file:
        file.write(changed)
        file.truncate()
    with pytest.raises(DataError, match=r"annotations\[\d+\] changed while it was read"):
        list(groups.groups())
