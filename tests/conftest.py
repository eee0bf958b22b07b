"""Fixtures shared by all tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from t4s_data.synthetic import write_world

SHARED = Path(__file__).resolve().parents[2] / "shared"

settings.register_profile("ci", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci")


def _shared(name: str) -> Path:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{name} is not beside this checkout")
    return path


@pytest.fixture(scope="session")
def real() -> Path:
    """The folder of small real files, laid out like a data root."""
    return _shared("real")


@pytest.fixture(scope="session")
def spec() -> Path:
    """The folder with the independent test vectors."""
    return _shared("spec")


REFER_SOURCES = ("refcoco", "refcoco+", "refcocog", "refclef", "rrsis-d")


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data root with the synthetic world of the sources in the `refer` layout; read only."""
    root = tmp_path_factory.mktemp("world")
    write_world(root, scale=0.0005, seed=0, sources=REFER_SOURCES)
    return root
