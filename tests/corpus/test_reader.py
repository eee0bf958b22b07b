"""Every struct that rows are read into is part of the row, and reading a row costs no more than it must."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from msgspec.structs import replace

from t4s_data.corpus.reader import find_row, read_shard, rows_by_id, shard_names
from t4s_data.corpus.row import Count, Row, RowImage, columns_of
from t4s_data.errors import CorpusError

Rows = dict[str, Row]


class Small(msgspec.Struct):
    id: str
    images: list[RowImage]
    height: Count | None


class Wrong(msgspec.Struct):
    id: str
    height: str


class Unknown(msgspec.Struct):
    id: str
    depth: int


def first_shard(corpus: Path) -> Path:
    return corpus / shard_names(corpus)[0]


def test_rows_are_read_as_they_stand_in_the_file(corpus: Path, rows: Rows):
    found = [row for name in shard_names(corpus) for row in read_shard(corpus / name, Row, rows=7)]
    assert {row.id: row for row in found} == rows
    assert len(found) == len(rows)


def test_a_view_has_its_columns_and_image_bytes_only_where_they_are_asked_for(corpus: Path, rows: Rows):
    for pictures in (True, False):
        for one in read_shard(first_shard(corpus), Small, pictures=pictures):
            row = rows[one.id]
            images = row.images if pictures else [replace(image, bytes=None) for image in row.images]
            assert (one.images, one.height) == (images, row.height)
    assert any(image.bytes for row in rows.values() for image in row.images)


@pytest.mark.parametrize("kind", [Wrong, Unknown])
def test_a_view_that_is_no_part_of_a_row_is_refused(kind: type[msgspec.Struct]):
    with pytest.raises(TypeError, match=kind.__name__):
        columns_of(kind)


def test_rows_are_found_by_their_ids_in_any_shard(corpus: Path, rows: Rows):
    wanted = list(rows)[::31]
    found = rows_by_id(corpus, [*wanted, "no/such#0"], Small, pictures=False)
    assert found.keys() == set(wanted)
    assert all(found[row_id].height == rows[row_id].height for row_id in wanted)


def test_a_row_of_another_type_is_named_by_file_and_id(own_corpus: Path):
    path = first_shard(own_corpus)
    table = pq.read_table(path)
    place = table.column_names.index("width")
    words = pa.array(["wide"] * table.num_rows)
    pq.write_table(table.set_column(place, "width", words), path)
    first = table.column("id")[0].as_py()
    with pytest.raises(CorpusError, match=f"{path.name}: row '{first}': .*width"):
        list(read_shard(path, Row))


LOOKUP = """
import sys
from pathlib import Path
from t4s_data.corpus.reader import find_row
print(find_row(Path(sys.argv[1]), sys.argv[2]).id)
rooms = {name.split(".")[1] for name in sys.modules if name.startswith("t4s_data.")}
print(*sorted(rooms))
print(*sorted({name.split(".")[0] for name in sys.modules} & {"apache_beam", "datasets", "matplotlib", "pydantic"}))
"""


def test_looking_up_a_row_imports_no_source_reader(corpus: Path, rows: Rows):
    row_id = next(iter(rows))
    done = subprocess.run(
        [sys.executable, "-c", LOOKUP, str(corpus), row_id], capture_output=True, text=True, check=True
    )
    found, rooms, heavy = done.stdout.splitlines()
    assert found == row_id == find_row(corpus, row_id).id
    assert not {"sources", "annotations", "recipe", "conversation", "manifest", "build"} & set(rooms.split())
    assert not {"apache_beam", "datasets", "matplotlib"} & set(heavy.split())
