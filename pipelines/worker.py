"""A worker process of a local run: Beam's own, which ends with the process that started it, however that ended."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time

LOOK_SECONDS = 0.5


def main() -> None:
    """Work for the process whose id is the only argument."""
    end_with(int(sys.argv.pop()))
    from apache_beam.runners.worker.sdk_worker_main import main as work

    work(sys.argv)


def end_with(parent: int) -> None:
    """End this process at once when its parent does: by a kernel signal on Linux, and by polling everywhere."""
    if sys.platform.startswith("linux"):
        set_death_signal = 1  # PR_SET_PDEATHSIG
        ctypes.CDLL(None).prctl(set_death_signal, signal.SIGKILL, 0, 0, 0)
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main()
