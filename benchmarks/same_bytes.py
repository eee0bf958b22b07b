"""Do two checkouts build the same Parquet files? Every shipped recipe on one synthetic world, compared by SHA-256.

    python benchmarks/same_bytes.py CHECKOUT OTHER [--world DIR] [--scale F] [--recipe NAME ...]

Each checkout is run with the `python` in its own `.venv`, or this one where it has none (`git worktree add` makes a
checkout of another commit). The world is written once by the first checkout, unless a folder with one is named.
Prints one line for each file that differs or is in one alone, then the count; exits with 1 if there is any.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from hashlib import file_digest
from pathlib import Path

CLI = "from pipelines.cli import main; main()"


def run(checkout: Path, *arguments: object) -> None:
    own = checkout / ".venv/bin/python"
    python = str(own if own.exists() else sys.executable)
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    # Not `-m`, so that the folder to run in says nothing about the code that runs.
    done = subprocess.run(
        [python, "-P", "-c", CLI, *map(str, arguments)],
        cwd=tempfile.gettempdir(),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{checkout}: t4s {' '.join(map(str, arguments))}:\n{done.stderr[-2000:]}")


def recipes_of(checkout: Path) -> list[str]:
    folder = checkout / "manifests/recipes"
    return sorted(path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.toml"))


def digests(checkout: Path, recipe: str, world: Path, out: Path) -> dict[str, str]:
    """SHA-256 of every Parquet file of the recipe's corpus, by recipe and name."""
    run(checkout, "build", recipe, "--data-root", world, "--out", out, "--force")
    found = {}
    for path in sorted(out.glob("data/*/*.parquet")):
        with path.open("rb") as file:
            found[f"{recipe} {path.relative_to(out).as_posix()}"] = file_digest(file, "sha256").hexdigest()
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", nargs=2, type=Path, metavar="CHECKOUT")
    parser.add_argument("--world", type=Path, help="a synthetic world that is there")
    parser.add_argument("--scale", type=float, default=0.0005)
    parser.add_argument("--recipe", action="append", help="only this one; can be repeated")
    wanted = parser.parse_args()
    one, other = (checkout.resolve() for checkout in wanted.checkouts)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        world = wanted.world.resolve() if wanted.world else folder / "world"
        if wanted.world is None:
            run(one, "synth", world, "--scale", wanted.scale)
        first: dict[str, str] = {}
        second: dict[str, str] = {}
        for recipe in wanted.recipe or sorted({*recipes_of(one)} & {*recipes_of(other)}):
            first |= digests(one, recipe, world, folder / "corpus")
            second |= digests(other, recipe, world, folder / "corpus")
    differing = [name for name in sorted(first.keys() | second.keys()) if first.get(name) != second.get(name)]
    for name in differing:
        print(f"{name}: {first.get(name, 'absent')} {second.get(name, 'absent')}")
    print(f"{len(first)} and {len(second)} Parquet files, {len(differing)} differ")
    return int(bool(differing) or not first)


if __name__ == "__main__":
    sys.exit(main())
