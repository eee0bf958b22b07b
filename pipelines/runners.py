"""Runners by name, and a run that notices when one of its worker processes died."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pipelines.workers import LocalWorkers
from t4s_data.errors import CommandError, WorkerError

if TYPE_CHECKING:
    import apache_beam as beam

LOCAL = "local"
REFUSED: Mapping[str, str] = {
    "DaskRunner": "it loses elements without an error",
    "InteractiveRunner": "it keeps every element in memory",
}
POLL_SECONDS = 0.2
GRACE_SECONDS = 5
CHANNEL_CLOSED = "Channel closed"


def make_pipeline(runner: str, *, workers: int, options: Mapping[str, str], local: LocalWorkers) -> beam.Pipeline:
    """A pipeline on the runner of that name.

    `local` (also `DirectRunner` and `FnApiRunner`) is Beam's `FnApiRunner`: within this process for one
    worker, in `workers` processes of their own from two, which are `local`'s. Any other name is a runner of
    Beam (`FlinkRunner`, `PortableRunner`, ...) and takes its own options.

    Raises:
        CommandError: the runner is refused or unknown to Beam.
    """
    import apache_beam as beam
    from apache_beam.options.pipeline_options import PipelineOptions

    if runner in REFUSED:
        raise CommandError(f"runner {runner!r} cannot be used: {REFUSED[runner]}")
    flags = [f"--{key}={value}" for key, value in options.items()]
    if runner in (LOCAL, "DirectRunner", "FnApiRunner"):
        return beam.Pipeline(
            runner=_local_runner(workers, local),
            options=PipelineOptions([*flags, f"--direct_num_workers={workers}"]),
        )
    try:
        return beam.Pipeline(runner=runner, options=PipelineOptions(flags))
    except ValueError as error:
        raise CommandError(f"runner {runner!r}: {error}") from None


def _local_runner(workers: int, local: LocalWorkers) -> Any:
    from apache_beam.runners.portability.fn_api_runner import FnApiRunner
    from apache_beam.transforms.environments import SubprocessSDKEnvironment

    if workers == 1:
        return FnApiRunner()
    return FnApiRunner(default_environment=SubprocessSDKEnvironment.from_command_string(local.command()))


def run(pipeline: beam.Pipeline, local: LocalWorkers, on_poll: Callable[[], None]) -> None:
    """Run a pipeline to its end, calling `on_poll` several times a second.

    Beam's local runner waits for ever for a worker process that was killed, so the processes that it
    started are watched from here.

    Raises:
        WorkerError: a worker process died while the pipeline ran.
        Exception: whatever the pipeline raised.
    """
    outcome: list[BaseException] = []
    thread = threading.Thread(target=_run_to_end, args=(pipeline, outcome), daemon=True)
    logging.getLogger("apache_beam").setLevel(logging.CRITICAL)
    thread.start()
    try:
        while thread.is_alive():
            thread.join(POLL_SECONDS)
            on_poll()
            _check_alive(local, thread)
        # Beam sometimes notices a killed worker itself, by the channel to it.
        if outcome and CHANNEL_CLOSED in str(outcome[0]) and (dead := local.dead()) is not None:
            raise _died(dead, local) from outcome[0]
    finally:
        local.kill()
    if outcome:
        raise outcome[0]


def _run_to_end(pipeline: beam.Pipeline, outcome: list[BaseException]) -> None:
    try:
        pipeline.run().wait_until_finish()
    except BaseException as error:
        outcome.append(error)


def _check_alive(local: LocalWorkers, thread: threading.Thread) -> None:
    dead = local.dead()
    if dead is not None and thread.is_alive():
        # Workers also end when the pipeline does: the runner gets time to notice that first.
        thread.join(GRACE_SECONDS)
        if thread.is_alive():
            raise _died(dead, local)


def _died(pid: int, local: LocalWorkers) -> WorkerError:
    return WorkerError(
        f"worker process {pid} died (killed, or out of memory); what is done is kept: "
        f"run the command again. What it printed is in {local.log}"
    )
