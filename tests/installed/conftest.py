"""The wheel and a plug-in, built and installed as a user would, where the packages of this environment are seen."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from filelock import FileLock

REPO = Path(__file__).resolve().parents[2]
PLUGIN = REPO / "tests" / "plugin"
OWN_PACKAGES = "import sysconfig; print(sysconfig.get_path('purelib'))"


def run_in(folder: Path, *command: object, fails: bool = False) -> subprocess.CompletedProcess[str]:
    """Run a command as from a user's shell: nothing of this checkout is on any path."""
    env = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    words = list(map(str, command))
    done = subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode != 0) == fails, f"{done.args}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of one test run share."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "installed"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def dist(shared: Path) -> Path:
    """A folder with the wheel and the source distribution, the wheel built from the source distribution."""
    folder = shared / "dist"
    with FileLock(shared / "dist.lock"):
        if not folder.exists():
            building = shared / "building"
            run_in(REPO, sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", building)
            unpacked = shared / "unpacked"
            unpacked.mkdir()
            run_in(unpacked, "tar", "xzf", next(building.glob("*.tar.gz")), "--strip-components=1")
            run_in(unpacked, sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", building)
            building.rename(folder)
    return folder


@pytest.fixture(scope="session")
def bare(dist: Path, shared: Path) -> Path:
    """The `bin` of an environment with the wheel, installed without its dependencies."""
    return _environment(shared / "bare", next(dist.glob("*.whl")))


@pytest.fixture(scope="session")
def plugged(dist: Path, shared: Path) -> Path:
    """The `bin` of an environment with the wheel and the plug-in."""
    return _environment(shared / "plugged", next(dist.glob("*.whl")), PLUGIN)


def _environment(folder: Path, *distributions: Path) -> Path:
    binaries = folder / "bin"
    with FileLock(folder.with_suffix(".lock")):
        if not (folder / "complete").exists():
            venv.create(folder, with_pip=True, symlinks=True)
            # What a line of a .pth file names is searched last, and the .pth files there are not read: the editable
            # install of this checkout is not seen.
            own = Path(run_in(folder, binaries / "python", "-c", OWN_PACKAGES).stdout.strip())
            (own / "installed.pth").write_text(sysconfig.get_path("purelib") + "\n")
            pip = [binaries / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            run_in(folder, *pip, "--no-deps", "--no-index", "--no-build-isolation", *distributions)
            (folder / "complete").touch()
    return binaries
