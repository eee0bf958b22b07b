"""Laws of checks: data that agree with their manifest are right, and every deviation is named with a way to mend it."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from pipelines.commands import check as command
from t4s_data.manifest.shipped import load_manifest
from t4s_data.recipe import check as inventory
from t4s_data.recipe.check import Depth, all_parts, inspect
from t4s_data.recipe.parts import parts_of
from t4s_data.recipe.spec import Recipe
from t4s_data.synthetic.generate import write_world

SOURCES = ["refcoco", "reasonseg", "llava"]
CONVERSATIONS = "llava/llava_v1_5_mix665k.json"


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    """A small world in which every image is there."""
    root = tmp_path_factory.mktemp("world")
    write_world(root, scale=0.0001, seed=0, sources=SOURCES)
    for row in conversations(root):
        if isinstance(row, dict) and isinstance(row.get("image"), str):
            (root / row["image"]).touch()
    return root


def conversations(root):
    return json.loads((root / CONVERSATIONS).read_bytes())


@pytest.fixture
def root(pristine, tmp_path):
    return shutil.copytree(pristine, tmp_path / "data")


@pytest.fixture
def manifests(pristine, monkeypatch):
    """Manifests that agree with the world, to be changed by a test."""
    changed = {name: _of_world(name, pristine) for name in SOURCES}
    monkeypatch.setattr(inventory, "load_manifest", lambda name: changed.get(name, load_manifest(name)))
    return changed


def _of_world(name, root):
    """A manifest that expects no counts, or those of the world's conversations, taken without their reader."""
    manifest = load_manifest(name)
    if name != "llava":
        splits = [split.model_copy(update={"records": None, "images": None}) for split in manifest.split]
        return manifest.model_copy(update={"split": tuple(splits)})
    data = (root / CONVERSATIONS).read_bytes()
    facts = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    files = {"conversations": manifest.files["conversations"].model_copy(update=facts)}
    split = manifest.split[0].model_copy(update={"records": len(conversations(root))})
    return manifest.model_copy(update={"files": files, "split": (split,)})


def part_of(name, root, **keys):
    return parts_of(Recipe.model_validate({"name": "x", "source": [{"name": name, **keys}]}), root)[0]


def problems(part, depth=None, needed=True):
    return [problem.what for problem in inspect(part, depth or Depth(), needed=needed).problems]


@pytest.mark.parametrize("name", SOURCES)
def test_whole_data_are_right(name, root, manifests):
    inspection = inspect(part_of(name, root), Depth(sha256=True), needed=True)
    assert (inspection.verdict, list(inspection.problems)) == ("right", [])
    assert inspection.found.records > 0
    assert inspection.found.images_absent == 0


def test_what_the_sources_read_is_counted(root, manifests):
    part = part_of("llava", root)
    found = inspect(part, Depth(), needed=True).found
    assert found.records == len(conversations(root))
    assert sum(found.rejects.values()) == sum(1 for item in part.open().entries() if not hasattr(item, "keys"))


@pytest.mark.parametrize(("name", "role"), [("refcoco", "refs"), ("refcoco", "instances"), ("llava", "conversations")])
def test_a_missing_file_is_named(name, role, root, manifests):
    part = part_of(name, root)
    path = part.location.file(role)
    path.unlink()
    assert problems(part) == [f"{path.relative_to(root).as_posix()} is not there"]


def test_a_file_that_only_the_recipe_needs_is_missed(root, manifests):
    part = part_of("reasonseg", root, explanatory=True)
    shutil.rmtree(part.location.file("explanatory").parent)
    assert problems(part) == ["reason_seg/ReasonSeg/explanatory/train.json is not there"]
    assert problems(part_of("reasonseg", root)) == []


def test_a_file_of_another_size_is_named(root, manifests):
    part = part_of("llava", root)
    path = part.location.file("conversations")
    size = path.stat().st_size
    path.write_bytes(path.read_bytes() + b"\n")
    assert problems(part) == [f"{CONVERSATIONS} has {size + 1:,} bytes instead of {size:,}"]


def test_another_content_of_the_same_size_takes_a_digest_to_find(root, manifests):
    part = part_of("llava", root)
    path = part.location.file("conversations")
    path.write_bytes(path.read_bytes().replace(b"What", b"Whad"))
    assert problems(part) == []
    (found,) = problems(part, Depth(sha256=True))
    assert hashlib.sha256(path.read_bytes()).hexdigest() in found
    assert manifests["llava"].files["conversations"].sha256 in found


@pytest.mark.parametrize("count", ["records", "images"])
def test_counts_that_differ_are_named_with_both_numbers(count, root, manifests):
    part = part_of("refcoco", root)
    there = getattr(inspect(part, Depth(), needed=True).found, count)
    splits = [split.model_copy(update={count: 1_234}) for split in manifests["refcoco"].split]
    manifests["refcoco"] = manifests["refcoco"].model_copy(update={"split": tuple(splits)})
    assert problems(part) == [f"{there:,} {count} instead of 1,234"]


def test_broken_records_may_or_may_not_be_in_a_published_count(root, manifests):
    part = part_of("llava", root)
    found = inspect(part, Depth(), needed=True).found
    broken = sum(found.rejects.values())
    assert broken > 0
    verdicts = {}
    for count in range(found.records - broken - 1, found.records + 2):
        split = manifests["llava"].split[0].model_copy(update={"records": count})
        manifests["llava"] = manifests["llava"].model_copy(update={"split": (split,)})
        verdicts[count] = inspect(part, Depth(), needed=True).verdict
    assert [count for count, verdict in verdicts.items() if verdict == "wrong"] == [min(verdicts), max(verdicts)]


def test_counts_are_not_compared_where_the_recipe_picks_records(root, manifests):
    splits = [split.model_copy(update={"images": 1_234}) for split in manifests["reasonseg"].split]
    manifests["reasonseg"] = manifests["reasonseg"].model_copy(update={"split": tuple(splits)})
    assert len(problems(part_of("reasonseg", root))) == 1
    assert problems(part_of("reasonseg", root, min_texts=2)) == []


def test_absent_images_are_counted_unless_nobody_looks(root, manifests):
    part = part_of("refcoco", root)
    images = {entry.image for entry in part.open().entries() if hasattr(entry, "image")}
    (root / min(images)).unlink()
    assert problems(part) == [f"1 of {len(images):,} images are not there"]
    inspection = inspect(part, Depth(images=False), needed=True)
    assert (inspection.verdict, inspection.found.images_absent) == ("right", None)


def test_a_file_that_cannot_be_read_is_a_problem_and_no_crash(root, manifests):
    part = part_of("refcoco", root)
    part.location.file("instances").write_text("[")
    (found,) = problems(part)
    assert "instances.json" in found


def test_broken_records_are_counted_by_reason_and_are_no_problem(root, manifests):
    part = part_of("refcoco", root)
    instances = part.location.file("instances")
    data = json.loads(instances.read_text())
    entry = next(item for item in part.open().entries() if hasattr(item, "keys"))
    data["images"] = [image for image in data["images"] if image["id"] != entry.payload["image_id"]]
    instances.write_text(json.dumps(data))
    inspection = inspect(part, Depth(), needed=True)
    assert inspection.found.rejects["unknown-image"] >= len(entry.keys)
    assert inspection.verdict == "right"


def test_a_split_that_nothing_asks_for_may_be_absent_as_a_whole(root, manifests):
    part = part_of("refcoco", root, split_by="google")
    part.location.file("refs").unlink()
    assert inspect(part, Depth(), needed=False).verdict == "not there"
    assert inspect(part, Depth(), needed=True).verdict == "wrong"
    part = part_of("refcoco", root)
    part.location.file("instances").unlink()
    assert inspect(part, Depth(), needed=False).verdict == "wrong"


def test_all_parts_are_the_splits_of_the_manifests(tmp_path):
    names = [part.name for part in all_parts(tmp_path)]
    assert len(set(names)) == len(names)
    assert {"refcoco/unc-testA", "refcoco/google-test", "muse/test_many", "llava/train", "rrsis-d/unc-val"} <= set(
        names
    )
    assert {inspect(part, Depth(), needed=False).verdict for part in all_parts(tmp_path)} == {"not there"}


def run(*arguments):
    app = typer.Typer()
    app.command()(command.check)
    return CliRunner().invoke(app, list(map(str, arguments)))


@pytest.fixture
def recipe(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('name = "mine"\n' + "".join(f'[[source]]\nname = "{name}"\n' for name in SOURCES))
    return path


def test_the_command_ends_well_where_all_is_right(root, manifests, recipe, tmp_path):
    result = run(recipe, "--data-root", root, "--sha256", "--json", tmp_path / "check.json")
    assert result.exit_code == 0, result.output
    figures = json.loads((tmp_path / "check.json").read_text())
    assert [split["verdict"] for split in figures["splits"]] == ["right"] * 3
    assert all(f"{split['records']:,}" in result.output for split in figures["splits"])


def test_the_command_ends_badly_and_says_how_to_mend_what_is_wrong(root, manifests, recipe, tmp_path):
    part_of("refcoco", root).location.file("refs").unlink()
    result = run("--data-root", root, recipe, "--json", tmp_path / "check.json")
    assert result.exit_code == 1
    assert "refer_seg/refcoco/refs(unc).p is not there" in result.output
    assert load_manifest("refcoco").get.strip().splitlines()[0] in result.output
    split = json.loads((tmp_path / "check.json").read_text())["splits"][0]
    assert (split["verdict"], split["records"]) == ("wrong", None)
    assert split["problems"][0]["what"] == "refer_seg/refcoco/refs(unc).p is not there"


def test_without_a_recipe_only_what_is_there_must_be_right(root, manifests):
    assert run("--data-root", root).exit_code == 0
    next(Path(root / "refer_seg/images/coco_2014/train2014").glob("*.jpg")).unlink()
    assert run("--data-root", root).exit_code == 1
    assert run("--data-root", root, "--no-images").exit_code == 0


def test_a_folder_without_any_source_is_not_right(tmp_path):
    result = run("--data-root", tmp_path)
    assert result.exit_code == 1
    assert "no source is there" in result.output
