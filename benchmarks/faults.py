"""Faults while a corpus is built: killed workers and drivers, a full disk, no permission, inputs that change.

    python benchmarks/faults.py [--moments 50] [--seed 0] [--only kills,disk,permissions,inputs]

After each fault the same command runs again and has to give the very bytes of a build that nobody disturbed. Nothing
may stand at OUT in between, no process of a build may be left over, no wait may pass 30 seconds. A line is printed
for each fault, a table at the end; the exit code is 1 if one of the promises was broken. Moments are drawn from a
seed, uniformly over the time of an undisturbed build. Full disks are small tmpfs mounts where this process may
mount, else files of a limited size; permissions need root, who gives them up.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import psutil

from t4s_data.synthetic.generate import write_world

LONGEST_WAIT = 30.0
MARK = "T4S_FAULTS"
NOBODY = 65534
RECIPE = """
name = "faults"
quarantine.max_share = 1.0
[images]
mode = "path"
[[source]]
name = "refcoco"
repeat = 2
[[source]]
name = "refcocog"
[[source]]
name = "muse"
[[source]]
name = "coco-panoptic"
"""
SOURCES = ["refcoco", "refcocog", "muse", "coco-panoptic"]
TARGETS = ("worker", "driver", "all", "SIGTERM", "SIGINT")


@dataclass
class Scene:
    """A world, a recipe, and what an undisturbed build gives: its files' digests and its seconds by workers."""

    root: Path
    mark: str
    whole: dict[str, str] = field(default_factory=dict)
    seconds: dict[int, float] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    longest: float = 0.0
    faults: int = 0
    equal: int = 0

    @property
    def data(self) -> Path:
        return self.root / "data"

    def command(self, out: Path, workers: int) -> list[str]:
        words = ["build", self.root / "recipe.toml", "--data-root", self.data, "--out", out, "--workers", workers]
        return [sys.executable, "-m", "pipelines.cli", *map(str, words)]

    def start(self, out: Path, workers: int, **more: object) -> subprocess.Popen[str]:
        environment = {**os.environ, MARK: self.mark}
        return subprocess.Popen(
            self.command(out, workers),
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            **more,  # type: ignore[call-overload]
        )

    def breach(self, what: str) -> None:
        self.broken.append(what)
        print(f"BROKEN: {what}")

    def wait(
        self, process: subprocess.Popen[str], what: str, limit: float, *, counted: bool = False
    ) -> tuple[int, str]:
        """Exit code and words of a build that has to end by itself; its time is a wait only if it was hit."""
        start = time.perf_counter()
        try:
            said = process.communicate(timeout=limit)[1]
        except subprocess.TimeoutExpired:
            process.kill()
            said = process.communicate()[1]
            self.breach(f"{what}: no end in {limit:.0f} s")
        if counted:
            self.longest = max(self.longest, time.perf_counter() - start)
        return process.returncode, said

    def check_alone(self, what: str) -> None:
        """No process of a build is left over."""
        end = time.perf_counter() + 5
        while (left := self.processes()) and time.perf_counter() < end:
            time.sleep(0.1)
        if left:
            self.breach(f"{what}: left over: {[' '.join(process.cmdline()[:6]) for process in left]}")
            for process in left:
                with suppress(psutil.NoSuchProcess):
                    process.kill()

    def processes(self) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                is_ours = process.environ().get(MARK) == self.mark and process.status() != psutil.STATUS_ZOMBIE
                if is_ours and process.pid != os.getpid():
                    found.append(process)
        return found

    def check_again(self, out: Path, workers: int, what: str, **more: object) -> None:
        """The same command ends well and gives the same bytes."""
        self.faults += 1
        again = 6 * self.seconds[workers] + 60
        code, said = self.wait_rerun(out, workers, again, **more)
        if code != 0:
            self.breach(f"{what}: the rerun ended with {code}: {said.strip()[-300:]}")
        elif (found := digests(out)) != self.whole:
            differ = sorted(
                name for name in found.keys() | self.whole.keys() if found.get(name) != self.whole.get(name)
            )
            self.breach(f"{what}: other bytes in {differ[:5]}")
        else:
            self.equal += 1
        self.check_alone(f"{what}, rerun")
        shutil.rmtree(out, ignore_errors=True)
        shutil.rmtree(out.with_name(out.name + ".work"), ignore_errors=True)

    def wait_rerun(self, out: Path, workers: int, limit: float, **more: object) -> tuple[int, str]:
        if out.exists() and digests(out) == self.whole:
            return 0, ""
        process = self.start(out, workers, **more)
        try:
            said = process.communicate(timeout=limit)[1]
            return process.returncode, said
        except subprocess.TimeoutExpired:
            process.kill()
            return -1, f"no end in {limit:.0f} s: {process.communicate()[1]}"

    def check_nothing_there(self, out: Path, what: str) -> None:
        if out.exists() and digests(out) != self.whole:
            self.breach(f"{what}: something that is no whole corpus stands at OUT")


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for name in READ for path in scene.data.rglob(name))
    for number in range(max(6, moments // 5)):
        workers, path = 1 + number % 2, chance.choice(files)
        how = chance.choice(sorted(CHANGES))
        moment = chance.uniform(0, scene.seconds[workers])
        what = f"input {number}: {path.name} {how} at {moment:.1f} s, {workers} worker(s)"
        status, data = path.stat(), path.read_bytes()
        out = scene.root / "out"
        process = scene.start(out, workers)
        with suppress(subprocess.TimeoutExpired):
            process.wait(moment)
        missed = process.poll() is not None
        CHANGES[how](path, data)
        code, said = scene.wait(process, what, 6 * scene.seconds[workers] + 60)
        print(f"{what}: {'missed, ' if missed else ''}exit code {code}{last_line(said)}", flush=True)
        if code and ("Traceback" in said or "--debug shows where" in said):
            scene.breach(f"{what}: {said.strip()[-300:]}")
        if code == 0 and not missed and not honest(out, scene.data, path, data):
            scene.breach(f"{what}: the digest in build.json is of no version of the file")
        path.write_bytes(data)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        scene.check_alone(what)
        if out.exists() and digests(out) != scene.whole:
            shutil.rmtree(out)
        scene.check_again(out, workers, what)


def honest(out: Path, data_root: Path, path: Path, before: bytes) -> bool:
    """Whether the digest of the record is that of the file as it was before, with the rows of that, or as it is."""
    import json

    name = path.relative_to(data_root).as_posix()
    record = json.loads((out / "build.json").read_text())
    said = {one["path"]: one["sha256"] for one in record["inputs"]}.get(name)
    after = path.read_bytes() if path.exists() else b""
    return said in {None, sha256(before).hexdigest(), sha256(after).hexdigest()}


def swapped(path: Path, data: bytes) -> None:
    """As many bytes, another content, the same times: what size and time alone do not tell."""
    status = path.stat()
    middle = len(data) // 2
    path.write_bytes(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


CHANGES: dict[str, Callable[[Path, bytes], object]] = {
    "cut": lambda path, data: path.write_bytes(data[: len(data) // 2]),
    "removed": lambda path, _: path.unlink(),
    "written anew": lambda path, data: path.write_bytes(data),
    "longer": lambda path, data: path.write_bytes(data + b" "),
    "swapped": swapped,
}


if __name__ == "__main__":
    main()
