"""The built site."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from docs.generate.blocks import CHECKOUT


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The documentation as `make docs` builds it, strictly; read only."""
    pytest.importorskip("zensical", reason="the extra docs is not installed")
    folder = tmp_path_factory.mktemp("site")
    config = (CHECKOUT / "mkdocs.yml").read_text(encoding="utf-8")
    (folder / "mkdocs.yml").write_text(config.replace("paths: [.]", f"paths: [{CHECKOUT}]"), encoding="utf-8")
    run = [sys.executable, "-m"]
    subprocess.run([*run, "docs.generate", str(folder / ".docs")], cwd=CHECKOUT, check=True)
    built = subprocess.run(
        [*run, "zensical", "build", "--strict"], cwd=folder, capture_output=True, text=True, timeout=200, check=False
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return folder / "site"
