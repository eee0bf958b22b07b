"""Laws of instances files: joined on ids, whatever else is in them, with only what is wanted kept."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from t4s_data.annotations.instances import read_instances
from t4s_data.annotations.licences import coco_licenses
from t4s_data.errors import DataError, RecordError

IMAGE = {"id": 7, "file_name": "a.jpg", "height": 10, "width": 12, "license": 4, "coco_url": "x"}
ANNOTATION = {"id": 101, "image_id": 7, "segmentation": [[1, 1, 5.5, 1, 5, 5]], "bbox": [1, 2, 3, 4], "iscrowd": 0}
HUGE = pytest.param(10**5000, id="huge")


def file_of(folder, **fields):
    path = folder / "instances.json"
    path.write_text(json.dumps({"info": {}, "images": [IMAGE], "annotations": [ANNOTATION], **fields}))
    return path


def reason_of(call, *arguments):
    with pytest.raises(RecordError) as caught:
        call(*arguments)
    return caught.value.reason


def test_images_and_annotations_are_found_by_id(tmp_path):
    instances = read_instances(file_of(tmp_path))
    image = instances.image(7)
    assert (image.file_name, image.height, image.width) == ("a.jpg", 10, 12)
    assert json.loads(bytes(instances.segmentation(101, 7))) == ANNOTATION["segmentation"]


def test_only_wanted_annotations_are_kept(tmp_path):
    rows = [{**ANNOTATION, "id": number} for number in range(5)]
    path = file_of(tmp_path, annotations=rows)
    assert set(read_instances(path, wanted={1, 3, 9}).annotations) == {1, 3}
    assert set(read_instances(path).annotations) == {0, 1, 2, 3, 4}


def test_a_licence_is_named_by_the_file_or_else_by_coco_s_list(tmp_path):
    without = read_instances(file_of(tmp_path, licenses=[]))
    assert without.license_name(without.image(7)) == coco_licenses()[4].name
    own = read_instances(file_of(tmp_path, licenses=[{"id": 4, "name": "House rules", "url": ""}]))
    assert own.license_name(own.image(7)) == "House rules"


@pytest.mark.parametrize("image_id", [8, None, "7", 7.0, True, [7], 10**30, HUGE])
def test_an_id_that_is_not_there_is_unknown(tmp_path, image_id):
    assert reason_of(read_instances(file_of(tmp_path)).image, image_id) == "unknown-image"


@pytest.mark.parametrize("annotation_id", [8, None, "101", 101.0, True, [101], HUGE])
def test_an_annotation_that_is_not_there_is_unknown(tmp_path, annotation_id):
    assert reason_of(read_instances(file_of(tmp_path)).segmentation, annotation_id, 7) == "unknown-annotation"


def test_an_annotation_on_another_image_is_not_used(tmp_path):
    assert reason_of(read_instances(file_of(tmp_path)).segmentation, 101, 8) == "wrong-image"


@pytest.mark.parametrize(
    "fields", [{"height": 0}, {"width": -3}, {"width": 65_536}, {"file_name": "../a.jpg"}, {"file_name": ""}]
)
def test_an_image_that_makes_no_sense_is_not_used(tmp_path, fields):
    instances = read_instances(file_of(tmp_path, images=[{**IMAGE, **fields}]))
    assert reason_of(instances.image, 7) == "bad-type"


@pytest.mark.parametrize(
    "segmentation",
    ["null", "[]", "[[1, 2.5, 3, 4, 5, 6]]", '{"size": [1, 2], "counts": "a[b"}', '[{"size": [1, 2], "counts": [2]}]'],
)
def test_every_form_of_segmentation_passes_as_compact_text(tmp_path, segmentation):
    path = file_of(tmp_path)
    path.write_text(path.read_text().replace(json.dumps(ANNOTATION["segmentation"]), segmentation))
    assert bytes(read_instances(path).segmentation(101, 7)).decode() == segmentation.replace(" ", "")


@pytest.mark.parametrize(
    "segmentation",
    [
        b"5", b'"x"', b"true", b"{}", b"[[[1]]]", b"[[null]]", b"[[true]]", b'[["1"]]', b"[[1e999]]",
        b'{"size": [1], "counts": {}}', b'{"size": [1], "counts": {"a": 1}}', b"[" * 20 + b"]" * 20,
    ],
)  # fmt: skip
def test_a_segmentation_of_another_form_is_not_used(tmp_path, segmentation):
    path = file_of(tmp_path)
    path.write_bytes(path.read_bytes().replace(json.dumps(ANNOTATION["segmentation"]).encode(), segmentation))
    assert reason_of(read_instances(path).segmentation, 101, 7) == "bad-mask"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('"area": NaN', "bad-json"), ('"bbox": [-Infinity]', "bad-json"), ('"id": 101', "bad-json"),
        ('"a": "\\ud83d"', "bad-json"),
        ('"a": ' + "[" * 100 + "]" * 100, "bad-json"), ('"category_id": 18446744073709551616', "bad-type"),
    ],
)  # fmt: skip
def test_an_annotation_that_cannot_be_read_says_why_to_whoever_refers_to_it(tmp_path, text, reason):
    row = json.dumps(ANNOTATION)
    path = file_of(tmp_path, annotations=[{**ANNOTATION, "id": 102}])
    path.write_text(path.read_text().replace('"annotations": [', f'"annotations": [{row[:-1]}, {text}}}, '))
    instances = read_instances(path)
    assert instances.segmentation(102, 7)
    # What is nested too deep, or named twice, does not say which annotation it is.
    unknown = '"id"' in text or "[[" in text
    assert reason_of(instances.segmentation, 101, 7) == ("unknown-annotation" if unknown else reason)


JUNK = st.sampled_from([None, 5, "x", [], {}, [[]], True, 1.5, 10**30, {"id": []}])


@given(st.sampled_from(["images", "annotations", "licenses"]), JUNK, JUNK)
def test_junk_among_the_items_harms_no_other(tmp_path_factory, field, junk, value):
    whole = {"images": [IMAGE], "annotations": [ANNOTATION], "licenses": []}
    whole[field] = [junk, {**(whole[field] or [{}])[0], "id": value}, *whole[field]]
    instances = read_instances(file_of(tmp_path_factory.getbasetemp(), **whole))
    assert instances.segmentation(101, instances.image(7).id)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"[]", b"{}", b"{", b'{"images": []}', b'{"images": {}, "annotations": []}', b"\xff", b'{"images": [], "a',
        b'{"images": ' + b"[" * 100_000 + b', "annotations": []}',
    ],
)  # fmt: skip
def test_a_file_of_another_kind_is_named(tmp_path, data):
    path = tmp_path / "instances.json"
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"instances\.json: "):
        read_instances(path)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(DataError, match="Is a directory"):
        read_instances(tmp_path)


def test_real_files_are_read(real):
    path = real / "coco" / "annotations" / "instances_subset.json"
    rows = json.loads(path.read_text())["annotations"]
    instances = read_instances(path)
    assert len(instances.annotations) == len(rows)
    for row in rows[::50]:
        assert instances.segmentation(row["id"], instances.image(row["image_id"]).id)
