"""Every thing and stuff area of an image comes through, nothing is added, and what does not fit says why."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from t4s_data.codecs.codec import codec_of
from t4s_data.codecs.spec import CodecSpec
from t4s_data.errors import DataError
from t4s_data.manifest.presets import load_preset
from t4s_data.manifest.wording import load_wording
from t4s_data.masks.canvas import grid_of, pixels
from t4s_data.masks.overlap import overlap
from t4s_data.sample import ALL_CLASSES, Image, Sample
from t4s_data.sources.coco_panoptic import CocoPanoptic
from t4s_data.synthetic.generate import write_world

CATEGORIES = [
    {"id": 1, "name": "person", "isthing": 1, "supercategory": "person"},
    {"id": 200, "name": "rug-merged", "isthing": 0, "supercategory": "floor"},
    {"id": 92, "name": "banner", "isthing": 0, "supercategory": "textile"},
]
IDS = np.zeros((6, 8), dtype=np.uint32)
IDS[:4, :5] = 16_777_215
IDS[4:, :] = 3
IDS[0, 6:] = 65_536
AREAS = {16_777_215: 20, 3: 16, 65_536: 2}


def write_png(path: Path, ids: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.fromarray(np.stack([ids & 255, ids >> 8 & 255, ids >> 16], axis=-1).astype(np.uint8)).save(path)


def segment(number: int, category: int = 1, crowd: int = 0) -> dict[str, Any]:
    # Areas and boxes are wrong on purpose: the pixels say what they are.
    return {"id": number, "category_id": category, "iscrowd": crowd, "bbox": [0, 0, 1, 1], "area": 1}


def image(number: int, width: int = 8, height: int = 6) -> dict[str, Any]:
    return {"id": number, "file_name": f"{number:012d}.jpg", "width": width, "height": height, "license": 4}


def annotation(number: int, *segments: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"segments_info": list(segments), "file_name": f"{number:012d}.png", "image_id": number} | changes


WHOLE = (segment(3, 200), segment(16_777_215), segment(65_536, 92))


def write_split(root: Path, place: Callable[..., Any], annotations: list[Any], **members: Any) -> CocoPanoptic:
    """A reader of a split with these annotations; the PNGs of images 1 to 5 are there."""
    folder = root / "coco/annotations"
    for number in range(1, 6):
        write_png(folder / f"panoptic_train2017/{number:012d}.png", IDS)
    body = {"annotations": annotations, "categories": CATEGORIES, "licenses": []} | members
    (folder / "panoptic_train2017.json").write_text(json.dumps(body))
    return CocoPanoptic(place("coco-panoptic", root))


@pytest.fixture
def write(tmp_path: Path, place: Callable[..., Any]) -> Callable[..., CocoPanoptic]:
    """A reader of a split with these annotations; its images are as many, in another order."""

    def build(*annotations: Any, **members: Any) -> CocoPanoptic:
        images = [image(number) for number in (5, 1, 3, 2, 4) if number <= len(annotations)]
        return write_split(tmp_path, place, list(annotations), **({"images": images} | members))

    return build


def test_regions_are_the_pixels_of_the_ids_with_the_largest_first(write, walk):
    found = walk(write(annotation(1, *WHOLE)))
    (sample,) = found.samples
    assert [(region.label, region.mask.area) for region in sample.regions] == [
        ("person", 20),
        ("rug", 16),
        ("banner", 2),
    ]
    for region, number in zip(sample.regions, AREAS, strict=True):
        assert np.array_equal(region.mask.dense(), number == IDS)
    assert sample.image == Image("coco/train2017/000000000001.jpg", 8, 6)
    assert found.entries[0].image == sample.image.path
    assert (sample.key, sample.image_id, sample.license) == ("1", "1", "Attribution License")
    assert sample.categories == ("person", "rug", "banner")
    assert sample.notes == {"crowd-left-out": 0, "void-pixels": 48 - 38}


def test_regions_of_one_area_stand_in_order_of_their_ids(write, walk, tmp_path):
    reader = write(annotation(1, segment(9), segment(70_000, 92), segment(400)))
    write_png(
        tmp_path / "coco/annotations/panoptic_train2017/000000000001.png",
        np.array([[70_000, 9, 400, 0]] * 6).repeat(2, 1),
    )
    (sample,) = walk(reader).samples
    assert [int(region.mask.box[0]) for region in sample.regions] == [2, 4, 0]


def test_images_and_annotations_are_joined_by_id_and_keep_the_order_of_the_annotations(write, walk):
    found = walk(write(*(annotation(number, *WHOLE) for number in (2, 5, 1, 4, 3))))
    assert [sample.key for sample in found.samples] == ["2", "5", "1", "4", "3"]
    assert all(sample.image.path.endswith(f"{int(sample.key):012d}.jpg") for sample in found.samples)


def test_the_order_of_members_and_keys_does_not_matter(write, walk, tmp_path):
    reader = write(annotation(1, *WHOLE))
    expected = walk(reader).samples
    path = reader.inputs()[0]

    def turned(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: turned(inner) for key, inner in reversed(value.items())}
        return [turned(inner) for inner in value] if isinstance(value, list) else value

    path.write_text(json.dumps(turned(json.loads(path.read_text()))))
    assert walk(reader).samples == expected


def test_crowds_are_left_out_and_counted(write, walk):
    (sample,) = walk(
        write(annotation(1, segment(3, 200), segment(16_777_215, crowd=1), segment(65_536, crowd=1)))
    ).samples
    assert [region.label for region in sample.regions] == ["rug"]
    assert sample.notes == {"crowd-left-out": 2, "void-pixels": 10}
    assert sample.unsure == ("person",)


def test_a_license_has_the_name_that_the_file_gives_it(write, walk):
    (sample,) = walk(write(annotation(1, *WHOLE), licenses=[{"id": 4, "name": "House rules", "url": ""}])).samples
    assert sample.license == "House rules"


@pytest.mark.parametrize(
    ("reason", "broken"),
    [
        ("no-target", annotation(2, segment(3, crowd=1), segment(16_777_215, crowd=1), segment(65_536, crowd=1))),
        ("no-target", annotation(2)),
        ("unknown-category", annotation(2, segment(3, 7), segment(16_777_215), segment(65_536))),
        ("empty-mask", annotation(2, *WHOLE, segment(77))),
        ("unknown-annotation", annotation(2, *WHOLE[:2])),
        ("unknown-image", annotation(2, *WHOLE, image_id=77)),
        ("bad-type", annotation(2, *WHOLE, image_id="2")),
        ("bad-type", annotation(2, *WHOLE, WHOLE[0])),
        ("bad-type", annotation(2, {"id": 3})),
        ("bad-type", annotation(2, *WHOLE, file_name="../../secret.png")),
        ("bad-type", annotation(2, segments_info=None)),
        ("bad-type", [2]),
        ("no-mask", annotation(2, *WHOLE, file_name="absent.png")),
        ("duplicate-key", annotation(1, *WHOLE)),
    ],
)
def test_an_annotation_that_cannot_be_used_says_why_and_costs_no_other(write, walk, reason, broken):
    found = walk(write(annotation(1, *WHOLE), broken, annotation(3, *WHOLE)))
    assert [sample.key for sample in found.samples] == ["1", "3"]
    (first, *others) = found.rejects
    assert first.reason == reason
    # An image that is left without annotation is named too.
    assert [reject.key for reject in others] in ([], ["2"])
    assert len(first.detail) < 250


def test_a_png_of_another_size_than_its_image_is_named_with_both(write, walk):
    found = walk(write(annotation(1, *WHOLE), images=[image(1, 6, 8)]))
    (reject,) = found.rejects
    assert reject.reason == "size-mismatch"
    assert "000000000001.png is 8 x 6, its image is 6 x 8" in reject.detail


@pytest.mark.parametrize("damage", [b"", b"\x89PNG\r\n\x1a\n", b"GIF89a"])
def test_a_png_that_cannot_be_read_is_a_bad_mask(write, walk, damage):
    reader = write(annotation(1, *WHOLE))
    path = reader.inputs()[1] / "000000000001.png"
    path.write_bytes(damage + path.read_bytes()[8 : 60 if damage else 8])
    assert walk(reader).reasons() == {"1": "bad-mask"}


def test_an_image_without_annotation_is_not_lost_in_silence(write, walk):
    found = walk(write(annotation(2, *WHOLE), images=[image(number) for number in (1, 2, 3)]))
    assert found.reasons() == {"1": "no-target", "3": "no-target"}


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"images": [', '{"images": [{"id": }], "annotations": []}', '{"images": []}', "\xff"]
)
def test_a_file_that_is_no_panoptic_json_is_named(write, text):
    reader = write(annotation(1, *WHOLE))
    reader.inputs()[0].write_bytes(text.encode("latin-1"))
    with pytest.raises(DataError, match=r"panoptic_train2017\.json: "):
        list(reader.entries())


def test_staging_opens_no_png(write, walk, tmp_path):
    reader = write(annotation(1, *WHOLE), annotation(2, *WHOLE))
    for path in reader.inputs()[1].iterdir():
        path.unlink()
    assert [entry.keys for entry in reader.entries()] == [("1",), ("2",)]
    assert walk(reader).reasons() == {"1": "no-mask", "2": "no-mask"}


def test_planted_crowds_are_counted(tmp_path, place, walk):
    report = write_world(tmp_path, sources=["coco-panoptic"])["coco-panoptic"]
    crowds = 0
    for split in report["splits"]:
        found = walk(CocoPanoptic(place("coco-panoptic", tmp_path, split)))
        crowds += sum(sample.notes["crowd-left-out"] for sample in found.samples)
    assert crowds == report["quirks"]["crowds"] > 0


@given(data=st.data())
def test_a_broken_annotation_harms_no_other(scratch, outcomes, broken, data):
    whole = [annotation(1, *WHOLE), broken(data, annotation(2, *WHOLE)), annotation(3, *WHOLE)]
    used = [outcome.key for outcome in outcomes(scratch(whole)) if isinstance(outcome, Sample)]
    assert (used[0], used[-1]) == ("1", "3")


@pytest.fixture(scope="module")
def scratch(tmp_path_factory, place):
    root = tmp_path_factory.mktemp("broken")
    return lambda annotations: write_split(root, place, annotations, images=[image(number) for number in (1, 2, 3)])


@pytest.fixture(scope="module")
def annotations(real: Path) -> dict[str, Any]:
    return json.loads((real / "coco/annotations/panoptic_train2017.json").read_bytes())


def test_real_segments_are_all_there_with_the_area_and_box_of_the_json(real, annotations, place, walk):
    found = walk(CocoPanoptic(place("coco-panoptic", real)))
    raw = {category["id"]: category["name"] for category in annotations["categories"]}
    names = load_wording("coco").called(raw)
    assert not found.rejects
    assert [sample.key for sample in found.samples] == [str(item["image_id"]) for item in annotations["annotations"]]
    for sample, item in zip(found.samples, annotations["annotations"], strict=True):
        expected = [
            (names[one["category_id"]], one["area"], tuple(one["bbox"]))
            for one in item["segments_info"]
            if not one["iscrowd"]
        ]
        boxes = [(x, y, right - x, bottom - y) for x, y, right, bottom in (one.mask.box for one in sample.regions)]
        regions = [(one.label, one.mask.area, box) for one, box in zip(sample.regions, boxes, strict=True)]
        assert sorted(regions) == sorted(expected)
        assert [one.mask.area for one in sample.regions] == sorted(
            (one.mask.area for one in sample.regions), reverse=True
        )
        assert (real / sample.image.path).is_file()
    total = sum(len(item["segments_info"]) for item in annotations["annotations"])
    assert total == sum(len(sample.regions) + sample.notes["crowd-left-out"] for sample in found.samples)


def test_real_names_are_words_that_differ_and_raw_ones_can_be_had(annotations, real, place, walk):
    raw = {category["id"]: category["name"] for category in annotations["categories"]}
    said = load_wording("coco").called(raw)
    assert len(set(said.values())) == len(raw) == 133
    assert not [name for name in said.values() if "-" in name or "merged" in name or "other" in name or "stuff" in name]
    plain, kept = (
        walk(CocoPanoptic(place("coco-panoptic", real, **names))).samples for names in ({}, {"names": "raw"})
    )
    pairs = {
        (one.label, other.label)
        for a, b in zip(plain, kept, strict=True)
        for one, other in zip(a.regions, b.regions, strict=True)
    }
    assert {other for _, other in pairs} <= set(raw.values())
    assert ("food", "food-other-merged") in pairs
    assert all(one == load_wording("coco").plain.get(other, other) for one, other in pairs)
    assert not any(sample.covers for sample in kept)


def test_every_covering_name_is_one_that_a_class_has():
    words = load_wording("coco")
    stuff = load_preset("coco-stuff").names
    known = {*words.plain.values(), *stuff.values(), ALL_CLASSES}
    assert words.covers.keys() <= known
    assert not [name for covered in words.covers.values() for name in covered if name not in known]


def test_a_category_that_no_segment_has_or_that_stands_above_others_is_not_vouched_for(write, walk):
    more = [*CATEGORIES, {"id": 7, "name": "kite", "supercategory": "sports"}, {"id": 8, "name": "textile"}]
    found = walk(
        write(
            annotation(1, *WHOLE), annotation(2, segment(3, 8), segment(16_777_215), segment(65_536)), categories=more
        )
    )
    assert [sample.categories for sample in found.samples] == [("person", "rug", "banner")] * 2


def test_real_regions_come_back_from_their_text_with_their_ceiling(real, place, walk):
    codec = codec_of(CodecSpec())
    reached = rescued = 0
    for sample in walk(CocoPanoptic(place("coco-panoptic", real))).samples:
        cells = [grid_of(region.mask, codec.n) for region in sample.regions]
        text = "\n".join(
            codec.encode([(one.label, found.grid) for one, found in zip(sample.regions, cells, strict=True)])
        )
        for region, found, decoded in zip(sample.regions, cells, codec.decode(text).regions, strict=True):
            assert decoded.label == region.label
            shown = pixels(decoded.grid, sample.image.height, sample.image.width)
            common, either = overlap(region.mask, found.grid)
            assert ((shown & region.mask.dense()).sum(), (shown | region.mask.dense()).sum()) == (common, either)
            assert common > 0
            reached += not found.rescued
            rescued += found.rescued
    assert reached > rescued
