"""Builds, audits and verifications talk to nobody: every connection beyond the loopback is refused and noted."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

GUARD = """
import os, socket, sys

def _guard(event, arguments, note=os.environ.get("T4S_NOTE"), own={"127.0.0.1", "::1", "localhost", "", None}):
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        if isinstance(address, tuple) and address[0] not in own and not str(address[0]).startswith("127."):
            _refuse(event, address, note)
    elif event == "socket.getaddrinfo" and arguments[0] not in own | {b"127.0.0.1", b"localhost"}:
        if arguments[0] != socket.gethostname():
            _refuse(event, arguments[0], note)

def _refuse(event, address, note):
    with open(note, "a") as file:
        file.write(f"{event} {address} {sys.argv}\\n")
    raise ConnectionRefusedError(f"{event}: {address}")

if os.environ.get("T4S_NOTE"):
    with open(os.environ["T4S_NOTE"] + ".alive", "a") as file:
        file.write(f"{os.getpid()}\\n")
    sys.addaudithook(_guard)
"""
SECRETS = {"HF_TOKEN": "hf_secretsecretsecretsecretsecretsecr", "AWS_SECRET_ACCESS_KEY": "secret-of-aws"}


@pytest.fixture
def guarded(tmp_path: Path) -> dict[str, str]:
    """An environment whose every Python process notes and refuses connections beyond the loopback."""
    (tmp_path / "guard").mkdir()
    (tmp_path / "guard/sitecustomize.py").write_text(GUARD)
    home = tmp_path / "home-of-somebody"
    home.mkdir()
    more = {"PYTHONPATH": str(tmp_path / "guard"), "T4S_NOTE": str(tmp_path / "note"), "HOME": str(home), **SECRETS}
    return {**os.environ, **more}


def connect(environment: dict[str, str], host: str) -> int:
    code = f"import socket; socket.create_connection(({host!r}, 9), timeout=1)"
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=False).returncode


def test_the_guard_sees_connections(guarded: dict[str, str], tmp_path: Path):
    assert connect(guarded, "192.0.2.1") == 1
    assert "192.0.2.1" in (tmp_path / "note").read_text()


def test_no_command_connects_and_nothing_of_the_machine_is_written(
    world: Path, guarded: dict[str, str], tmp_path: Path
):
    recipe, out = tmp_path / "r.toml", tmp_path / "out"
    recipe.write_text('name = "alone"\n[images]\nmode = "embed"\n[[source]]\nname = "refcoco"\nlimit = 12\n')
    commands = [
        ["build", recipe, "--data-root", world, "--out", out, "--workers", 2],
        ["audit", out, "--workers", 2],
        ["verify", out, "--workers", 2],
    ]
    for command in commands:
        words = [sys.executable, "-m", "pipelines.cli", *map(str, command)]
        done = subprocess.run(words, env=guarded, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert not (tmp_path / "note").exists(), (tmp_path / "note").read_text()
    alive = set((tmp_path / "note.alive").read_text().split())
    # Three commands and the workers of two of them at least were looked at.
    assert len(alive) >= 7
    written = b"".join(path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file())
    for forbidden in (guarded["HOME"], str(tmp_path), str(world), *SECRETS.values()):
        assert forbidden.encode() not in written, forbidden
