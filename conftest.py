"""What the examples in docstrings speak of: data in `DATA` and a corpus in `OUT`, in the folder they run in."""

from __future__ import annotations

from pathlib import Path

import pytest

EXAMPLE = """
name = "example"
[tokenizer]
name = "qwen2"
[[source]]
name = "refcoco"
splits = ["train", "val"]
limit = 6
"""


@pytest.fixture(scope="session")
def example_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small synthetic world and a corpus of six of its rows, made without a pipeline."""
    from t4s_data.build.assembly import Assembly, assemble, put_corpus_in_place
    from t4s_data.build.steps import build_shard, stage_parts
    from t4s_data.build.work import Work
    from t4s_data.recipe.files import read_recipe
    from t4s_data.recipe.parts import parts_of
    from t4s_data.synthetic.generate import write_world

    folder = tmp_path_factory.mktemp("examples")
    write_world(folder / "DATA", scale=0.0002, sources=["refcoco"])
    (folder / "example.toml").write_text(EXAMPLE)
    recipe, digest = read_recipe(folder / "example.toml")
    parts = [part.sealed() for part in parts_of(recipe, folder / "DATA")]
    work = Work.beside(folder / "OUT")
    work.root.mkdir()
    stage_parts(parts, work)
    for number, part in enumerate(parts):
        for unit in work.units(number, part):
            build_shard(part, unit, work, strict=False)
    assemble(Assembly(recipe, digest, parts, "t4s build example.toml --data-root DATA --out OUT"), work)
    put_corpus_in_place(work, folder / "OUT", force=False)
    return folder


@pytest.fixture(autouse=True)
def _examples_have_data(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a docstring that names `DATA` or `OUT` where they are."""
    if isinstance(request.node, pytest.DoctestItem):
        examples = "".join(example.source for example in request.node.dtest.examples)
        if '"DATA"' in examples or '"OUT"' in examples:
            monkeypatch.chdir(request.getfixturevalue("example_folder"))
