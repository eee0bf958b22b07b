"""The worker processes of a local run: started through a shell that notes their ids, watched and ended by those."""

from __future__ import annotations

import os
import shlex
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class LocalWorkers:
    """The processes of one run, which write what they print to ``log`` and their ids to a file beside it.

    Only these are looked at: a process of anybody else that ends, such as a tool that an import starts, is no
    worker.
    """

    log: Path
    _known: dict[int, psutil.Process | None] = field(default_factory=dict)

    @property
    def ids(self) -> Path:
        """The file of process ids, one a line."""
        return self.log.with_suffix(".pids")

    def command(self) -> str:
        """The shell command with which Beam starts one worker; deletes the list of ids of an earlier run."""
        self.ids.unlink(missing_ok=True)
        # The shell's id is the worker's, whose program takes its place. -P: the folder that the user is in may
        # hold packages of any name.
        worker = shlex.join([sys.executable, "-P", "-m", "pipelines.worker", str(os.getpid())])
        return f"echo $$ >>{shlex.quote(str(self.ids))} && exec {worker} >>{shlex.quote(str(self.log))} 2>&1"

    def dead(self) -> int | None:
        """The process id of a worker that has died, or None while all that were started live."""
        return next((pid for pid, process in self._started().items() if process is None or _is_dead(process)), None)

    def kill(self) -> None:
        """End every worker that was started."""
        for process in self._started().values():
            if process is not None:
                with suppress(psutil.NoSuchProcess):
                    process.kill()

    def _started(self) -> dict[int, psutil.Process | None]:
        """The processes by id; None for one that was gone before it was looked at."""
        text = self.ids.read_text() if self.ids.exists() else ""
        # A line without its end is still being written.
        for pid in map(int, text[: text.rfind("\n") + 1].split()):
            if pid not in self._known:
                self._known[pid] = _process(pid)
        return self._known


def _process(pid: int) -> psutil.Process | None:
    try:
        return psutil.Process(pid)
    except psutil.NoSuchProcess:
        return None


def _is_dead(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
