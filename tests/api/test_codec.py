"""`t4s_data.codec`: masks as people have them -> text -> masks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pycocotools import mask as coco

import t4s_data as t4s

MASK = np.zeros((480, 640), dtype=bool)
MASK[120:240, 80:320] = True
POLYGON = [[80, 120, 320, 120, 320, 240, 80, 240]]


def as_coco_rle() -> dict[str, Any]:
    """As pycocotools writes it: counts in bytes."""
    return coco.encode(np.asfortranarray(MASK.astype(np.uint8)))


GIVEN = {
    "bools": MASK,
    "zeros and ones": MASK.astype(np.uint8),
    "compressed": as_coco_rle(),
    "compressed text": {**as_coco_rle(), "counts": as_coco_rle()["counts"].decode()},
    "uncompressed": coco_counts
    if (coco_counts := {"size": [480, 640], "counts": t4s.Mask.from_dense(MASK).runs.tolist()})
    else {},
    "polygons": POLYGON,
    "mask": t4s.Mask.from_dense(MASK),
}


@pytest.mark.parametrize("given", GIVEN.values(), ids=GIVEN)
@pytest.mark.parametrize("name", ["bsd-64", "bsd-64-text-nosep", "isd-32-rrle", "isd-16-full-released"])
def test_every_kind_of_mask_gives_the_same_text_and_comes_back(name: str, given: Any):
    codec = t4s.codec(name)
    text = codec.encode_masks([("mug", given)], height=480, width=640)
    assert text == codec.encode_masks([("mug", MASK)])
    [region] = codec.decode_masks(text, height=480, width=640, strict=True)
    assert (region.label, region.repairs) == ("mug", ())
    assert (region.mask.shape, region.mask.dtype) == ((480, 640), bool)
    assert (region.mask & MASK).sum() / (region.mask | MASK).sum() > 0.9
    left, top, right, bottom = region.box
    assert region.mask[top:bottom, left:right].any(axis=1).all()
    assert region.mask.sum() == region.mask[top:bottom, left:right].sum()


def test_several_regions_stand_on_lines_of_their_own_and_labels_are_made_safe():
    codec = t4s.codec("bsd-16")
    text = codec.encode_masks([("left  <seg>one", MASK), ("mug", ~MASK)])
    assert text.count("\n<ref>") == 1
    assert [region.label for region in codec.decode_masks(text, height=480, width=640)] == ["left ‹seg>one", "mug"]
    assert codec.encode_masks([]) == ""
    assert list(codec.decode_masks("There is none.", height=480, width=640)) == []


def test_a_broken_text_is_mended_where_it_stands_or_refused():
    codec = t4s.codec("bsd-4")
    whole = codec.encode_masks([("a", MASK), ("b", MASK)])
    broken = whole.removesuffix("</seg>")
    found = codec.decode_masks(broken, height=480, width=640)
    assert [len(region.repairs) for region in found] == [0, 1]
    assert [repair.kind for repair in found.repairs] == ["missing-tag"]
    assert (found[0].mask == found[1].mask).all()
    with pytest.raises(t4s.T4SError, match="expected '</seg>', found 'the end'"):
        codec.decode_masks(broken, height=480, width=640, strict=True)


@pytest.mark.parametrize(
    ("regions", "size", "message"),
    [
        ([("mug", POLYGON)], {}, "polygons do not say how large the image is: give height= and width="),
        ([("mug", np.zeros((4, 4), bool))], {}, "mask of 'mug': no pixel inside 4 x 4; expected a bool array"),
        ([("mug", MASK)], {"height": 640}, "mask of 'mug' is 480 x 640, but the image is 640 x None"),
        ([("mug", MASK * 255)], {}, "beside 0 and 1: say which are set, as in mask > 0"),
        ([("mug", MASK[None])], {}, r"found an array of shape \(1, 480, 640\); expected a bool array"),
        ([("mug", {"counts": "04"})], {}, r"an RLE dict without size \[height, width\]"),
        ([("mug", "mask.png")], {}, "mask of 'mug': found str; expected a bool array"),
        ([("mug", MASK), ("cup", MASK.T)], {}, "different sizes, 480 x 640, 640 x 480: encode each image by itself"),
        ([("  ", MASK)], {}, "no visible character in label"),
        ([MASK], {}, r"expected pairs of label and mask, as \[\('mug', mask\)\], found ndarray"),
        ([(MASK, "mug")], {}, "expected pairs of label and mask"),
        (None, {}, r"expected pairs of label and mask, as \[\('mug', mask\)\], found NoneType"),
        ([("mug", {"size": [None, 4], "counts": [4]})], {}, r"size \[None, 4\], not \[height, width\] in pixels"),
    ],
)
def test_what_cannot_be_encoded_is_told(regions: Any, size: dict[str, int], message: str):
    with pytest.raises(ValueError, match=message):
        t4s.codec("bsd-64").encode_masks(regions, **size)


def test_a_size_may_be_an_integer_of_numpy():
    codec = t4s.codec("bsd-64")
    [region] = codec.decode_masks(codec.encode_masks([("mug", MASK)]), height=np.int64(480), width=np.int32(640))
    assert region.mask.shape == (480, 640)


def test_other_wrong_words_are_told():
    with pytest.raises(t4s.T4SError, match=r"no codec 'bsd64'; there are bsd-N\[-bare\|-text\]"):
        t4s.codec("bsd64")
    with pytest.raises(ValueError, match="expected a codec's name such as 'bsd-64', found int"):
        t4s.codec(64)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="found 480 and '640'"):
        t4s.codec("bsd-64").decode_masks("", height=480, width="640")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="one answer at a time"):
        t4s.codec("bsd-64").decode_masks([""], height=480, width=640)  # type: ignore[arg-type]
