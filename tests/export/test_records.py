"""Every record of every format against the rules that its trainer's own loader has, and back to the row."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from datasets import Image, List, load_dataset

from t4s_data.export.format import FORMATS
from t4s_data.export.formats import Order, export

ROLES = {"human": "user", "gpt": "assistant"}
Row = dict[str, Any]


@pytest.fixture(scope="module", params=["path", "embed"])
def mode(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def exported(corpora: dict[str, Path], mode: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp(f"exports-{mode}")
    for name, form in FORMATS.items():
        export(Order(corpora[mode], form), folder / name)
    return {name: folder / name for name in FORMATS}


def lines(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def spoken(conversations: list[Row]) -> list[Row]:
    """Speakers and values, and nothing else, as roles and contents; human and gpt take turns, human first."""
    assert all(set(turn) == {"from", "value"} for turn in conversations)
    speakers = [turn["from"] for turn in conversations]
    assert speakers == ["human", "gpt"] * (len(speakers) // 2)
    return [{"role": ROLES[turn["from"]], "content": turn["value"]} for turn in conversations]


def check_places(messages: list[Row], images: list[str]) -> None:
    """Placeholders and images are as many, and the placeholders are the user's."""
    asked = [turn["content"].count("<image>") for turn in messages if turn["role"] == "user"]
    answered = [turn["content"].count("<image>") for turn in messages if turn["role"] == "assistant"]
    assert sum(asked) == len(images)
    assert sum(answered) == 0


def check_images(folder: Path, images: list[str], row: Row, mode: str) -> None:
    assert len(images) == len(row["images"])
    if mode == "path":
        assert images == [image["path"] for image in row["images"]]
    else:
        assert all((folder / image).stat().st_size > 0 for image in images)


def pairs(rows: dict[str, list[Row]], records: dict[str, list[Row]]) -> Iterator[tuple[Row, Row]]:
    """Each row with its record."""
    assert list(rows) == list(records)
    for split, wanted in rows.items():
        yield from zip(wanted, records[split], strict=True)


def read_jsonl(folder: Path, rows: dict[str, list[Row]]) -> dict[str, list[Row]]:
    return {split: lines(folder / f"{split}.jsonl") for split in rows}


def test_ms_swift(exported: dict[str, Path], rows: dict[str, list[Row]], mode: str) -> None:
    for row, record in pairs(rows, read_jsonl(exported["ms-swift"], rows)):
        assert record["messages"] == row["messages"]
        assert set(record) == ({"messages", "images"} if row["images"] else {"messages"})
        check_places(record["messages"], record.get("images", []))
        check_images(exported["ms-swift"], record.get("images", []), row, mode)


def test_llava(exported: dict[str, Path], rows: dict[str, list[Row]], mode: str) -> None:
    arrays = {split: json.loads((exported["llava"] / f"{split}.json").read_bytes()) for split in rows}
    for row, record in pairs(rows, arrays):
        check_one_image(exported["llava"], row, record, mode, more={"id"})
        assert record["id"] == row["id"]


def test_qwen_vl(exported: dict[str, Path], rows: dict[str, list[Row]], mode: str) -> None:
    for row, record in pairs(rows, read_jsonl(exported["qwen-vl"], rows)):
        check_one_image(exported["qwen-vl"], row, record, mode, more=set())


def test_internvl(exported: dict[str, Path], rows: dict[str, list[Row]], mode: str) -> None:
    for row, record in pairs(rows, read_jsonl(exported["internvl"], rows)):
        sized = {"width", "height"} if row["images"] else set()
        check_one_image(exported["internvl"], row, record, mode, more={"id"} | sized)
        assert all(record[side] == row[side] for side in sized)


def check_one_image(folder: Path, row: Row, record: Row, mode: str, *, more: set[str]) -> None:
    """These trainers ask whether there is a key ``image``, so a row without an image must have none."""
    assert set(record) == {"conversations", *more} | ({"image"} if row["images"] else set())
    images = [record["image"]] if "image" in record else []
    messages = spoken(record["conversations"])
    assert messages == row["messages"]
    check_places(messages, images)
    check_images(folder, images, row, mode)


def test_internvl_meta(exported: dict[str, Path], rows: dict[str, list[Row]], mode: str) -> None:
    for split in rows:
        (meta,) = json.loads((exported["internvl"] / f"{split}.meta.json").read_text()).values()
        assert set(meta) == {"root", "annotation", "data_augment", "repeat_time", "length"}
        assert meta["annotation"].endswith("jsonl")
        assert meta["length"] == len(lines(exported["internvl"] / meta["annotation"]))
        assert meta["root"] == ("." if mode == "embed" else "DATA_ROOT")


def test_llama_factory(exported: dict[str, Path], rows: dict[str, list[Row]], mode: str) -> None:
    folder = exported["llama-factory"]
    info = json.loads((folder / "dataset_info.json").read_text())
    assert list(info) == [f"small_{split}" for split in rows]
    for row, record in pairs(rows, {split: lines(folder / info[f"small_{split}"]["file_name"]) for split in rows}):
        entry = info["small_train"]
        assert entry["formatting"] == "sharegpt"
        assert set(record) == set(entry["columns"].values())
        messages = spoken(record[entry["columns"]["messages"]])
        assert messages == row["messages"]
        check_places(messages, record[entry["columns"]["images"]])
        check_images(folder, record["images"], row, mode)


def test_trl(exported: dict[str, Path], rows: dict[str, list[Row]], mode: str) -> None:
    found = load_dataset(str(exported["trl"] / "data"), cache_dir=str(exported["trl"].parent / "cache"))
    assert {name: len(found[name]) for name in found} == {"train": len(rows["train"]), "validation": len(rows["val"])}
    files = {split: exported["trl"] / f"data/{split}-00000-of-00001.parquet" for split in rows}
    for row, record in pairs(rows, {split: pq.read_table(path).to_pylist() for split, path in files.items()}):
        assert set(record) == {"messages", "images"}
        assert [turn["role"] for turn in record["messages"]] == [turn["role"] for turn in row["messages"]]
        for turn, original in zip(record["messages"], row["messages"], strict=True):
            check_parts(turn["content"], original["content"])
        places = [part for turn in record["messages"] for part in turn["content"] if part["type"] == "image"]
        assert len(places) == len(record["images"])
        check_images(exported["trl"], [image["path"] for image in record["images"]], row, mode)
        assert all(image["bytes"] is None for image in record["images"])


def check_parts(parts: list[Row], content: str) -> None:
    """A part is an image or a text; a key ``image`` would make TRL take its image for given, even a null."""
    for part in parts:
        assert set(part) == {"type", "text"}
        assert (part["type"], part["text"] is None) in {("image", True), ("text", False)}
        assert part["text"] != ""
    assert "".join(part["text"] or "<image>\n" for part in parts) == content


def test_trl_images_open_in_the_folder_that_their_paths_start_in(
    exported: dict[str, Path], small: Any, mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = exported["trl"] if mode == "embed" else small.write_images(tmp_path / "data", {("refcoco", "train"): 12})
    monkeypatch.chdir(root)
    found = load_dataset(str(exported["trl"] / "data"), split="train", cache_dir=str(tmp_path / "cache"))
    assert found.features["images"].feature == Image()
    paths = found.cast_column("images", List(Image(decode=False)))["images"]
    first = next(n for n, images in enumerate(paths) if images and (mode == "embed" or "refcoco" in images[0]["path"]))
    assert found[first]["images"][0].size == (small.SIDE, small.SIDE)
    assert found[next(n for n, images in enumerate(paths) if not images)]["images"] == []
