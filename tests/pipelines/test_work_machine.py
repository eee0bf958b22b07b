"""A machine that stages, kills, resumes, forces and changes inputs in any order: OUT is whole or as it was before."""

from __future__ import annotations

import json
import pickle
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from unittest import mock

import pytest
from filelock import FileLock
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pipelines import build as building
from pipelines.build import RunOptions
from t4s_data.build import blocks
from t4s_data.build.assembly import Assembly
from t4s_data.build.steps import build_shard, stage_parts
from t4s_data.build.work import Work
from t4s_data.corpus.folder import write_checksums
from t4s_data.errors import CorpusError, DataError
from t4s_data.recipe.files import read_recipe
from t4s_data.recipe.parts import Part, parts_of

VERSIONS = (0, 1, 2)
RECIPE = """
name = "machine"
[images]
mode = "path"
[[source]]
name = "refcoco"
repeat = 2
[[source]]
name = "refcoco"
splits = ["val"]
as_split = "validation"
"""


class Killed(BaseException):
    """What stands for a kill: nothing of the product catches it."""


def write_input(data: Path, version: int) -> None:
    """Refs of one of the versions of the data: as many, as long, with other words."""
    folder = data / "refer_seg/refcoco"
    folder.mkdir(parents=True, exist_ok=True)
    texts = ["the left dog", "the next dog", "the last dog"]
    refs = [
        {
            "ref_id": number,
            "ann_id": 1,
            "image_id": 1,
            "category_id": 1,
            "split": "train" if number < 9 else "val",
            "sentences": [{"sent_id": 2 * number + k, "sent": f"{texts[version]} {number} {k}"} for k in range(2)],
        }
        for number in range(12)
    ]
    (folder / "refs(unc).p").write_bytes(pickle.dumps(refs, protocol=2))
    square = [[10, 10, 30, 10, 30, 30, 10, 30]]
    whole = {
        "images": [{"id": 1, "file_name": "1.jpg", "width": 100, "height": 80}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "segmentation": square}],
        "categories": [{"id": 1, "name": "dog"}],
    }
    (folder / "instances.json").write_text(json.dumps(whole))


def digest(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest() for path in files}


def steps(parts: Sequence[Part], work: Work) -> Iterator[None]:
    """The steps of a build as workers do them, one after the other; between two a build may be killed."""
    for part in parts:
        stage_parts([part], work)
        yield
    for number, part in enumerate(parts):
        for unit in work.units(number, part):
            build_shard(part, unit, work, strict=False)
            yield


class WorkMachine(RuleBasedStateMachine):
    """Builds at one OUT, with a runner that can be killed between and within steps."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.data, self.out = self.folder / "data", self.folder / "out"
        self.recipe = self.folder / "recipe.toml"
        self.recipe.write_text(RECIPE)
        self.budget = self.torn = 0
        self.version = 0
        self.there: int | None = None
        self.patches = [
            mock.patch.object(building, "_run", self.run),
            mock.patch.object(building, "audit", lambda corpus, *_, **__: write_checksums(corpus)),
            # Small blocks: several of them in a split.
            mock.patch.object(blocks, "BLOCK_RECORDS", 5),
        ]
        for patch in self.patches:
            patch.start()
        self.whole = {version: self.reference(version) for version in VERSIONS}
        write_input(self.data, 0)

    def teardown(self) -> None:
        for patch in self.patches:
            patch.stop()
        shutil.rmtree(self.folder)

    def reference(self, version: int) -> dict[str, str]:
        """What a build of that version gives that nobody disturbs."""
        self.budget = 1000
        write_input(self.data, version)
        out = self.folder / f"reference-{version}"
        self.build_at(out, force=False)
        return digest(out)

    def run(self, parts: Sequence[Part], work: Work, *_: object) -> None:
        for _ in steps(parts, work):
            self.budget -= 1
            if self.budget < 0:
                self.leave_torn_files(work)
                raise Killed

    def leave_torn_files(self, work: Work) -> None:
        """What a kill in the middle of a write leaves: beginnings under temporary names."""
        for number, path in enumerate(sorted(work.root.rglob("*.parquet"))[: self.torn]):
            path.with_name(f".{path.name}.{number}.part").write_bytes(path.read_bytes()[:100])
            path.with_suffix(".partial").write_bytes(b"{")

    def build_at(self, out: Path, *, force: bool) -> None:
        recipe, sha = read_recipe(self.recipe)
        assembly = Assembly(recipe, sha, parts_of(recipe, self.data), "t4s build recipe.toml")
        building.build(assembly, out, RunOptions(force=force), progress=lambda _: None)

    @initialize()
    def begin(self) -> None:
        assert len({tuple(whole.items()) for whole in self.whole.values()}) == len(VERSIONS)

    @rule(budget=st.integers(0, 14), torn=st.integers(0, 3), force=st.booleans())
    def build(self, budget: int, torn: int, force: bool) -> None:
        """A build that is killed after some steps, or comes to its end."""
        self.budget, self.torn = budget, torn
        try:
            self.build_at(self.out, force=force)
        except Killed:
            assert self.there is None or force
        except CorpusError:
            assert self.there is not None
            assert not force
        else:
            self.there = self.version

    @rule(version=st.sampled_from(VERSIONS))
    def change_input(self, version: int) -> None:
        write_input(self.data, version)
        self.version = version

    @rule(budget=st.integers(0, 6), version=st.sampled_from(VERSIONS))
    def change_input_within_a_build(self, budget: int, version: int) -> None:
        """The files change when some steps are done: what comes out is of one version or nothing."""
        run, written = self.run, []

        def changing(parts: Sequence[Part], work: Work, *_: object) -> None:
            self.budget = budget
            try:
                run(parts, work)
            except Killed:
                # The same version again is a change as well: its files have other times.
                self.change_input(version)
                written.append(version)
            self.budget = 1000
            run(parts, work)

        with mock.patch.object(building, "_run", changing):
            try:
                self.build_at(self.out, force=True)
            except DataError:
                assert written
            else:
                assert not written
                self.there = self.version

    @rule(force=st.booleans())
    def build_beside_another(self, force: bool) -> None:
        """Two builds at one OUT: the second goes away and touches nothing."""
        if self.there is not None and not force:
            return
        work = Work.beside(self.out)
        work.root.mkdir(parents=True, exist_ok=True)
        with FileLock(work.root / "lock", timeout=0):
            before = digest(work.root)
            with pytest.raises(CorpusError, match="another build is writing it"):
                self.build_at(self.out, force=force)
            assert digest(work.root) == before

    @precondition(lambda self: self.there is not None)
    @rule()
    def remove(self) -> None:
        shutil.rmtree(self.out)
        self.there = None

    @invariant()
    def out_is_whole_or_as_before(self) -> None:
        if self.there is None:
            assert not self.out.exists()
        else:
            assert digest(self.out) == self.whole[self.there]


TestWorkMachine = WorkMachine.TestCase
TestWorkMachine.settings = settings(max_examples=12, stateful_step_count=15, deadline=None)
