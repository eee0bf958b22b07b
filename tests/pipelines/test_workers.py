"""Processes: only workers are watched, a killed one ends the build soon, and none outlives the command."""

from __future__ import annotations

import errno
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from pipelines import runners
from pipelines.runners import run
from pipelines.transforms import _kept
from pipelines.workers import LocalWorkers
from t4s_data.build.work import Work
from t4s_data.corpus.folder import check_free
from t4s_data.errors import CorpusError, DataError, WorkerError
from t4s_data.synthetic.generate import write_world

RECIPE = """
name = "long"
[images]
mode = "path"
[[source]]
name = "refcoco"
repeat = 40
[[source]]
name = "refclef"
split_by = "berkeley"
"""


class Pipeline:
    """Runs for a while."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def run(self) -> Pipeline:
        time.sleep(self._seconds)
        return self

    def wait_until_finish(self) -> None:
        pass


def test_a_child_that_is_no_worker_may_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(runners, "GRACE_SECONDS", 0.1)
    children: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        if not children:
            # As an import may start `ldconfig`; nobody waits for it, so that it stays as a zombie.
            children.append(subprocess.Popen(["sleep", "0.3"]))

    run(Pipeline(1.5), LocalWorkers(tmp_path / "log"), start)
    children[0].wait()


def test_a_worker_that_was_gone_before_anybody_looked_is_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(runners, "GRACE_SECONDS", 0.1)
    local = LocalWorkers(tmp_path / "log")
    started = subprocess.run(local.command().replace(sys.executable, "false"), shell=True, check=False)
    assert started.returncode
    with pytest.raises(WorkerError, match=r"worker process \d+ died.*log"):
        run(Pipeline(30), local, lambda: None)


def test_ids_of_an_earlier_run_are_forgotten(tmp_path: Path):
    LocalWorkers(tmp_path / "log").ids.write_text("1\n")
    local = LocalWorkers(tmp_path / "log")
    local.command()
    assert local.dead() is None
    assert not local.ids.exists()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data root whose build takes long enough to be met at work."""
    root = tmp_path_factory.mktemp("data")
    write_world(root, scale=0.05, sources=["refcoco", "refclef"], images=False)
    return root


@pytest.fixture
def start(data: Path, tmp_path: Path) -> Iterator[Callable[[int], psutil.Process]]:
    """Starts a build of so many workers, which is over when the test is."""
    started: list[psutil.Popen] = []

    def build(workers: int) -> psutil.Process:
        (tmp_path / "long.toml").write_text(RECIPE)
        command = ["build", tmp_path / "long.toml", "--data-root", data, "--out", tmp_path / "corpus"]
        words = [*map(str, command), "--workers", str(workers)]
        started.append(psutil.Popen([sys.executable, "-m", "pipelines.cli", *words], stderr=subprocess.PIPE, text=True))
        return started[0]

    yield build
    if started[0].poll() is None:
        started[0].kill()
        started[0].wait()


def _at_work(process: psutil.Process, count: int) -> list[psutil.Process]:
    """The workers of a build once they have something to do."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = [child for child in process.children() if "pipelines.worker" in child.cmdline()]
        if len(found) == count and all(child.cpu_times().user > 1.5 for child in found):
            return found
        time.sleep(0.05)
    raise AssertionError("no workers were started")


def test_a_worker_that_dies_ends_the_build_with_a_plain_error(start: Callable[[int], psutil.Popen], tmp_path: Path):
    process = start(2)
    _at_work(process, 2)[0].kill()
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "worker process" in errors
    assert "Traceback" not in errors
    assert not (tmp_path / "corpus").exists()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_no_worker_outlives_the_command(number: signal.Signals, start: Callable[[int], psutil.Popen]):
    process = start(2)
    workers = _at_work(process, 2)
    process.send_signal(number)
    process.communicate(timeout=30)
    gone, alive = psutil.wait_procs(workers, timeout=5)
    assert not alive
    assert len(gone) == 2


@pytest.mark.parametrize("workers", [1, 2])
def test_being_terminated_is_being_interrupted(workers: int, start: Callable[[int], psutil.Popen], tmp_path: Path):
    process = start(workers)
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("corpus.work/parts/*/blocks")) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "t4s: error: interrupted; what is done is kept" in errors
    assert list(tmp_path.glob("corpus.work/parts/*"))


def test_an_error_of_the_disk_names_a_path(tmp_path: Path):
    work = Work(tmp_path / "corpus.work")
    with pytest.raises(DataError, match=r"corpus\.work: No space left on device; what is done is kept"), _kept(work):
        raise OSError(errno.ENOSPC, "No space left on device")
    kept = work.failure()
    assert kept is not None
    assert "corpus.work" in kept[1]


def test_an_out_that_is_a_link_is_refused_before_any_work(tmp_path: Path):
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "real")
    with pytest.raises(CorpusError, match="is a link"):
        check_free(tmp_path / "out", force=False)
