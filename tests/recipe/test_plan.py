"""Laws of plans: on the full data the standard recipe adds up to the paper's Table I; what is not known is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from pipelines.commands import plan as command
from t4s_data.manifest.shipped import NAMES
from t4s_data.recipe.files import find_recipe, read_recipe
from t4s_data.recipe.parts import parts_of
from t4s_data.recipe.plan import BASES, plan_of, table_rows, total
from t4s_data.recipe.spec import Recipe

TABLE_I = {
    "COCO": 236_000,
    "refCOCO": 439_000,
    "grefCOCO": 209_000,
    "Pix2Cap": 152_000,
    "ReasonSeg": 1_045,
    "MUSE": 230_000,
    "RRSIS_D": 61_000,
    "Earthreason": 71_000,
    "LLaVA-665k": 665_000,
}


def plan(*sources, **keys):
    return plan_of(parts_of(Recipe.model_validate({"name": "x", "source": list(sources), **keys}), Path()))


def shipped(name):
    return plan_of(parts_of(read_recipe(find_recipe(name))[0], Path()))


def test_the_standard_recipe_adds_up_to_table_1():
    rows = table_rows(shipped("text4seg-pp"))
    assert {row.name: row.paper.samples for row in rows} == TABLE_I
    assert all(row.agrees for row in rows)
    assert abs(total(shipped("text4seg-pp")) - sum(TABLE_I.values())) < 1_000 * len(TABLE_I)


def test_counted_sources_come_to_the_products_of_published_counts():
    counted = {line.part.source: line.samples for line in shipped("text4seg-pp") if line.basis == "counted"}
    assert counted == {
        "coco-panoptic": 118_287 * 2,
        "refcoco": 120_624,
        "refcoco+": 120_191,
        "refcocog": 80_512,
        "grefcoco": 120_624 + 69_580 + 19_140,
        "rrsis-d": 12_181 * 5,
        "llava": 665_298,
    }


def test_what_the_paper_leaves_open_is_called_so():
    rows = {row.name: row.basis for row in table_rows(shipped("text4seg-pp"))}
    assert {name for name, basis in rows.items() if basis == "open"} == {"Pix2Cap", "MUSE"}
    assert {name for name, basis in rows.items() if basis == "inferred"} == {"refCOCO", "ReasonSeg", "Earthreason"}


def test_the_share_of_refclef_is_the_paper_s_rest():
    lines = {line.part.source: line for line in shipped("text4seg-pp")}
    assert lines["refclef"].records == 439_000 - 321_327
    assert lines["refclef"].basis == "inferred"


def test_the_earlier_paper_uses_its_referring_data_twice():
    samples = {line.part.source: line.samples for line in shipped("text4seg")}
    assert samples["grefcoco"] == 2 * 209_344
    assert samples["refcoco"] + samples["refcoco+"] + samples["refcocog"] == 2 * 321_327
    assert not any(row.agrees for row in table_rows(shipped("text4seg")) if row.name.endswith("refCOCO"))


@pytest.mark.parametrize(
    "source",
    [
        {"name": "reasonseg"},
        {"name": "reasonseg", "min_texts": 5, "texts_per_image": 4},
        {"name": "earthreason"},
        {"name": "earthreason", "pairs": "zip"},
        {"name": "muse", "splits": ["val"]},
        {"name": "refclef", "split_by": "berkeley"},
        {"name": "mask-folder"},
        {"name": "coco-instances", "splits": ["train2017"]},
    ],
)
def test_what_the_paper_did_not_use_is_unknown_where_no_count_is_published(source):
    (line,) = plan(source)
    assert (line.records, line.samples, line.basis) == (None, None, "unknown")
    assert total([line]) is None


def test_the_written_reasons_change_no_count():
    rule = {"name": "reasonseg", "min_texts": 5, "texts_per_image": 5}
    assert plan(rule | {"explanatory": True})[0].samples == plan(rule)[0].samples == 1_045


def test_parts_of_a_table_share_its_limit():
    lines = plan({"name": "refcoco", "splits": ["val", "testA"], "limit": 12_000, "repeat": 2}, {"name": "refcoco+"})
    assert [line.records for line in lines] == [10_834, 12_000 - 10_834, 120_191]
    assert lines[0].samples == 2 * 10_834


def test_an_unlimited_table_beside_a_limited_one_is_whole():
    assert [line.records for line in plan({"name": "refcoco", "limit": 5}, {"name": "rrsis-d"})] == [5, 12_181]


def test_held_out_splits_are_not_compared_with_the_paper():
    assert table_rows(plan({"name": "refcoco", "splits": ["val"], "as_split": "validation"})) == []


def test_a_part_of_a_row_does_not_agree_with_all_of_it():
    (row,) = table_rows(plan({"name": "refcoco"}))
    assert (row.samples, row.agrees) == (120_624, False)


def test_a_number_that_is_not_rounded_must_be_met_exactly():
    (row,) = table_rows(plan({"name": "reasonseg", "min_texts": 5, "texts_per_image": 5, "limit": 1_044}))
    assert (row.samples, row.agrees) == (1_044, False)


@pytest.mark.parametrize("name", NAMES)
def test_every_source_can_be_planned(name):
    (line,) = plan({"name": name, "splits": ["train2017" if name == "coco-instances" else "train"]})
    assert line.basis in BASES


def run(*arguments):
    app = typer.Typer()
    app.command()(command.plan)
    return CliRunner().invoke(app, list(map(str, arguments)))


def test_the_command_prints_and_writes_the_same_figures(tmp_path):
    result = run("text4seg-pp", "--json", tmp_path / "plan.json")
    assert result.exit_code == 0
    figures = json.loads((tmp_path / "plan.json").read_text())
    assert {row["row"]: row["paper_samples"] for row in figures["table_1"]} == TABLE_I
    assert figures["samples"] == sum(source["samples"] for source in figures["sources"])
    for row in figures["table_1"]:
        assert f"{row['samples']:,}" in result.output
        assert row["paper_rule"].split()[0] in result.output
    assert "taken from it (open)" in result.output


def test_the_command_says_what_it_does_not_know(tmp_path):
    recipe = tmp_path / "mine.toml"
    recipe.write_text('name = "mine"\n[[source]]\nname = "mask-folder"\n')
    result = run(recipe, "--json", tmp_path / "plan.json")
    assert (result.exit_code, json.loads((tmp_path / "plan.json").read_text())["samples"]) == (0, None)
    assert "?" in result.output
