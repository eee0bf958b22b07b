"""`python -m fuzz [TARGET ...] --seconds S`: every target for so long, and a table of what was found.

Inputs that reached new code stay in `--folder` and are where the next run starts. Exit code 1 where a law was broken;
the input lies in `--folder` beside the target's own, and the last lines of the traceback are printed.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from fuzz.targets import TARGETS

_RUNS = re.compile(r"number_of_executed_units:\s*(\d+)")
_COVERAGE = re.compile(r"cov: (\d+)")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a target's run ended."""

    target: str
    runs: int
    coverage: int
    fault: str

    def line(self) -> str:
        """The table's line."""
        return f"{self.target:16} {self.runs:>12,} {self.coverage:>9,}  {self.fault or 'none'}"


def main() -> None:
    """Run the targets that were asked for, or all."""
    asked = _arguments()
    print(f"{'target':16} {'inputs':>12} {'branches':>9}  fault", flush=True)
    outcomes = []
    for name in asked.targets or TARGETS:
        outcomes.append(run(name, asked.folder, asked.seconds, asked.seed))
        print(outcomes[-1].line(), flush=True)
    print(f"{'all':16} {sum(outcome.runs for outcome in outcomes):>12,}")
    sys.exit(any(outcome.fault for outcome in outcomes))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", choices=[*TARGETS, []], metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path(".fuzz"))
    return parser.parse_args()


def run(name: str, folder: Path, seconds: int, seed: int) -> Outcome:
    """One target for so many seconds, in a process of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable,
        "-m",
        "fuzz.run",
        name,
        str(folder / name),
        f"-max_total_time={seconds}",
        f"-seed={seed}",
    ]
    done = subprocess.run(
        [*command, f"-artifact_prefix={folder / name}-"], capture_output=True, text=True, errors="replace", check=False
    )
    runs, covered = _RUNS.search(done.stderr), _COVERAGE.findall(done.stderr)
    fault = _fault(done.stdout + done.stderr) if done.returncode else ""
    return Outcome(name, int(runs[1]) if runs else 0, int(covered[-1]) if covered else 0, fault)


def _fault(output: str) -> str:
    lines = [line for line in output.splitlines() if not line.startswith("INFO: ")]
    start = next((n for n, line in enumerate(lines) if "Uncaught Python exception" in line or "ERROR:" in line), 0)
    return "\n" + "\n".join(f"    {line[:200]}" for line in lines[start : start + 40])


if __name__ == "__main__":
    main()
