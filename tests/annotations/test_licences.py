"""Laws of licence names: the file's own list decides, COCO's stands in where it is empty, nothing is guessed."""

from __future__ import annotations

import json

import pytest

from t4s_data.annotations.licences import coco_licenses, license_name


def test_a_files_own_names_decide():
    assert license_name(4, {4: "House rules"}) == "House rules"


def test_cocos_names_stand_in_for_an_empty_list():
    assert license_name(4, {}) == "Attribution License"


@pytest.mark.parametrize(("license_id", "names"), [(None, {}), (None, {1: "x"}), (0, {}), (9, {}), (4, {1: "x"})])
def test_what_is_unknown_stays_none(license_id, names):
    assert license_name(license_id, names) is None


def test_ids_are_one_to_eight():
    assert sorted(coco_licenses()) == list(range(1, 9))
    assert all(item.id == number for number, item in coco_licenses().items())


def test_names_and_addresses_are_those_of_cocos_own_files(real):
    listed = json.loads((real / "coco/annotations/panoptic_train2017.json").read_text())["licenses"]
    assert {(item["id"], item["name"], item["url"]) for item in listed} == {
        (item.id, item.name, item.url) for item in coco_licenses().values()
    }


def test_spdx_identifiers_say_what_the_address_says():
    for item in coco_licenses().values():
        if item.spdx is None:
            assert "creativecommons" not in item.url
        else:
            terms = item.url.removeprefix("http://creativecommons.org/licenses/").strip("/").replace("/", "-")
            assert item.spdx == f"CC-{terms.upper()}"
