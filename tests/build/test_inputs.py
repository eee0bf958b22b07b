"""Input files that change while a corpus is built: the digests are of what was read, and a change is said by name."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import pytest

from t4s_data.build.assembly import Assembly, assemble
from t4s_data.build.steps import build_shard, stage_parts
from t4s_data.build.work import Work
from t4s_data.errors import DataError, MissingInputError
from t4s_data.recipe.files import read_recipe
from t4s_data.recipe.parts import Part, parts_of

RECIPE = """
name = "changing"
[images]
mode = "path"
[[source]]
name = "refcoco"
splits = ["train", "val"]
limit = {limit}
"""
REFS, INSTANCES = "refer_seg/refcoco/refs(unc).p", "refer_seg/refcoco/instances.json"


@pytest.fixture
def data(world: Path, tmp_path: Path) -> Path:
    """A copy of the world's refcoco, which a test may change."""
    shutil.copytree(world / "refer_seg/refcoco", tmp_path / "data/refer_seg/refcoco")
    return tmp_path / "data"


def assembly_of(data: Path, limit: int = 0) -> Assembly:
    path = data.with_name("r.toml")
    path.write_text(RECIPE.format(limit=limit))
    recipe, digest = read_recipe(path)
    return Assembly(recipe, digest, [part.sealed() for part in parts_of(recipe, data)], "t4s build")


def finish(parts: list[Part], work: Work) -> None:
    for number, part in enumerate(parts):
        for unit in work.units(number, part):
            build_shard(part, unit, work, strict=False)


def _whole(assembly: Assembly, work: Work) -> None:
    stage_parts(assembly.parts, work)
    finish(list(assembly.parts), work)
    assemble(assembly, work)


def replace_unseen(path: Path) -> bytes:
    """Change a file so that its size and time stay; its bytes before."""
    before, status = path.read_bytes(), path.stat()
    path.write_bytes(before.swapcase())
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert path.read_bytes() != before
    return before


@pytest.mark.parametrize("limit", [0, 5])
def test_digests_are_those_of_the_rows_and_not_of_a_file_that_came_later(limit: int, data: Path, tmp_path: Path):
    assembly, work = assembly_of(data, limit), Work(tmp_path / "work")
    stage_parts(assembly.parts, work)
    before = replace_unseen(data / INSTANCES)
    finish(list(assembly.parts), work)
    found = {file.path: (file.bytes, file.sha256) for file in assemble(assembly, work).inputs}
    assert found[INSTANCES] == (len(before), hashlib.sha256(before).hexdigest())
    assert set(found) == {REFS, INSTANCES}


def test_two_splits_that_were_read_from_different_bytes_do_not_become_one_corpus(data: Path, tmp_path: Path):
    assembly, work = assembly_of(data), Work(tmp_path / "work")
    stage_parts(assembly.parts[:1], work)
    path = data / INSTANCES
    status, text = path.stat(), path.read_bytes()
    path.write_bytes(text.replace(b'"license":1', b'"license":2').replace(b'"license": 1', b'"license": 2'))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    stage_parts(assembly.parts[1:], work)
    finish(list(assembly.parts), work)
    with pytest.raises(DataError, match=r"instances\.json: changed while the corpus was built; remove .*work"):
        assemble(assembly, work)


@pytest.mark.parametrize("stage_first", [True, False])
def test_an_input_that_is_removed_is_named(stage_first: bool, data: Path, tmp_path: Path):
    assembly, work = assembly_of(data), Work(tmp_path / "work")
    if stage_first:
        stage_parts(assembly.parts, work)
    (data / INSTANCES).unlink()
    with pytest.raises(DataError, match=r"instances\.json"):
        _whole(assembly, work)
    with pytest.raises(MissingInputError, match=r"instances\.json: No such file"):
        assembly.parts[0].is_unchanged()


def test_an_input_of_another_time_ends_the_build(data: Path, tmp_path: Path):
    assembly, work = assembly_of(data), Work(tmp_path / "work")
    stage_parts(assembly.parts, work)
    finish(list(assembly.parts), work)
    os.utime(data / REFS)
    with pytest.raises(DataError, match="an input file changed while the corpus was built"):
        assemble(assembly, work)
