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
    waited: float = 0.0
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
        """Exit code and words of a build that has to end by itself; its time is a wait if it was hit and failed."""
        start = time.perf_counter()
        try:
            said = process.communicate(timeout=limit)[1]
        except subprocess.TimeoutExpired:
            process.kill()
            said = process.communicate()[1]
            self.breach(f"{what}: no end in {limit:.0f} s")
        self.waited = time.perf_counter() - start
        if counted and process.returncode:
            self.longest = max(self.longest, self.waited)
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
            names = found.keys() | self.whole.keys()
            differ = sorted(name for name in names if found.get(name) != self.whole.get(name))
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
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest() for path in files}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moments", type=int, default=50, help="kills, shared by 1 and 2 workers")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="kills,disk,permissions,inputs")
    arguments = parser.parse_args()
    kinds = {"kills": kills, "disk": full_disks, "permissions": permissions, "inputs": inputs}
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # noqa: PTH101
        scene = prepare(Path(folder), f"{os.getpid()}-{arguments.seed}")
        rows = []
        for name in arguments.only.split(","):
            scene.faults = scene.equal = 0
            scene.longest, before = 0.0, len(scene.broken)
            start = time.perf_counter()
            kinds[name](scene, random.Random(f"{arguments.seed} {name}"), arguments.moments)
            rows.append((name, scene.faults, scene.equal, scene.longest, len(scene.broken) - before))
            print(f"{name}: {time.perf_counter() - start:.0f} s")
    print("fault            times  same bytes after one rerun  longest wait  promises broken")
    for name, faults, equal, longest, broken in rows:
        print(f"{name:16} {faults:5}  {equal:26}  {longest:10.1f} s  {broken:15}")
    sys.exit(1 if scene.broken else 0)


def prepare(root: Path, mark: str) -> Scene:
    scene = Scene(root, mark)
    write_world(scene.data, scale=0.0008, sources=SOURCES, images=False)
    (root / "recipe.toml").write_text(RECIPE)
    for workers in (1, 2):
        out = root / f"whole-{workers}"
        start = time.perf_counter()
        process = scene.start(out, workers)
        said = process.communicate()[1]
        scene.seconds[workers] = time.perf_counter() - start
        if process.returncode:
            sys.exit(f"the undisturbed build failed: {said}")
        found = digests(out)
        if scene.whole and found != scene.whole:
            scene.breach("one and two workers give other bytes")
        scene.whole = found
        print(f"undisturbed, {workers} worker(s): {scene.seconds[workers]:.1f} s, {len(found)} files")
    return scene


def kills(scene: Scene, chance: random.Random, moments: int) -> None:
    """Workers, the driver or all are killed, or told to end."""
    for number in range(moments):
        workers = 1 + number % 2
        target = chance.choice(TARGETS if workers == 2 else TARGETS[1:])
        moment = chance.uniform(0, scene.seconds[workers])
        what = f"kill {number}: {target} at {moment:.1f} s, {workers} worker(s)"
        out = scene.root / "out"
        process = scene.start(out, workers)
        with suppress(subprocess.TimeoutExpired):
            process.wait(moment)
        hit = strike(process, target, chance)
        # Without a worker that had done its part a build comes to its end.
        limit = LONGEST_WAIT if hit and target != "worker" else 6 * scene.seconds[workers] + 60
        code, said = scene.wait(process, what, limit, counted=hit)
        if hit and code and scene.waited > LONGEST_WAIT:
            scene.breach(f"{what}: ended after {scene.waited:.0f} s")
        print(f"{what}: {'hit' if hit else 'missed'}, exit code {code}{last_line(said)}", flush=True)
        scene.check_nothing_there(out, what)
        scene.check_alone(what)
        scene.check_again(out, workers, what)


def strike(process: subprocess.Popen[str], target: str, chance: random.Random) -> bool:
    """Whether there was something to hit."""
    if process.poll() is not None:
        return False
    if target in ("SIGTERM", "SIGINT"):
        process.send_signal(getattr(signal, target))
        return True
    below = psutil.Process(process.pid).children(recursive=True)
    workers = [one for one in below if "pipelines.worker" in " ".join(safely(one.cmdline))]
    hit = {"worker": workers and [chance.choice(workers)], "driver": [process], "all": [process, *below]}[target]
    for one in hit or ():
        with suppress(psutil.NoSuchProcess):
            one.kill()
    return bool(hit)


def safely(call: Callable[[], list[str]]) -> list[str]:
    try:
        return call()
    except psutil.Error:
        return []


def last_line(said: str) -> str:
    lines = said.strip().splitlines()
    return f": {lines[-1][:160]}" if lines else ""


def full_disks(scene: Scene, chance: random.Random, moments: int) -> None:
    """The disk that OUT lies on fills up at some byte, then there is room."""
    need = sum(path.stat().st_size for path in (scene.root / "whole-1").rglob("*") if path.is_file())
    for number in range(max(4, moments // 5)):
        workers, size = 1 + number % 2, int(need * chance.uniform(0.05, 2.0))
        what = f"disk {number}: {size:,} bytes of room, {workers} worker(s)"
        with small_disk(scene.root / "disk", size) as (disk, more, limit):
            out = disk / "out"
            code, said = scene.wait(scene.start(out, workers, **limit), what, 6 * scene.seconds[workers] + 60)
            print(f"{what}: exit code {code}{last_line(said)}", flush=True)
            if code and ("Traceback" in said or str(disk) not in said):
                scene.breach(f"{what}: the message names no path: {said.strip()[-300:]}")
            scene.check_nothing_there(out, what)
            scene.check_alone(what)
            more()
            scene.check_again(out, workers, what)


@contextmanager
def small_disk(path: Path, size: int) -> Iterator[tuple[Path, Callable[[], None], dict[str, object]]]:
    """A folder with so much room, how to make more, and what a process is started with to have no more."""
    path.mkdir(exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)], capture_output=True, check=False
    )
    if mounted.returncode:
        print("no mount here: files get a limited size instead")
        limited = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size // 8, size // 8))}
        yield path, lambda: None, limited
        return
    try:
        yield path, lambda: subprocess.run(["mount", "-o", "remount,size=1g", str(path)], check=True), {}  # type: ignore[misc]
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


def permissions(scene: Scene, _: random.Random, __: int) -> None:
    """An input that may not be read, an OUT that may not be written, a work folder that may no longer be."""
    if os.getuid() != 0 or not as_nobody(scene):
        print("permissions: not run: needs root, and a Python that others may run")
        return
    refs = next(scene.data.rglob("refs(unc).p"))
    for name, forbidden, mode in (("an input", refs, 0o000), ("OUT's folder", scene.root / "mine", 0o555)):
        for workers in (1, 2):
            folder = scene.root / "mine"
            folder.mkdir(exist_ok=True)
            os.chown(folder, NOBODY, NOBODY)
            what = f"permissions: {name}, {workers} worker(s)"
            before = forbidden.stat().st_mode
            forbidden.chmod(mode)
            code, said = scene.wait(scene.start(folder / "out", workers, **AS_NOBODY), what, LONGEST_WAIT)
            print(f"{what}: exit code {code}{last_line(said)}", flush=True)
            if code == 0 or "Traceback" in said or str(forbidden) not in said:
                scene.breach(f"{what}: exit code {code}, and the message names no path: {said.strip()[-300:]}")
            scene.check_nothing_there(folder / "out", what)
            scene.check_alone(what)
            forbidden.chmod(before)
            scene.check_again(folder / "out", workers, what, **AS_NOBODY)


AS_NOBODY: dict[str, object] = {"user": NOBODY, "group": NOBODY, "extra_groups": []}


def as_nobody(scene: Scene) -> bool:
    """Whether another user can run what is installed and read the world."""
    environment = {**os.environ, "HOME": str(scene.root)}
    try:
        done = subprocess.run(
            [sys.executable, "-c", "import pipelines.cli"],
            env=environment,
            capture_output=True,
            check=False,
            **AS_NOBODY,  # type: ignore[call-overload]
        )
    except OSError:
        return False
    return done.returncode == 0


READ = ("refs(unc).p", "refs(umd).p", "instances.json", "MUSE_train.json", "panoptic_train2017.json")
"""The annotation files that the recipe's sources read."""


def inputs(scene: Scene, chance: random.Random, moments: int) -> None:
    """An input is changed, cut, removed or written anew while a build runs, and then as it was before."""
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
