from __future__ import annotations

import io
import subprocess
import sys
import weakref
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq
import pytest
from datasets import Dataset
from msgspec.structs import asdict, replace
from PIL import Image

from t4s_data.corpus import shards as parquet
from t4s_data.corpus.row import Row, RowImage, RowRegion, features
from t4s_data.corpus.shards import write_shard
from t4s_data.sample import Turn

REPO = Path(__file__).resolve().parents[2]


def png(color: str, side: int = 4) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (side, side), color).save(file, "PNG")
    return file.getvalue()


def make_row(number: int, *, image: RowImage | None = None, text: str = "") -> Row:
    return Row(
        id=f"refcoco+/unc-train/{number}#0",
        source="refcoco+",
        split="train",
        task="referring-segmentation",
        images=[image] if image else [],
        width=4 if image else None,
        height=4 if image else None,
        messages=[Turn("user", f"<image>\nWhere is {number}?"), Turn("assistant", text)],
        regions=[RowRegion("a dog", [0, 0, 3, 1], "05", 4, number % 2 == 0)] * (number % 3),
        codec="bsd-64",
        descriptor_tokens=number,
        answer_tokens=number,
        total_tokens=number,
        image_id=str(number),
        license=None,
    )


def plain(rows: list[Row]) -> list[dict[str, Any]]:
    """The rows as a reader that knows none of our types sees them."""
    return msgspec.to_builtins(rows, builtin_types=(bytes,))


def path_rows(count: int) -> list[Row]:
    return [make_row(n, image=RowImage(f"coco/{n}.jpg"), text="<seg>x</seg>" * n) for n in range(count)]


def embedded_rows(count: int) -> list[Row]:
    colors = ["red", "lime", "blue"]
    return [make_row(n, image=RowImage(f"{n}.png", png(colors[n % 3]))) for n in range(count)]


@pytest.mark.parametrize(("rows", "embed"), [(path_rows(5), False), (embedded_rows(5), True), ([], False)])
def test_reads_back_what_was_written(rows: list[Row], embed: bool, tmp_path: Path) -> None:
    stats = write_shard(tmp_path / "a" / "x.parquet", rows, embed=embed)
    assert pq.read_table(tmp_path / "a" / "x.parquet").to_pylist() == plain(rows)
    assert stats.rows == len(rows)
    assert stats.bytes == (tmp_path / "a" / "x.parquet").stat().st_size


@pytest.mark.parametrize(("rows", "embed"), [(path_rows(7), False), (embedded_rows(7), True)])
def test_has_the_settings_of_the_datasets_library(rows: list[Row], embed: bool, tmp_path: Path) -> None:
    write_shard(tmp_path / "ours.parquet", rows, embed=embed)
    Dataset.from_list(plain(rows), features=features(embed=embed)).to_parquet(tmp_path / "theirs.parquet")
    ours, theirs = (pq.read_metadata(tmp_path / name) for name in ("ours.parquet", "theirs.parquet"))
    assert ours.metadata == theirs.metadata
    assert ours.schema.to_arrow_schema().equals(theirs.schema.to_arrow_schema(), check_metadata=True)
    assert ours.num_columns == theirs.num_columns
    for column in range(ours.num_columns):
        one, other = (file.row_group(0).column(column) for file in (ours, theirs))
        for setting in ("path_in_schema", "compression", "encodings", "has_dictionary_page", "has_column_index"):
            assert getattr(one, setting) == getattr(other, setting)
        assert one.has_offset_index


def test_bytes_do_not_depend_on_how_rows_arrive(tmp_path: Path) -> None:
    rows = path_rows(30)
    first = write_shard(tmp_path / "x.parquet", rows, embed=False)
    assert write_shard(tmp_path / "y.parquet", iter(rows), embed=False) == first
    assert (tmp_path / "x.parquet").read_bytes() == (tmp_path / "y.parquet").read_bytes()


def test_row_groups_are_bounded_and_keep_the_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datasets.config.MAX_ROW_GROUP_SIZE", "100KB")
    monkeypatch.setattr(parquet, "BATCH_BYTES", 20_000)
    rows = [make_row(n, text=str(n) * 3000) for n in range(200)]
    write_shard(tmp_path / "x.parquet", rows, embed=False)
    file = pq.ParquetFile(tmp_path / "x.parquet")
    groups = [file.read_row_group(group) for group in range(file.num_row_groups)]
    assert len(groups) > 2
    assert max(group.nbytes for group in groups) <= 110_000
    assert [row["id"] for group in groups for row in group.to_pylist()] == [row.id for row in rows]


def test_rows_are_taken_as_they_are_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alive: set[int] = set()
    most = 0

    class Watched(Row, weakref=True):
        pass

    def stream() -> Any:
        nonlocal most
        for number in range(300):
            row = Watched(**asdict(make_row(number)))
            alive.add(number)
            weakref.finalize(row, alive.discard, number)
            most = max(most, len(alive))
            yield row

    monkeypatch.setattr(parquet, "BATCH_ROWS", 10)
    write_shard(tmp_path / "x.parquet", stream(), embed=False)
    assert most <= 25


def test_an_error_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    target = tmp_path / "x.parquet"
    target.write_bytes(b"old")

    def broken() -> Any:
        yield make_row(1)
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        write_shard(target, broken(), embed=False)
    assert [path.name for path in tmp_path.iterdir()] == ["x.parquet"]
    assert target.read_bytes() == b"old"


def test_a_value_that_does_not_fit_its_column_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="int"):
        write_shard(tmp_path / "x.parquet", [replace(make_row(1), width=2**40)], embed=False)
    assert list(tmp_path.iterdir()) == []


def test_the_hash_seed_does_not_matter(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; sys.path.insert(0, 'tests/corpus'); import test_shards as t;"
        "print(t.write_shard(Path(sys.argv[1]), t.path_rows(9), embed=False).sha256)"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / seed)],
            env={"PYTHONHASHSEED": seed, "PATH": "", "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
            cwd=REPO,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1
