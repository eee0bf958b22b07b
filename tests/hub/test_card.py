from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import datasets
import msgspec
import pytest
import yaml
from PIL import Image

from t4s_data.corpus.record import Account, Build, Shard, TokenSums, Totals
from t4s_data.corpus.row import Row, features
from t4s_data.corpus.shards import write_shard
from t4s_data.errors import DataError
from t4s_data.hub.card import CardFacts, card_data, check_metadata, render_card
from t4s_data.manifest.names import TaskName
from t4s_data.manifest.source import LicenseText, Manifest, PaperRow
from t4s_data.recipe.spec import ImagesSpec, Recipe, SourceSpec

TASK = "referring-segmentation"
# Corpus split and rows of each shard, by source: a name with a sign that patterns could stumble over, and
# splits whose names begin alike.
LAYOUT = {"refcoco+": {"train": (3, 2), "val": (2,)}, "rrsis-d": {"train": (1,), "train_small": (4,)}}


def png(color: tuple[int, int, int]) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (6, 5), color).save(file, "PNG")
    return file.getvalue()


def make_row(source: str, split: str, number: int, *, embed: bool) -> dict[str, Any]:
    image = {"path": f"images/{number}.png", "bytes": png((number, 0, 0)) if embed else None}
    return {
        "id": f"{source}/{split}/{number}#0",
        "source": source,
        "split": split,
        "task": TASK,
        "images": [image],
        "width": 6,
        "height": 5,
        "messages": [{"role": "user", "content": "<image>\nWhere?"}, {"role": "assistant", "content": "<seg></seg>"}],
        "regions": [{"label": "it", "box": [0, 0, 1, 1], "rle": "0", "area": 1, "rescued": False}],
        "codec": "bsd-64",
        "descriptor_tokens": 2,
        "answer_tokens": 2,
        "total_tokens": 5,
        "image_id": str(number),
        "license": None,
    }


def write_account(folder: Path, source: str, split: str, sizes: tuple[int, ...], *, embed: bool) -> Account:
    shards = []
    first = 0
    for index, size in enumerate(sizes):
        name = f"data/{source}/{split}-{index:05d}-of-{len(sizes):05d}.parquet"
        rows = [make_row(source, split, first + n, embed=embed) for n in range(size)]
        stats = write_shard(folder / name, msgspec.convert(rows, list[Row]), embed=embed)
        figures = {"bytes": stats.bytes, "data_bytes": stats.data_bytes, "sha256": stats.sha256}
        shards.append(Shard(name=name, rows=size, **figures))
        first += size
    return Account(
        source=source,
        split=split,
        as_split=split,
        codec="bsd-64",
        read=first + 1,
        used=first,
        quarantined={"no-mask": 1},
        rows=first,
        tasks={TASK: first},
        regions=first,
        tokens=TokenSums(descriptor=2 * first, answer=2 * first, total=5 * first),
        shards=tuple(shards),
    )


def manifest(name: Any, spdx: str | None = "CC-BY-4.0", url: str | None = None) -> Manifest:
    tasks: dict[TaskName, float] = {TASK: 1}
    return Manifest(
        name=name,
        title=f"The | {name}",
        layout="refer",
        root="refer_seg",
        files={},
        other_splits=True,
        tasks=tasks,
        get="somewhere",
        license_annotations=LicenseText(text="as stated", spdx=spdx, url=url),
        license_images=LicenseText(text="as stated", spdx=spdx),
        citation=f"@article{{shared}}\n@article{{{name}}}",
        paper=PaperRow(row="family", images=1000, samples=5000, rule="a rule", status="open"),
    )


def write_corpus(folder: Path, *, embed: bool) -> CardFacts:
    accounts = tuple(
        write_account(folder, source, split, sizes, embed=embed)
        for source, splits in LAYOUT.items()
        for split, sizes in splits.items()
    )
    build = Build(
        recipe=Recipe(
            name="tiny",
            images=ImagesSpec(mode="embed" if embed else "path"),
            source=[SourceSpec(name=name, splits=list(splits)) for name, splits in LAYOUT.items()],
        ),
        command="t4s build tiny.toml --seed 3",
        code="9.9",
        seed=3,
        tokenizer="qwen2",
        libraries={},
        accounts=accounts,
        totals=Totals.of(accounts),
    )
    facts = CardFacts(build, {name: manifest(name) for name in LAYOUT})
    (folder / "README.md").write_text(render_card(facts), encoding="utf-8")
    return facts


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    yield
    datasets.disable_progress_bars()


def expected_ids(source: str | None, split: str) -> list[str]:
    names = [name for name in sorted(LAYOUT) if source in (None, name)]
    return [f"{name}/{split}/{n}#0" for name in names for n in range(sum(LAYOUT[name].get(split, ())))]


CONFIGS = [(None, "train"), (None, "val"), (None, "train_small"), ("refcoco+", "train"), ("rrsis-d", "train_small")]


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("embed", [False, True])
def test_loads_by_config_and_split(embed: bool, streaming: bool, offline: None, tmp_path: Path) -> None:
    write_corpus(tmp_path / "out", embed=embed)
    for source, split in CONFIGS:
        rows = datasets.load_dataset(str(tmp_path / "out"), source, split=split, streaming=streaming)
        assert rows.features == features(embed=embed)
        found = list(rows)
        assert sorted(row["id"] for row in found) == sorted(expected_ids(source, split))
        for row in found:
            number = int(row["image_id"])
            if embed:
                assert row["images"][0].getpixel((0, 0)) == (number, 0, 0)
            else:
                assert row["images"] == [{"path": f"images/{number}.png", "bytes": None}]


def snippets(text: str) -> list[str]:
    return [textwrap.dedent(code) for code in re.findall(r"```python\n(.*?)```", text, re.S)]


def test_the_snippets_of_the_card_run(offline: None, tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_corpus(out, embed=False)
    (tmp_path / "images").mkdir()
    for n in range(5):
        (tmp_path / "images" / f"{n}.png").write_bytes(png((n, 0, 0)))
    load, decode = snippets((out / "README.md").read_text(encoding="utf-8"))
    names: dict[str, Any] = {}
    for code in (load, decode):
        exec(
            code.replace("path/or/repo-id/of/this/corpus", str(out)).replace("path/of/the/images", str(tmp_path)), names
        )
    assert [row["id"] for row in names["one_source"]] == expected_ids("refcoco+", "train")
    assert len(list(names["streamed"])) == len(names["everything"]) == len(names["rows"])
    for row in names["rows"]:
        assert row["images"][0].getpixel((0, 0)) == (int(row["image_id"]), 0, 0)


def test_metadata_is_true(tmp_path: Path) -> None:
    facts = write_corpus(tmp_path, embed=False)
    head = yaml.safe_load((tmp_path / "README.md").read_text(encoding="utf-8").split("---\n")[1])
    assert {config["config_name"] for config in head["configs"]} == {"default", *LAYOUT}
    infos = {info["config_name"]: info for info in head["dataset_info"]}
    for source, splits in LAYOUT.items():
        assert {s["name"]: s["num_examples"] for s in infos[source]["splits"]} == {k: sum(v) for k, v in splits.items()}
    files = list((tmp_path / "data").rglob("*.parquet"))
    assert infos["default"]["download_size"] == sum(path.stat().st_size for path in files)
    assert infos["default"]["dataset_size"] == sum(s["num_bytes"] for s in infos["default"]["splits"])
    assert head["size_categories"] == ["n<1K"]
    assert head["license"] == "cc-by-4.0"
    assert facts.build.totals.rows == sum(s["num_examples"] for s in infos["default"]["splits"])


def test_sources_with_several_licenses_make_other(tmp_path: Path) -> None:
    facts = write_corpus(tmp_path, embed=False)
    mixed = {"refcoco+": manifest("refcoco+"), "rrsis-d": manifest("rrsis-d", spdx=None)}
    data = card_data(CardFacts(facts.build, mixed)).to_dict()
    assert data["license"] == "other"
    check_metadata(data)


def test_text_has_the_figures(tmp_path: Path) -> None:
    write_corpus(tmp_path, embed=True)
    text = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "| **all** | | 16 | 12 | 4 | 0 | 12 |" in text
    assert "| family | 5,000 | 6 | a rule (open) |" in text  # train rows of both sources, val and others left out
    assert "| refcoco+ | val | `no-mask` | the annotation has no segmentation | 1 |" in text
    assert "t4s build tiny.toml --seed 3" in text
    assert "t4s-data 9.9" in text
    assert text.count("@article{shared}") == 1
    assert "The \\| refcoco+" in text
    assert "Two lines decode them" not in text


def test_tables_are_whole(tmp_path: Path) -> None:
    write_corpus(tmp_path, embed=False)
    text = (tmp_path / "README.md").read_text(encoding="utf-8")
    for table in re.findall(r"(?:^\|.*\n)+", text, re.M):
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(widths) == 1
        assert set(table.splitlines()[1]) <= set("|-:")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("task_categories", ["segmentation"]),
        ("license", "CC BY 4.0"),
        ("size_categories", ["1k"]),
        ("language", "English"),
    ],
)
def test_values_that_the_hub_does_not_know_are_refused(field: str, value: Any) -> None:
    with pytest.raises(DataError, match=field):
        check_metadata({field: value})


@pytest.mark.parametrize(("rows", "category"), [(999, "n<1K"), (1000, "1K<n<10K"), (1_857_000, "1M<n<10M")])
def test_size_categories(rows: int, category: str) -> None:
    from datasets.utils.resources import __file__ as resources

    from t4s_data.hub.card import _size_category

    assert _size_category(rows) == category
    assert category in (Path(resources).parent / "size_categories.json").read_text()
