"""A good corpus to tell lies about, and how a thorough liar tells them: with checksums and build record made to fit."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from t4s_data.corpus.folder import BUILD, write_checksums
from t4s_data.reading.opening import sha256_of

Row = dict[str, Any]


class Liar:
    """Changes a corpus and everything that would give the change away by a digest alone."""

    def __init__(self, corpus: Path) -> None:
        self.corpus = corpus

    def shards(self, source: str) -> list[str]:
        return sorted(path.relative_to(self.corpus).as_posix() for path in self.corpus.glob(f"data/{source}/*.parquet"))

    def rows(self, shard: str) -> list[Row]:
        return pq.read_table(self.corpus / shard).to_pylist()

    def change(self, source: str, wanted: Callable[[Row], bool], lie: Callable[[Row], None]) -> tuple[str, int, str]:
        """Tell the lie about the first row that is wanted; its shard, number and id from before."""
        for shard in self.shards(source):
            rows = self.rows(shard)
            for number, row in enumerate(rows):
                if wanted(row):
                    row_id = row["id"]
                    lie(row)
                    self.write(shard, rows)
                    return shard, number, row_id
        raise AssertionError(f"no row of {source} is as the lie wants it")

    def write(self, shard: str, rows: list[Row]) -> None:
        """Write a shard with the schema that it had, and say so in the build record."""
        schema = pq.read_schema(self.corpus / shard)
        pq.write_table(pa.Table.from_pylist(rows, schema), self.corpus / shard)
        self.admit(shard)

    def admit(self, shard: str) -> None:
        """Make digest and size of a shard in the build record those of the file."""
        path = self.corpus / shard

        def fit(record: Row) -> None:
            for account in record["accounts"]:
                for one in account["shards"]:
                    if one["name"] == shard:
                        one |= {"sha256": sha256_of(path), "bytes": path.stat().st_size}

        self.record(fit)

    def record(self, change: Callable[[Row], None]) -> None:
        """Change the build record, and the checksums with it."""
        path = self.corpus / BUILD
        found = json.loads(path.read_text())
        change(found)
        path.write_text(json.dumps(found, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
        write_checksums(self.corpus)


@pytest.fixture
def liar(own_corpus: Path) -> Liar:
    """Lies about a corpus with embedded images and box-wise descriptors."""
    return Liar(own_corpus)


@pytest.fixture(scope="session")
def path_corpus(build_corpus: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of image-wise descriptors whose images are paths; read only."""
    return build_corpus(tmp_path_factory.mktemp("paths") / "small", codec='name = "isd"', mode="path")


@pytest.fixture
def path_liar(path_corpus: Path, tmp_path: Path) -> Liar:
    return Liar(Path(shutil.copytree(path_corpus, tmp_path / "corpus")))
