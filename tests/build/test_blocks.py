"""Blocks: what goes in comes out, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from t4s_data.build import blocks as staging
from t4s_data.build.blocks import read_block, read_index, write_blocks
from t4s_data.sample import Entry, Reject
from t4s_data.sources.entries import within, without_repeats

ITEMS = [
    Entry(("1-1", "1-2"), {"text": "a \u2028 b", "polygons": [[1.5, 2]]}, "images/1.jpg"),
    Reject("2", "no-texts", "nothing"),
    Entry(("3",), None),
]


def test_blocks_give_back_the_items_in_order(tmp_path: Path):
    blocks = write_blocks(ITEMS, tmp_path / "blocks")
    assert [block.records for block in blocks] == [4]
    assert list(read_block(tmp_path / "blocks" / blocks[0].path)) == ITEMS
    assert read_index(tmp_path / "blocks") == blocks


def test_blocks_are_cut_by_records_and_by_image_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(staging, "BLOCK_RECORDS", 2)
    assert [block.records for block in write_blocks(ITEMS, tmp_path / "two")] == [2, 2]
    monkeypatch.setattr(staging, "BLOCK_RECORDS", 100)
    monkeypatch.setattr(staging, "BLOCK_BYTES", 10)
    (tmp_path / "images").mkdir()
    (tmp_path / "images/1.jpg").write_bytes(b"123456")
    assert [block.records for block in write_blocks(ITEMS, tmp_path / "bytes", image_root=tmp_path)] == [2, 2]


def test_a_folder_appears_when_all_of_it_is_written(tmp_path: Path):
    def items():
        yield ITEMS[0]
        raise RuntimeError("the reader broke")

    with pytest.raises(RuntimeError):
        write_blocks(items(), tmp_path / "blocks")
    assert read_index(tmp_path / "blocks") is None
    assert write_blocks(ITEMS, tmp_path / "blocks") == read_index(tmp_path / "blocks")


def test_a_limit_cuts_entries_too():
    assert list(within(ITEMS, 0)) == ITEMS
    assert [item.keys for item in within(ITEMS, 1)] == [("1-1",)]
    assert list(within(ITEMS, 3)) == ITEMS[:2]


def test_every_key_is_used_once():
    again = Entry(("9", "1-2"), {})
    twice = Entry(("5", "5"), {})
    items = list(without_repeats([*ITEMS, again, twice]))
    assert items[:3] == ITEMS
    assert [(item.key, item.reason) for item in items[3:]] == [
        ("9", "duplicate-key"),
        ("1-2", "duplicate-key"),
        ("5", "duplicate-key"),
        ("5", "duplicate-key"),
    ]
