"""The first rows of every source, as a file that is reviewed like code.

`python tests/test_golden.py` writes the file again.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from t4s_data.build.blocks import read_block
from t4s_data.build.rows import RowMaker
from t4s_data.build.steps import stage_parts
from t4s_data.build.work import Work
from t4s_data.corpus.row import Row
from t4s_data.recipe.files import find_recipe, read_recipe
from t4s_data.recipe.parts import parts_of
from t4s_data.recipe.spec import Recipe
from t4s_data.sample import Reject
from t4s_data.synthetic.generate import write_world

GOLDEN = Path(__file__).parent / "golden" / "rows.json"
ROWS = 2
OWN = [{"name": "coco-instances", "splits": ["train2017"]}, {"name": "mask-folder"}]


def first_rows(folder: Path) -> list[dict[str, Any]]:
    """The first rows of each source of the whole mixture and of a user's own masks."""
    write_world(folder, scale=0.0003)
    whole, _ = read_recipe(find_recipe("text4seg-pp"))
    own = Recipe.model_validate({"name": "own", "source": OWN})
    return [row for recipe in (whole, own) for part in parts_of(recipe, folder) for row in part_rows(part, folder)]


def part_rows(part: Any, folder: Path) -> list[dict[str, Any]]:
    work = Work(folder / "work")
    stage_parts([part], work)
    source, maker = part.open(), RowMaker(part, 0)
    rows: list[Row] = []
    for item in read_block(work.blocks(part) / "00000.jsonl.zst"):
        samples = [] if isinstance(item, Reject) else source.samples(item)
        rows += [maker.make(sample)[0] for sample in samples if not isinstance(sample, Reject)]
        if len(rows) >= ROWS:
            break
    return msgspec.to_builtins(rows[:ROWS])


def text_of(rows: list[dict[str, Any]]) -> str:
    return json.dumps(rows, indent=1, ensure_ascii=False) + "\n"


def test_the_first_rows_of_every_source_are_those_that_were_reviewed(tmp_path: Path):
    assert first_rows(tmp_path) == json.loads(GOLDEN.read_text(encoding="utf-8"))


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as temporary:
        GOLDEN.write_text(text_of(first_rows(Path(temporary))), encoding="utf-8")
