"""Runners by name: which are refused, and that another runner gives the same bytes."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipelines.runners import make_pipeline
from pipelines.workers import LocalWorkers
from t4s_data.errors import CommandError


@pytest.mark.parametrize("runner", ["DaskRunner", "NoSuchRunner"])
def test_a_runner_that_loses_data_or_does_not_exist_is_refused(runner: str, tmp_path: Path):
    with pytest.raises(CommandError, match=runner):
        make_pipeline(runner, workers=1, options={}, local=LocalWorkers(tmp_path / "log"))


@pytest.mark.slow
def test_a_job_service_with_a_worker_pool_gives_the_same_bytes(world: Path, tmp_path: Path):
    service, pool = _free_port(), _free_port()
    portable = [
        "--runner=PortableRunner",
        f"--runner-option=job_endpoint=localhost:{service}",
        "--runner-option=environment_type=EXTERNAL",
        f"--runner-option=environment_config=localhost:{pool}",
    ]
    with (
        _module("apache_beam.runners.portability.local_job_service_main", "--port", service),
        _module("apache_beam.runners.worker.worker_pool_main", "--service_port", pool),
    ):
        for name, options in {"local": [], "portable": portable}.items():
            command = ["build", "demo", "--data-root", world, "--out", tmp_path / name, *options]
            subprocess.run([sys.executable, "-m", "pipelines.cli", *command], check=True, timeout=200)
    assert (tmp_path / "portable/SHA256SUMS").read_text() == (tmp_path / "local/SHA256SUMS").read_text()


@contextmanager
def _module(name: str, option: str, port: int) -> Iterator[None]:
    # The pool starts its workers as `python`, which must be this one.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    process = subprocess.Popen([sys.executable, "-m", name, option, str(port)], env={**os.environ, "PATH": path})
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as server:
        server.bind(("localhost", 0))
        return server.getsockname()[1]
