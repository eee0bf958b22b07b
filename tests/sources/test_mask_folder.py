"""From a user's folder every mask comes with its words, every class with its pixels, and every doubt with a reason."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from t4s_data.errors import DataError
from t4s_data.sample import Image, Sample
from t4s_data.sources.mask_folder import MaskFolder

SPOT = np.zeros((6, 9), dtype=np.uint8)
SPOT[1:3, 2:7] = 255
INDEX = np.zeros((6, 9), dtype=np.uint8)
INDEX[:2] = 3
INDEX[4:, :4] = 150
INDEX[3] = 255
CLASSES = "3 sky\n150 old wall\n7 grass\n"


def save(path: Path, pixels: np.ndarray, mode: str | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Pillow.fromarray(pixels)
    if mode == "P":
        picture.putpalette(list(range(256)) * 3)
    (picture.convert(mode) if mode not in (None, "P") else picture).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Images and masks of the stems a, b and sub/c in a split `train`."""
    for stem in ("a", "b", "sub/c"):
        save(tmp_path / f"masks/train/images/{stem}.jpg", np.zeros((6, 9, 3), dtype=np.uint8))
        save(tmp_path / f"masks/train/masks/{stem}.png", SPOT)
    return tmp_path / "masks/train"


@pytest.fixture
def reader(tmp_path: Path, place: Callable[..., Any]) -> Callable[..., MaskFolder]:
    return lambda split="train", **options: MaskFolder(place("mask-folder", tmp_path, split, **options))


@pytest.fixture
def read(reader, walk):
    return lambda split="train", **options: walk(reader(split, **options))


def tell(folder: Path, *rows: Any, table: str = "records.jsonl") -> None:
    if table.endswith(".csv"):
        with (folder / table).open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, ["image", "mask", "id", "label", "expression", "question", "answer", "note"])
            writer.writeheader()
            writer.writerows(rows)
    else:
        (folder / table).write_text("".join(f"{json.dumps(row)}\n" for row in rows))


@pytest.mark.parametrize("table", ["records.jsonl", "records.csv"])
def test_a_row_is_a_record_with_its_words_and_its_mask(folder, read, table):
    tell(
        folder,
        {"image": "a.jpg", "expression": "the bright spot, left"},
        {"image": "a.jpg", "mask": "b.png", "label": "spot"},
        {"image": "sub/c.jpg", "question": "What is lit?", "answer": "The spot is.", "note": "not looked at"},
        {"image": "b.jpg", "id": "mine", "question": "Where?", "label": "spot"},
        table=table,
    )
    found = read()
    assert not found.rejects
    told = [(one.key, one.image.path, one.query, one.regions[0].label, one.answer) for one in found.samples]
    assert told == [
        ("a-0", "masks/train/images/a.jpg", "the bright spot, left", "the bright spot, left", ()),
        ("a-1", "masks/train/images/a.jpg", "spot", "spot", ()),
        ("sub/c-0", "masks/train/images/sub/c.jpg", "What is lit?", "roi0", ("The spot is.", "")),
        ("mine", "masks/train/images/b.jpg", "Where?", "spot", ()),
    ]
    for sample, entry in zip(found.samples, found.entries, strict=True):
        assert np.array_equal(sample.regions[0].mask.dense(), SPOT > 0)
        assert (sample.image.width, sample.image.height) == (9, 6)
        assert entry.image == sample.image.path


def test_successive_rows_of_one_mask_share_an_entry(folder, read):
    tell(folder, *({"image": image, "label": f"{n}"} for n, image in enumerate(("a.jpg", "a.jpg", "b.jpg", "a.jpg"))))
    found = read()
    assert [entry.keys for entry in found.entries] == [("a-0", "a-1"), ("b-0",), ("a-2",)]
    assert [sample.query for sample in found.samples] == ["0", "1", "2", "3"]


def test_a_license_of_a_row_is_kept(folder, read):
    tell(folder, {"image": "a.jpg", "label": "spot", "license": "CC0-1.0"}, {"image": "b.jpg", "label": "spot"})
    assert [sample.license for sample in read().samples] == ["CC0-1.0", None]


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "images/a.jpg", "train/images/a.jpg", "a"])
def test_an_image_is_found_by_every_name_that_means_it(folder, read, name):
    if name == "a.png":
        (folder / "images/a.jpg").rename(folder / "images/a.png")
    tell(folder, {"image": name, "mask": "b.png", "label": "spot"})
    (sample,) = read().samples
    assert sample.image.path == f"masks/train/images/a.{'png' if name == 'a.png' else 'jpg'}"


@pytest.mark.parametrize(
    ("file", "mask"),
    [
        ("a.png", None),
        ("a_mask.png", None),
        ("a-mask.png", None),
        ("a.bmp", None),
        ("a_mask.tif", None),
        ("a_mask.png", "a_mask.png"),
        ("a_mask.png", "a_mask"),
        ("deep/a.png", "masks/deep/a.png"),
    ],
)
def test_a_mask_is_found_by_its_name_or_by_its_image_s(folder, read, file, mask):
    (folder / "masks/a.png").unlink()
    save(folder / "masks" / file, SPOT[::-1])
    tell(folder, {"image": "a.jpg", "mask": mask, "label": "spot"})
    (sample,) = read().samples
    assert np.array_equal(sample.regions[0].mask.dense(), SPOT[::-1] > 0)


@pytest.mark.parametrize(
    ("row", "reason", "detail"),
    [
        ({"image": "kitchen1.jpg", "mask": "a.png"}, "image-missing", "{}/images/kitchen1.jpg; the nearest name is {}"),
        ({"image": "a.jpg", "mask": "a_maks.png"}, "no-mask", "there is no {}/masks/a_maks.png; the nearest name is a"),
        ({"image": "two.jpg"}, "duplicate-key", "mask of 'two.jpg' may be two.bmp or two.tif"),
        ({"image": "a.jpg", "mask": "masks\\a.png"}, "bad-type", "has backslashes; write 'masks/a.png'"),
    ],
)
def test_a_name_without_a_file_is_told_where_it_was_looked_for_and_what_is_near(folder, read, row, reason, detail):
    for name in ("images/kitchen_1.jpg", "images/two.jpg", "masks/two.bmp", "masks/two.tif"):
        save(folder / name, np.zeros((6, 9, 3), dtype=np.uint8))
    tell(folder, {"image": "b.jpg", "label": "x"}, {**row, "label": "x"})
    (reject,) = read().rejects
    assert reject.reason == reason
    assert detail.format(folder, "kitchen_1.jpg") in reject.detail
    assert "line 2" in reject.detail
    assert "records.jsonl" in reject.detail


@pytest.mark.parametrize(
    ("table", "data"),
    [
        ("records.csv", b"image;expression\r\na.jpg;the cup, left\r\n"),
        ("records.csv", b'Image,Expression\na.jpg,"the cup, left"\n'),
        ("records.csv", b"IMAGE\tExpression \na.jpg\tthe cup, left\n"),
        ("records.jsonl", b'{"Image": "a.jpg", "EXPRESSION": "the cup, left"}'),
    ],
)
def test_tables_as_spreadsheets_save_them(folder, read, table, data):
    (folder / table).write_bytes(data)
    (sample,) = read().samples
    assert sample.query == "the cup, left"


@pytest.mark.parametrize("table", ["records.csv", "records.jsonl"])
def test_windows_1252_is_read_where_nothing_speaks_against_it(folder, read, table):
    rows = (
        ["image;label", "a.jpg;tasse à café", "b.jpg;naïve"]
        if table.endswith("csv")
        else ['{"image": "a.jpg", "label": "tasse à café"}', '{"image": "b.jpg", "label": "naïve"}']
    )
    (folder / table).write_bytes("\n".join(rows).encode("cp1252"))
    assert [sample.query for sample in read().samples] == ["tasse à café", "naïve"]


def test_a_table_of_two_encodings_is_not_guessed_at(folder, read):
    lines = ('{"image": "a.jpg", "label": "café"}'.encode(), '{"image": "b.jpg", "label": "café"}'.encode("cp1252"))
    (folder / "records.jsonl").write_bytes(b"\n".join(lines))
    found = read()
    assert [sample.query for sample in found.samples] == ["café"]
    assert found.reasons() == {"[2]": "bad-type"}


def test_a_column_that_stands_twice_is_refused(folder, read):
    (folder / "records.csv").write_text("image,Label,label\na.jpg,x,y\n")
    with pytest.raises(DataError, match=r"records\.csv: the column 'label' stands twice"):
        read()


def test_jpeg_masks_are_read_from_the_gray_value_that_the_recipe_says(folder, read):
    large = np.kron(SPOT, np.ones((16, 16), dtype=np.uint8))
    save(folder / "images/j.jpg", np.zeros((*large.shape, 3), dtype=np.uint8))
    save(folder / "masks/j.jpg", large)
    tell(folder, {"image": "j.jpg", "label": "spot"})
    (reject,) = read().rejects
    assert (reject.reason, "threshold = 128 in the recipe" in reject.detail) == ("bad-mask", True)
    (sample,) = read(threshold=128).samples
    assert np.array_equal(sample.regions[0].mask.dense(), large > 0)


@pytest.mark.parametrize(
    ("key", "reason", "row"),
    [
        ("a-0", "no-texts", {"image": "a.jpg"}),
        ("a-0", "no-texts", {"image": "a.jpg", "label": "  "}),
        ("a-0", "bad-type", {"image": "a.jpg", "expression": "x", "question": "y"}),
        ("a-0", "no-mask", {"image": "a.jpg", "mask": "absent.png", "label": "x"}),
        ("absent-0", "image-missing", {"image": "absent.jpg", "mask": "a.png", "label": "x"}),
        ("[2]", "bad-type", {"image": "a.jpg", "label": 5}),
        ("[2]", "bad-type", {"label": "no image"}),
        ("[2]", "bad-type", {"image": "../a.jpg", "label": "x"}),
        ("[2]", "bad-type", {"image": "a.jpg", "mask": "/etc/passwd", "label": "x"}),
        ("[2]", "bad-type", ["a.jpg"]),
        ("b-0", "duplicate-key", {"image": "a.jpg", "id": "b-0", "label": "x"}),
    ],
)
def test_a_row_that_cannot_be_used_costs_no_other(folder, read, key, reason, row):
    tell(folder, {"image": "b.jpg", "label": "x"}, row, {"image": "sub/c.jpg", "label": "x"})
    found = read()
    assert [sample.key for sample in found.samples] == ["b-0", "sub/c-0"]
    assert found.reasons() == {key: reason}
    assert key != "[2]" or "records.jsonl line 2" in found.rejects[0].detail


def test_a_mask_of_another_size_than_its_image_is_named_with_both(folder, read):
    save(folder / "masks/a.png", SPOT.T)
    tell(folder, {"image": "a.jpg", "label": "spot"})
    (reject,) = read().rejects
    assert (reject.reason, reject.detail) == (
        "size-mismatch",
        "a.jpg is 9 x 6, its mask is 6 x 9 (records.jsonl line 1)",
    )


def test_a_mask_without_pixels_is_no_region(folder, read):
    save(folder / "masks/a.png", SPOT * 0)
    tell(folder, {"image": "a.jpg", "label": "spot"})
    assert read().reasons() == {"a-0": "empty-mask"}


@pytest.fixture
def indexed(tmp_path: Path) -> Path:
    """A split `train` with images and index PNGs of the stems a and b, and a list of classes beside it."""
    for stem in ("a", "b"):
        save(tmp_path / f"masks/train/images/{stem}.jpg", np.zeros((6, 9, 3), dtype=np.uint8))
        save(tmp_path / f"masks/train/labels/{stem}.png", INDEX)
    (tmp_path / "masks/classes.txt").write_text(CLASSES)
    return tmp_path / "masks/train"


@pytest.mark.parametrize("mode", ["L", "P", "I;16"])
def test_a_class_is_the_pixels_of_its_number_with_the_largest_first(indexed, read, mode):
    pixels = INDEX.astype(np.uint16) if mode == "I;16" else INDEX
    save(indexed / "labels/a.png", pixels, "P" if mode == "P" else None)
    found = read()
    assert [sample.key for sample in found.samples] == ["a", "b"]
    assert found.samples[0].regions == found.samples[1].regions
    sample = found.samples[0]
    assert [region.label for region in sample.regions] == ["sky", "old wall"]
    for region, number in zip(sample.regions, (3, 150), strict=True):
        assert np.array_equal(region.mask.dense(), number == INDEX)
    assert sample.image == Image("masks/train/images/a.jpg", 9, 6)
    assert sample.categories == ()
    (sample, *_) = read(negatives="exhaustive").samples
    assert sample.categories == ("sky", "grass", "old wall")
    assert sample.notes == {"void-pixels": 54 - 18 - 8}
    assert found.entries[0].image == sample.image.path


@pytest.mark.parametrize(
    ("classes", "options", "labels"),
    [
        ("0 road\n3 sky\n150 wall\n", {}, ["road", "sky", "wall"]),
        ("0 road\n3 sky\n150 wall\n255 sign\n", {}, ["road", "sky", "sign", "wall"]),
        ("0 road\n3 sky\n150 wall\n", {"ignore_ids": [0, 255]}, ["sky", "wall"]),
        ("3 sky\n", {"ignore_ids": [0, 150, 255]}, ["sky"]),
    ],
)
def test_0_and_255_are_no_class_unless_the_list_names_them_or_the_recipe_decides(
    indexed, read, classes, options, labels
):
    (indexed.parent / "classes.txt").write_text(classes)
    sample = read(**options).samples[0]
    assert sorted(region.label for region in sample.regions) == sorted(labels)
    assert set(read(negatives="exhaustive", **options).samples[0].categories) == set(labels)


SYNONYMS = "Idx\tRatio\tTrain\tVal\tStuff\tName\n3\t.1\t9\t9\t1\tsky, heavens\n150\t.1\t9\t9\t1\twall, rampart, dado\n"


def test_a_class_of_synonyms_has_the_first_unless_the_recipe_wants_others(indexed, read):
    (indexed.parent / "classes.txt").write_text(SYNONYMS)

    def labels(**options):
        return [sorted(region.label for region in sample.regions) for sample in read(**options).samples]

    assert labels() == labels(names="plain") == [["sky", "wall"]] * 2
    assert labels(names="raw") == [["sky, heavens", "wall, rampart, dado"]] * 2
    drawn = [{*map(tuple, labels(names="synonyms", seed=seed))} for seed in range(20)]
    names = {name for pairs in drawn for pair in pairs for name in pair}
    assert names == {"sky", "heavens", "wall", "rampart", "dado"}
    assert any(len(pairs) == 2 for pairs in drawn)
    assert labels(names="synonyms", seed=3) == labels(names="synonyms", seed=3)


def test_commas_in_lists_that_are_not_ade20ks_stay(indexed, read):
    (indexed.parent / "classes.txt").write_text("3 sky, cloudy\n150 wall\n")
    assert sorted(region.label for region in read().samples[0].regions) == ["sky, cloudy", "wall"]
    with pytest.raises(DataError, match="have synonyms"):
        read(names="synonyms")


@pytest.mark.parametrize(("classes", "value"), [("3 sky\n", 150), ("3 sky\n150 wall\n", 0)])
def test_a_number_that_nobody_explains_is_named(indexed, read, classes, value):
    (indexed.parent / "classes.txt").write_text(classes)
    found = read(**({"ignore_ids": [255]} if value == 0 else {}))
    assert found.reasons() == {"a": "unknown-category", "b": "unknown-category"}
    assert f"a.png: value {value} is neither a class nor ignored" in found.rejects[0].detail


def test_an_image_without_any_class_has_no_target(indexed, read):
    save(indexed / "labels/a.png", INDEX * 0)
    assert read().reasons() == {"a": "no-target"}


def test_images_and_index_pngs_are_paired_by_stem_and_none_is_lost_in_silence(indexed, read):
    for path in ("images/x.jpg", "images/b.png", "labels/y.png", "images/.hidden.jpg"):
        save(indexed / path, INDEX)
    (indexed / "images/notes.txt").write_text("no image")
    found = read()
    assert [sample.key for sample in found.samples] == ["a"]
    assert found.reasons() == {"b": "duplicate-key", "x": "no-mask", "y": "image-missing"}


ADE20K = ("images/training", "annotations/training", "objectInfo150.txt", None)
VOC = ("JPEGImages", "SegmentationClass", "classes.txt", "ImageSets/Segmentation/training.txt")
CONTEXT = ("JPEGImages", "SegmentationClassContext", "classes.json", "ImageSets/SegmentationContext/training.txt")
SHARED = ("images", "labels", "classes.txt", "training.txt")


@pytest.mark.parametrize("layout", [ADE20K, VOC, CONTEXT, SHARED])
def test_layouts_of_others_are_read_as_they_are(tmp_path, read, layout):
    root, (images, labels, classes, members) = tmp_path / "masks", layout
    for stem in ("a", "b", "c"):
        save(root / images / f"{stem}.jpg", np.zeros((6, 9, 3), dtype=np.uint8))
        save(root / labels / f"{stem}.png", INDEX, "P")
    (root / classes).write_text('{"3": "sky", "150": "wall"}' if classes.endswith("json") else CLASSES)
    if members:
        (root / members).parent.mkdir(parents=True, exist_ok=True)
        (root / members).write_text("c\na\n\n")
    stems = ["c", "a"] if members else ["a", "b", "c"]
    found = read("training")
    assert [sample.key for sample in found.samples] == stems
    assert [sample.image.path for sample in found.samples] == [f"masks/{images}/{stem}.jpg" for stem in stems]


def test_a_member_that_is_not_there_is_told(indexed, read):
    (indexed.parent / "train.txt").write_text("b\nlost\n")
    found = read()
    assert [sample.key for sample in found.samples] == ["b"]
    assert found.reasons() == {"lost": "image-missing"}


def test_a_folder_that_is_not_divided_is_the_split_train_and_no_other(tmp_path, reader, read):
    root = tmp_path / "masks"
    save(root / "images/a.jpg", SPOT)
    save(root / "masks/a.png", SPOT)
    tell(root, {"image": "a.jpg", "label": "spot"})
    assert [sample.image.path for sample in read().samples] == ["masks/images/a.jpg"]
    with pytest.raises(DataError, match=r"records\.jsonl: not divided into splits.* asks for 'val'"):
        reader("val").inputs()


def test_tables_by_split_may_share_images_and_masks(tmp_path, read):
    root = tmp_path / "masks"
    for stem in ("a", "b"):
        save(root / f"images/{stem}.jpg", SPOT)
        save(root / f"masks/{stem}.png", SPOT)
    tell(root, {"image": "a.jpg", "label": "spot"}, table="train.jsonl")
    tell(root, {"image": "b.jpg", "label": "spot"}, table="val.jsonl")
    assert [[sample.key for sample in read(split).samples] for split in ("train", "val")] == [["a-0"], ["b-0"]]


def test_what_must_exist_depends_on_what_is_there(tmp_path, folder, reader):
    names = [path.relative_to(tmp_path).as_posix() for path in reader().inputs()]
    assert names == ["masks/train/images", "masks/train/masks", "masks/train/records.jsonl"]
    (folder / "labels").mkdir()
    (folder.parent / "train.txt").write_text("a\n")
    names = [path.relative_to(tmp_path).as_posix() for path in reader().inputs()]
    assert names == ["masks/train/images", "masks/train/labels", "masks/classes.txt", "masks/train.txt"]


def test_both_layouts_in_one_folder_are_refused(indexed, reader):
    tell(indexed, {"image": "a.jpg", "label": "spot"})
    with pytest.raises(DataError, match=r"records\.jsonl and .*labels: a table of records or index PNGs, not both"):
        reader().inputs()


@given(data=st.data())
def test_a_broken_row_harms_no_other(scratch, outcomes, broken, data):
    folder, source = scratch
    row = {"image": "a.jpg", "mask": "a.png", "id": 5, "expression": "x", "answer": "y", "license": "z"}
    tell(folder, {"image": "a.jpg", "label": "x"}, broken(data, row), {"image": "b.jpg", "label": "x"})
    used = [outcome.image.path for outcome in outcomes(source) if isinstance(outcome, Sample)]
    assert (used[0], used[-1]) == ("masks/train/images/a.jpg", "masks/train/images/b.jpg")


@pytest.fixture(scope="module")
def scratch(tmp_path_factory, place):
    root = tmp_path_factory.mktemp("broken")
    for stem in ("a", "b"):
        save(root / f"masks/train/images/{stem}.jpg", np.zeros((6, 9, 3), dtype=np.uint8))
        save(root / f"masks/train/masks/{stem}.png", SPOT)
    return root / "masks/train", MaskFolder(place("mask-folder", root))
