"""One small world for all tests of its layouts."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from t4s_data.synthetic.generate import write_world


class SmallWorld(NamedTuple):
    root: Path
    reports: dict[str, dict[str, Any]]


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> SmallWorld:
    root = tmp_path_factory.mktemp("world")
    return SmallWorld(root, write_world(root, scale=0.0003, seed=3))
