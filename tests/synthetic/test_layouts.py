"""Laws of the layouts: what a reader joins is there, and each format's oddities are what its page says."""

import io
import json
import pickle
from collections import Counter

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco

REFER = [
    ("refcoco", "unc"), ("refcoco", "google"), ("refcoco+", "unc"), ("refcocog", "umd"), ("refcocog", "google"),
    ("refclef", "unc"), ("refclef", "berkeley"), ("rrsisd", "unc"),
]  # fmt: skip


def loaded(path):
    return json.loads(path.read_text())


def picture(path):
    return Image.open(io.BytesIO(path.read_bytes()))


def by_id(rows):
    found = {row["id"]: row for row in rows}
    assert len(found) == len(rows)
    return found


def refs_of(small, folder, split_by):
    data = (small.root / "refer_seg" / folder / f"refs({split_by}).p").read_bytes()
    encoding = {"refcocog": "cp1252", "refclef": "utf-8"}.get(folder, "ascii")
    return pickle.loads(data, encoding=encoding)


@pytest.mark.parametrize(("folder", "split_by"), REFER)
def test_refs_join_their_images_and_annotations(small, folder, split_by):
    body = loaded(small.root / "refer_seg" / folder / "instances.json")
    images, annotations = by_id(body["images"]), by_id(body["annotations"])
    lost = 0
    for ref in refs_of(small, folder, split_by):
        annotation = annotations.get(ref["ann_id"])
        if annotation is None or ref["image_id"] not in images:
            lost += 1
            continue
        assert annotation["image_id"] == ref["image_id"]
        assert ref["category_id"] == annotation.get("category_id", annotation.get("categories_id"))
        assert ref["sent_ids"] == [sentence["sent_id"] for sentence in ref["sentences"]]
        assert all(sentence["tokens"] == sentence["sent"].split() for sentence in ref["sentences"])
    assert lost == (1 if (folder, split_by) in (("refcoco", "unc"), ("refcocog", "umd")) else 0)


@pytest.mark.parametrize(("folder", "split_by"), REFER)
def test_ids_of_refs_and_sentences_are_distinct(small, folder, split_by):
    refs = refs_of(small, folder, split_by)
    assert max(Counter(ref["ref_id"] for ref in refs).values()) == 1
    assert max(Counter(number for ref in refs for number in ref["sent_ids"]).values()) == 1


def test_instances_hold_objects_that_nobody_refers_to(small):
    body = loaded(small.root / "refer_seg/refcoco/instances.json")
    referred = {ref["ann_id"] for ref in refs_of(small, "refcoco", "unc")}
    assert len(body["annotations"]) > 1.5 * len(referred)
    assert body["licenses"] == []


@pytest.mark.parametrize("folder", ["refcoco", "grefcoco"])
def test_annotations_lie_inside_their_images_and_boxes(small, folder):
    body = loaded(small.root / "refer_seg" / folder / "instances.json")
    images = by_id(body["images"])
    for one in body["annotations"]:
        image = images[one["image_id"]]
        left, top, width, height = one["bbox"]
        assert 0 <= left < left + width <= image["width"] + 1e-6
        assert 0 <= top < top + height <= image["height"] + 1e-6
        pixels = coco.area(run_lengths(one["segmentation"], image))
        assert pixels == pytest.approx(one["area"], rel=0.5, abs=60)


def run_lengths(segmentation, image):
    if isinstance(segmentation, list):
        return coco.merge(coco.frPyObjects(segmentation, image["height"], image["width"]))
    if isinstance(segmentation["counts"], str):
        return segmentation
    return coco.frPyObjects(segmentation, image["height"], image["width"])


def test_crowds_are_plain_run_lengths_with_their_sum_right(small):
    body = loaded(small.root / "refer_seg/refcoco/instances.json")
    images = by_id(body["images"])
    crowds = [one for one in body["annotations"] if one["iscrowd"]]
    assert crowds
    for one in crowds:
        image = images[one["image_id"]]
        assert one["segmentation"]["size"] == [image["height"], image["width"]]
        assert sum(one["segmentation"]["counts"]) == image["height"] * image["width"]


def test_the_google_split_divides_objects_and_not_images(small):
    images = {"train": set(), "val": set()}
    for ref in refs_of(small, "refcocog", "google"):
        images[ref["split"]].add(ref["image_id"])
    assert images["train"] & images["val"]


@pytest.mark.parametrize(("folder", "split_by"), [("refcoco", "unc"), ("refcoco+", "unc"), ("refcocog", "umd")])
def test_other_splits_divide_images(small, folder, split_by):
    splits = {}
    for ref in refs_of(small, folder, split_by):
        splits.setdefault(ref["image_id"], set()).add(ref["split"])
    assert all(len(names) == 1 for names in splits.values())


def test_train_images_of_one_set_are_test_images_of_another(small):
    held_out = {ref["image_id"] for ref in refs_of(small, "refcocog", "umd") if ref["split"] != "train"}
    assert held_out & {ref["image_id"] for ref in refs_of(small, "refcoco", "unc") if ref["split"] == "train"}


def test_refclef_masks_are_lists_of_compressed_run_lengths(small):
    body = loaded(small.root / "refer_seg/refclef/instances.json")
    images = by_id(body["images"])
    for one in body["annotations"]:
        image = images[one["image_id"]]
        for part in one["segmentation"]:
            assert part["size"] == [image["height"], image["width"]]
            assert isinstance(part["counts"], str)
    assert any(one["segmentation"] == [] for one in body["annotations"])
    assert all(
        (small.root / "refer_seg/images/saiapr_tc-12" / image["file_name"]).exists() for image in images.values()
    )
    assert all("/" in image["file_name"] for image in images.values())


def test_rrsisd_has_its_oddities(small):
    body = loaded(small.root / "refer_seg/rrsisd/instances.json")
    images = by_id(body["images"])
    outside = 0
    for one in body["annotations"]:
        assert set(one) == {"id", "image_id", "categories_id", "bbox", "area", "segmentation"}
        mask = coco.decode(coco.merge(one["segmentation"]))
        assert list(mask.shape) == [images[one["image_id"]]["height"], images[one["image_id"]]["width"]]
        left, top, right, bottom = one["bbox"]
        assert left < right
        assert top < bottom
        assert 150 < one["area"] / mask.sum() < 250
        rows, columns = np.nonzero(mask)
        outside += bool(columns.max() > right or rows.max() > bottom or columns.min() < left or rows.min() < top)
        parts = sum(changes(column) for column in mask.T) / np.any(mask, axis=0).sum()
        assert parts > 1.05
    assert outside
    assert {(image["width"], image["height"]) for image in images.values()} > {(800, 800)}
    assert all(len(ref["sentences"]) == 1 for ref in refs_of(small, "rrsisd", "unc"))


def changes(column):
    return int((np.diff(column.astype(int), prepend=0) == 1).sum())


def test_panoptic_images_and_json_say_the_same(small):
    folder = small.root / "coco/annotations"
    void = []
    for split in ("train", "val"):
        body = loaded(folder / f"panoptic_{split}2017.json")
        categories = by_id(body["categories"])
        assert len(categories) == 133
        assert max(categories) == 200
        images = by_id(body["images"])
        assert [one["image_id"] for one in body["annotations"]] != list(images)
        assert {one["image_id"] for one in body["annotations"]} == images.keys()
        assert len({tuple(one) for one in body["annotations"]}) > 1
        for one in body["annotations"]:
            pixels = np.asarray(picture(folder / f"panoptic_{split}2017" / one["file_name"])).astype(int)
            assert pixels.shape == (images[one["image_id"]]["height"], images[one["image_id"]]["width"], 3)
            ids = pixels @ [1, 256, 65536]
            segments = by_id(one["segments_info"])
            assert set(np.unique(ids).tolist()) - {0} == segments.keys()
            void.append((ids == 0).mean())
            stuff = Counter(
                row["category_id"] for row in segments.values() if not categories[row["category_id"]]["isthing"]
            )
            assert max(stuff.values()) == 1
            for number, row in segments.items():
                check_segment(ids == number, row)
    assert 0.03 < np.mean(void) < 0.2


def check_segment(mask, row):
    rows, columns = np.nonzero(mask)
    left, top, width, height = row["bbox"]
    assert mask.sum() == row["area"]
    assert (left, top) == (columns.min(), rows.min())
    assert (left + width - 1, top + height - 1) == (columns.max(), rows.max())


def test_train2014_and_train2017_names_are_the_same_pictures(small):
    old = {path.name[15:]: path for path in (small.root / "refer_seg/images/coco_2014/train2014").iterdir()}
    new = {path.name: path for path in (small.root / "coco/train2017").iterdir()}
    assert old.keys() < new.keys()
    assert all(path.read_bytes() == new[name].read_bytes() for name, path in old.items())


def test_grefcoco_says_no_target_and_mixes_scalars_with_lists(small):
    folder = small.root / "refer_seg/grefcoco"
    refs = loaded(folder / "grefs(unc).json")
    assert refs == pickle.loads((folder / "grefs(unc).p").read_bytes())
    annotations = by_id(loaded(folder / "instances.json")["annotations"])
    targets = Counter()
    for ref in refs:
        ids = ref["ann_id"] if isinstance(ref["ann_id"], list) else [ref["ann_id"]]
        assert ref["no_target"] == (ids == [-1])
        assert ref["no_target"] == (ref["category_id"] == [-1])
        assert ref["no_target"] or all(annotations[number]["image_id"] == ref["image_id"] for number in ids)
        targets[0 if ref["no_target"] else min(len(set(ids)), 2)] += 1
        assert len(set(ids)) == len(ids)
    assert targets.keys() == {0, 1, 2}
    assert {type(ref["ann_id"]) for ref in refs} == {int, list}
    assert any(ref["sentences"] == [] for ref in refs)
    kinds = {
        type(one["segmentation"]["counts"]) for one in annotations.values() if isinstance(one["segmentation"], dict)
    }
    assert kinds == {str, list}


def test_pix2cap_captions_belong_to_panoptic_segments(small):
    for split in ("train", "val"):
        whole = loaded(small.root / f"coco/annotations/panoptic_{split}2017.json")["annotations"]
        panoptic = {one["file_name"]: by_id(one["segments_info"]) for one in whole}
        short = 0
        for one in loaded(small.root / f"pix2cap/pix2cap_coco_{split}.json")["annotations"]:
            for row in one["segments_info"]:
                assert panoptic[one["file_name"]][row["id"]]["category_id"] == row["category_id"]
                short += len(row["description"]) < 3
        assert short == 1


def test_reasonseg_files_say_no_size_and_some_are_windows_1252(small):
    folder = small.root / "reason_seg/ReasonSeg"
    texts, labels, targetless = Counter(), Counter(), 0
    for path in sorted(folder.glob("t*/*.json")) + sorted(folder.glob("val/*.json")):
        data = path.read_bytes()
        try:
            body = json.loads(data)
        except UnicodeDecodeError:
            body = json.loads(data.decode("cp1252"))
            texts["cp1252"] += 1
        assert set(body) == {"text", "is_sentence", "shapes"}
        width, height = picture(path.with_suffix(".jpg")).size
        for shape in body["shapes"]:
            labels[shape["label"]] += 1
            points = np.array(shape["points"])
            assert (points >= 0).all()
            assert (points <= [width, height]).all()
        targetless += all(shape["label"] != "target" for shape in body["shapes"])
        texts[path.parent.name, len(body["text"]) >= 5] += 1
    assert labels.keys() == {"target", "ignore", "flag"}
    assert targetless == 2
    assert texts["cp1252"] >= 3
    assert texts["train", True] > texts["train", False] > 0
    for row in loaded(folder / "explanatory/train.json"):
        assert (folder / "train" / row["image"]).exists()
        assert (folder / "train" / row["json"]).exists()


def test_muse_counts_places_wrong_only_where_planted(small):
    folder = small.root / "muse"
    wrong, names = Counter(), Counter()
    for split, name in (("train", "MUSE_train"), ("val", "MUSE_val"), ("test_less", "muse_test_less"),
                        ("test_many", "muse_test_many")):  # fmt: skip
        for record in loaded(folder / f"{name}.json"):
            names["file_name" if "file_name" in record else record["coco_url"].split("/")[-2]] += 1
            names["no text"] += "text_answers" not in record
            own = by_id(record["ann_list"])
            assert len(record["questions"]) == len(record["answers"])
            for text, answer in zip(record.get("text_answers", []), record["answers"], strict=False):
                wrong[split] += text.count("{seg}") != len(answer)
                names["braces"] += "{" in text.replace("{seg}", "")
                assert all(own[one["id"]] == one for one in answer)
            names.update(kind_of(one["segmentation"]) for one in record["ann_list"])
            names["rephrased"] += sum("rephrased_name" in one for one in record["ann_list"])
    planted = {
        split: report["quarantined"]["answer-mismatch"] for split, report in small.reports["muse"]["splits"].items()
    }
    assert wrong == planted
    assert all(names[kind] for kind in ("file_name", "train2017", "val2017", "no text", "braces", "rephrased"))
    assert all(names[kind] for kind in ("polygons", "str", "list"))


def kind_of(segmentation):
    return "polygons" if isinstance(segmentation, list) else type(segmentation["counts"]).__name__


def test_earthreason_stems_tell_what_sorted_order_does_not(small):
    folder = small.root / "rs_reason_seg/RSReasonSeg"
    for split in ("train", "val", "test"):
        files = {
            kind: {path.stem: path for path in (folder / split).rglob(f"{kind}/*")}
            for kind in ("images", "labels", "QAs")
        }
        shared = files["images"].keys() & files["labels"].keys() & files["QAs"].keys()
        assert shared
        for stem in shared:
            label = picture(files["labels"][stem])
            assert label.mode == "L"
            assert label.size == picture(files["images"][stem]).size
            body = loaded(files["QAs"][stem])
            assert set(body) == {"questions", "answer"}
    assert list(folder.glob("val/val/QAs"))
    assert {path.suffix for path in folder.rglob("QAs/*")} == {".json", ".txt"}
    assert {path.suffix for path in folder.rglob("images/*")} == {".jpg", ".jpeg", ".png"}


def by_stem(folder, kind):
    return {path.stem: path for path in folder.rglob(f"{kind}/*")}


def test_llava_rows_have_every_oddity_of_the_file(small):
    rows = loaded(small.root / "llava/llava_v1_5_mix665k.json")
    seen = Counter()
    for row in rows[:-2]:
        turns = row["conversations"]
        human = next(turn["value"] for turn in turns if turn["from"] == "human")
        assert ("<image>" in human) == ("image" in row)
        seen[type(row.get("id")).__name__] += 1
        seen["text only"] += "image" not in row and row["model"] == ""
        seen["leading answer"] += turns[0]["from"] == "gpt"
        seen["at the end"] += human.endswith("\n<image>")
        seen["reserved"] += any("<seg>" in turn["value"] for turn in turns)
        if "image" in row:
            seen[picture_of(small.root / row["image"])] += 1
    assert max(Counter(str(row.get("id")) for row in rows).values()) > 1
    for oddity in ("str", "int", "NoneType", "text only", "leading answer", "at the end", "reserved", "JPEG", "GIF",
                   "empty", "missing"):  # fmt: skip
        assert seen[oddity], oddity


def picture_of(path):
    if not path.exists():
        return "missing"
    data = path.read_bytes()
    return Image.open(io.BytesIO(data)).format if data else "empty"


def test_mask_folders_hold_both_layouts(small):
    root = small.root / "masks"
    images = {split: {path.stem for path in (root / split / "images").iterdir()} for split in ("train", "val", "index")}
    rows = [json.loads(line) for line in (root / "train/records.jsonl").read_text().splitlines()]
    named = {str(row["image"]).removesuffix(".jpg") for row in rows}
    assert images["train"] < named
    assert {key for row in rows for key in row} >= {
        "expression",
        "label",
        "question",
        "answer",
        "license",
        "id",
        "mask",
    }
    assert images["train"] < {path.stem for path in (root / "train/masks").iterdir()}
    assert (root / "val/records.csv").read_text("utf-8-sig").splitlines()[0] == "image,expression"
    classes = {int(line.split(" ")[0]) for line in (root / "classes.txt").read_text().splitlines()}
    indexes = {path.stem: picture(path) for path in (root / "index/labels").iterdir()}
    assert len(images["index"] - indexes.keys()) == 1
    assert {index.mode for index in indexes.values()} == {"L", "P"}
    unknown = [set(np.unique(index).tolist()) - classes - {0, 255} for index in indexes.values()]
    assert sorted(map(len, unknown)) == [0] * (len(unknown) - 1) + [1]
