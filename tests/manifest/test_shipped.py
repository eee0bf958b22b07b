"""Laws of the manifests: every source has one, every number a source of its own, and they agree with the paper."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError

from t4s_data.conversation.prompts import FORMS
from t4s_data.errors import DataError, RecipeError
from t4s_data.files.location import Location
from t4s_data.manifest.names import BOX_TASKS
from t4s_data.manifest.shipped import NAMES, expected_split, load_manifest, read_shipped, shipped_folder
from t4s_data.manifest.source import Manifest, ManifestFile, ManifestSplit, check_pattern
from t4s_data.recipe.spec import Recipe

RECIPES = sorted(path.name for path in (shipped_folder() / "recipes").iterdir() if path.name.endswith(".toml"))
EXACT = [name for name in NAMES if (row := load_manifest(name).paper) and row.status == "exact"]


def location(manifest: Manifest, data_root: Path, split: ManifestSplit) -> Location:
    patterns = {role: (file.path, *file.alternatives) for role, file in manifest.files.items()}
    return Location(data_root, manifest.root, split.name, split.by, files=patterns, images=manifest.images)


@pytest.mark.parametrize("name", NAMES)
def test_every_source_has_a_manifest_of_its_name(name):
    manifest = load_manifest(name)
    assert manifest.name == name
    assert load_manifest(name) is manifest


def test_every_shipped_manifest_is_of_a_source():
    shipped = [path.name for path in shipped_folder().iterdir() if path.name.endswith(".toml")]
    assert {name for name in shipped if "layout" in read_shipped(name)} == {f"{name}.toml" for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_tasks_are_tasks_that_have_words(name):
    assert set(load_manifest(name).tasks) <= set(FORMS)


@pytest.mark.parametrize("name", NAMES)
def test_a_source_has_something_to_do_under_a_codec_without_boxes(name):
    assert any(weight for task, weight in load_manifest(name).tasks.items() if task not in BOX_TASKS)


@pytest.mark.parametrize("name", NAMES)
def test_the_hint_names_a_place_to_get_the_data(name):
    manifest = load_manifest(name)
    assert "DATA" in manifest.get
    assert "https://" in manifest.get or "http://" in manifest.get or manifest.other_splits


@pytest.mark.parametrize("name", NAMES)
def test_citations_are_whole_bibtex_entries(name):
    citation = load_manifest(name).citation
    keys = re.findall(r"^@\w+\{([\w:-]+),$", citation, re.MULTILINE)
    assert len(keys) == citation.count("@") == len(set(keys))
    assert citation.count("{") == citation.count("}")
    assert not re.search(r"[^}{,]\n  \w+=", citation)


@pytest.mark.parametrize("name", NAMES)
def test_every_source_of_others_is_cited_and_compared_with_the_paper_where_it_is_in_it(name):
    manifest = load_manifest(name)
    own = {"mask-folder"}
    assert bool(manifest.citation) is (name not in own)
    assert (manifest.paper is None) is (name in {"coco-instances", "mask-folder"})


def test_sources_that_share_a_row_of_the_paper_share_its_numbers():
    rows: dict[str, set] = {}
    for name in NAMES:
        if paper := load_manifest(name).paper:
            rows.setdefault(paper.row, set()).add((paper.images, paper.samples, paper.rule, paper.status))
    assert {name: [row[:2] for row in found] for name, found in rows.items()} == {
        "COCO": [(118_000, 236_000)],
        "refCOCO": [(74_000, 439_000)],
        "grefCOCO": [(17_000, 209_000)],
        "Pix2Cap": [(18_000, 152_000)],
        "ReasonSeg": [(209, 1_045)],
        "MUSE": [(102_000, 230_000)],
        "RRSIS_D": [(12_000, 61_000)],
        "Earthreason": [(2_400, 71_000)],
        "LLaVA-665k": [(665_000, 665_000)],
    }


@pytest.mark.parametrize("name", EXACT)
def test_an_exact_rule_gives_the_number_of_the_paper(name):
    manifest = load_manifest(name)
    train = expected_split(manifest, "train", manifest.default_split_by)
    assert abs(train.records * manifest.paper.repeat - manifest.paper.samples) < 1_000


def test_rules_are_called_exact_where_the_counts_are_known():
    assert EXACT == ["coco-panoptic", "grefcoco", "rrsis-d", "llava"]


def test_the_three_referring_sets_on_coco_have_321327_train_sentences():
    sets = (("refcoco", "unc"), ("refcoco+", "unc"), ("refcocog", "umd"))
    assert sum(expected_split(load_manifest(name), "train", by).records for name, by in sets) == 321_327


def test_train_images_of_the_refer_family_add_up_to_the_paper():
    sets = (("refcoco", "unc"), ("refcoco+", "unc"), ("refcocog", "umd"), ("refclef", "unc"))
    images = sum(expected_split(load_manifest(name), "train", by).images for name, by in sets)
    assert abs(images - load_manifest("refcoco").paper.images) < 1_000


@pytest.mark.parametrize(
    ("name", "by", "refs"),
    [
        ("refcoco", "unc", 50_000),
        ("refcoco", "google", 50_000),
        ("refcoco+", "unc", 49_856),
        ("refcocog", "umd", 49_822),
        ("refcocog", "google", 49_822),
    ],
)
def test_refs_of_all_splits_add_up_to_the_published_total(name, by, refs):
    assert sum(split.refs for split in load_manifest(name).split if split.by == by) == refs


@pytest.mark.parametrize(
    ("name", "by", "records"),
    [("refcoco", "unc", 142_210), ("refcoco+", "unc", 141_564), ("rrsis-d", "unc", 17_402)],
)
def test_records_of_all_splits_add_up_to_the_published_total(name, by, records):
    assert sum(split.records for split in load_manifest(name).split if split.by == by) == records


@pytest.mark.parametrize("name", NAMES)
def test_a_split_has_no_fewer_records_than_refs(name):
    for split in load_manifest(name).split:
        assert (split.records or 10**9) >= (split.refs or 0)


def test_patterns_fit_the_real_files(real):
    found = []
    for name in NAMES:
        manifest = load_manifest(name)
        for split in manifest.split:
            place = location(manifest, real, split)
            found += [(name, role) for role in manifest.files if place.file(role).exists()]
    expected = {
        ("coco-panoptic", "annotations"),
        ("coco-panoptic", "masks"),
        ("refcoco", "refs"),
        ("refcoco", "instances"),
        ("rrsis-d", "refs"),
        ("rrsis-d", "instances"),
        ("reasonseg", "folder"),
        ("reasonseg", "explanatory"),
        ("pix2cap", "masks"),
    }
    assert expected <= set(found)


def test_image_folders_fit_the_real_files(real):
    manifest = load_manifest("coco-panoptic")
    place = location(manifest, real, expected_split(manifest, "train"))
    annotations = json.loads(place.file("annotations").read_text())
    assert all((real / place.image_path(image["file_name"])).is_file() for image in annotations["images"])


@pytest.mark.parametrize("recipe", RECIPES)
def test_shipped_recipes_ask_for_what_the_manifests_have(recipe):
    parsed = Recipe.model_validate(tomllib.loads(shipped_folder().joinpath("recipes", recipe).read_text()))
    for source in parsed.source:
        manifest = load_manifest(source.name)
        for split in source.splits:
            known = expected_split(manifest, split, source.split_by or manifest.default_split_by)
            assert known is not None or manifest.other_splits
        assert set(source.tasks or ()) <= set(manifest.tasks)


def test_the_demo_has_a_training_and_a_held_out_part_of_each_of_its_sources():
    parsed = Recipe.model_validate(read_shipped("recipes/demo.toml"))
    parts = {}
    for source in parsed.source:
        parts.setdefault(source.name, set()).add(source.as_split)
    assert parts == {
        name: {"train", "validation"} for name in ("refcoco", "refcoco+", "refcocog", "refclef", "rrsis-d")
    }
    assert parsed.images.mode == "embed"


def test_an_unknown_source_is_named_with_those_there_are():
    with pytest.raises(RecipeError, match="no source is named 'refcoc0'; there are coco-panoptic"):
        load_manifest("refcoc0")


def test_a_missing_file_is_a_clear_error():
    with pytest.raises(DataError, match=r"manifests/recipes/none\.toml"):
        read_shipped("recipes/none.toml")


def test_a_split_that_is_not_listed_has_no_expectation():
    assert expected_split(load_manifest("refcoco"), "train", "umd") is None


@pytest.mark.parametrize("pattern", ["/etc/passwd", "../other", "a/../b", "{home}/x", "{root}/{}"])
def test_patterns_stay_below_the_data_root_and_name_known_places(pattern):
    with pytest.raises(ValueError, match=re.escape(repr(pattern))):
        check_pattern(pattern)


def minimal(**changes):
    base = {
        "name": "llava",
        "title": "x",
        "layout": "llava",
        "root": "llava",
        "files": {},
        "split": [{"name": "train"}],
        "tasks": {"visual-understanding": 1},
        "get": "x",
    }
    return Manifest.model_validate(base | changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"unheard_of": 1}, "unheard_of"),
        ({"split": [{"name": "train"}, {"name": "train"}]}, "listed twice"),
        ({"split": []}, "no split is listed"),
        ({"default_split_by": "unc"}, "has no splits"),
        ({"tasks": {"visual-understanding": 0}}, "weight 0"),
        ({"tasks": {"cooking": 1}}, "cooking"),
        ({"split": [{"name": "train", "records": 5}]}, "needs both a number and its where"),
        ({"split": [{"name": "train", "where": {"refs": "x"}}]}, "needs both a number and its where"),
        ({"images": "../x"}, "not below the data root"),
        ({"files": {"a": {"path": "x", "bytes": 5}}}, "without where"),
        ({"files": {"a": {"path": "x", "alternatives": ["/y"]}}}, "not below the data root"),
    ],
)
def test_a_manifest_that_breaks_a_rule_is_refused(changes, message):
    assert minimal().name == "llava"
    with pytest.raises(ValidationError, match=message):
        minimal(**changes)


def test_facts_about_a_file_are_kept_with_their_source():
    facts = [file for name in NAMES for file in load_manifest(name).files.values() if file.bytes]
    assert [(file.bytes, bool(file.where)) for file in facts] == [(1_029_887_963, True)]
    assert ManifestFile(path="x").bytes is None
