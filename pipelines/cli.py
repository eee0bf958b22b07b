"""`t4s`: the commands by name, and how their errors end."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Sequence
from typing import NoReturn

import typer

from pipelines.commands import (
    audit,
    build,
    check,
    compare,
    decode,
    demo,
    evaluate,
    export,
    init,
    plan,
    publish,
    schemas,
    show,
    sources,
    synth,
    verify,
)
from pipelines.console import say
from t4s_data.errors import T4SError

app = typer.Typer(
    name="t4s",
    help="Turn segmentation datasets into text-as-mask training corpora (Text4Seg, Text4Seg++).",
    epilog="Every command takes --debug, which shows tracebacks. Exit codes: 0 done, 1 the data or the corpus is "
    "not right, 2 the command or recipe is not right, 130 interrupted.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("demo")(demo.demo)
app.command("build")(build.build)
app.command("init")(init.init)
app.command("sources")(sources.sources)
app.command("plan")(plan.plan)
app.command("check")(check.check)
app.command("synth")(synth.synth)
app.command("schemas")(schemas.schemas)
app.command("show")(show.show)
app.command("audit")(audit.audit)
app.command("compare")(compare.compare)
app.command("verify")(verify.verify)
app.command("export")(export.export)
app.command("publish")(publish.publish)
app.command("decode")(decode.decode)
app.command("evaluate")(evaluate.evaluate)


class UserInterruptError(T4SError):
    """The user pressed Ctrl-C, or the system asked the process to end."""

    exit_code = 130


ENDINGS = ("SIGINT", "SIGTERM", "SIGHUP")
"""Signals that ask a command to end; not every system has each."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit with its code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    if not debug:
        _hush()
    if arguments is None:
        for name in ENDINGS:
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), _interrupt)
    code = _run([word for word in given if word != "--debug"], debug=debug)
    sys.stdout.flush()
    sys.stderr.flush()
    if arguments is None:
        # Threads of a runner that was given up would keep the process alive.
        os._exit(code)
    sys.exit(code)


def _run(arguments: Sequence[str], *, debug: bool) -> int:
    try:
        app(list(arguments))
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else 0
    except Exception as error:
        _explain(error, debug=debug)
        return error.exit_code if isinstance(error, T4SError) else 1
    return 0


def _interrupt(number: int, _: object) -> NoReturn:
    # Asked a second time, the process does not stay for whatever the first one is still tidying up.
    signal.signal(number, lambda *_: os._exit(UserInterruptError.exit_code))
    raise UserInterruptError("interrupted; what is done is kept, and the same command goes on from there")


def _explain(error: Exception, *, debug: bool) -> None:
    if debug:
        traceback.print_exception(error)
    if isinstance(error, OSError) and error.strerror:
        text = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    else:
        text = str(error) if isinstance(error, T4SError) else f"{type(error).__name__}: {error} (--debug shows where)"
    say(f"t4s: error: {text}")


def _hush() -> None:
    """Leave the console to our own words: libraries' logs and warnings are for --debug."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    # A runner's threads have nothing to say that its error does not.
    threading.excepthook = lambda _: None
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")


if __name__ == "__main__":
    main()
