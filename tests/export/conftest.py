"""Two small corpora of the same rows, one with paths and one with embedded images."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pyarrow.parquet as pq
import pytest

REPO = Path(__file__).resolve().parents[2]
SIZES = {("refcoco", "train"): 12, ("llava", "train"): 9, ("refcoco", "val"): 4}


def _benchmark(name: str) -> ModuleType:
    for folder in (REPO / "benchmarks", REPO / "benchmarks/consumers"):
        if str(folder) not in sys.path:
            sys.path.append(str(folder))
    return __import__(name)


@pytest.fixture(scope="session")
def small() -> ModuleType:
    """The module that writes small corpora."""
    return _benchmark("small_corpus")


@pytest.fixture(scope="session")
def corpora(small: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The corpora by image mode."""
    folder = tmp_path_factory.mktemp("corpora")
    return {mode: small.write_corpus(folder / mode, SIZES, embed=mode == "embed") for mode in ("path", "embed")}


@pytest.fixture(scope="session")
def rows(corpora: dict[str, Path]) -> dict[str, list[dict]]:
    """The rows of the corpus with paths, by split, in the order that `datasets.load_dataset` gives them."""
    found: dict[str, list[dict]] = {}
    for source, split in sorted(SIZES):
        path = corpora["path"] / f"data/{source}/{split}-00000-of-00001.parquet"
        found.setdefault(split, []).extend(pq.read_table(path).to_pylist())
    return found


@pytest.fixture(scope="session")
def qwen_json(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tokenizer.json with Qwen2's vocabulary and control tokens."""
    return _benchmark("qwen_folder").write_tokenizer(tmp_path_factory.mktemp("qwen"))
