"""Records that are not used: their lists on disk, and whether there are too many of them to go on."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

import msgspec

from t4s_data.build.tally import Tally
from t4s_data.build.work import Unit, Work
from t4s_data.errors import DataError
from t4s_data.recipe.parts import Part
from t4s_data.sample import RULES, Reject

Done = tuple[Part, Unit, Tally]

FEWEST_UNUSABLE = 20
"""Fewest unusable entries that can fail a build: shares of small data say little."""
_LONGEST_DETAIL = 300


def write_quarantine(done: Sequence[Done], folder: Path) -> None:
    """Write ``<source>.jsonl`` of the records that cannot be used: key, reason and detail, in the source's order."""
    _write_lists(done, folder, ("key", "reason"), ruled=False)


def write_left_out(done: Sequence[Done], folder: Path) -> None:
    """Write ``<source>.jsonl`` of the records that a rule left out: id, rule and detail, in the source's order."""
    _write_lists(done, folder, ("id", "rule"), ruled=True)


def _write_lists(done: Sequence[Done], folder: Path, names: tuple[str, str], *, ruled: bool) -> None:
    folder.mkdir(parents=True)
    encode = msgspec.json.Encoder().encode
    for part, unit, tally in done:
        rejects = [reject for reject in tally.rejects if (reject.reason in RULES) == ruled]
        if unit.passing == 0 and rejects:
            with (folder / f"{part.source}.jsonl").open("ab") as file:
                for reject in rejects:
                    values = (f"{part.name}/{reject.key}", reject.reason)
                    file.write(encode(dict(zip(names, values, strict=True)) | {"detail": reject.detail}) + b"\n")


def check_losses(done: Sequence[Done], work: Work, parts: Sequence[Part]) -> None:
    """Make sure that there are rows, and that no split lost more of its entries than it may.

    Otherwise the lists of all rejects are left in the work folder for who has to look at them.

    Raises:
        DataError: no record could be used, or more than ``max_share`` of a split's images, refs or conversations,
            and at least :data:`FEWEST_UNUSABLE`, are unusable; names the reasons, the main one first.
    """
    shutil.rmtree(work.quarantine, ignore_errors=True)
    problems = list(_problems(done, work.quarantine, parts))
    if problems:
        write_quarantine(done, work.quarantine)
        raise DataError("\n".join(problems))


def _problems(done: Sequence[Done], folder: Path, parts: Sequence[Part]) -> Iterator[str]:
    if not any(tally.shard for _, _, tally in done):
        reasons = list(_by_reason(reject for _, _, tally in done for reject in tally.rejects))
        lines = [*reasons, f"  all of them: {folder}"] if reasons else [*_empty(parts)]
        yield "\n".join(["no record could be used:", *lines])
        return
    for _, group in groupby(done, key=lambda item: item[1].part):
        units = list(group)
        yield from _too_many(units[0][0], [tally for _, unit, tally in units if unit.passing == 0], folder)


def _empty(parts: Sequence[Part]) -> Iterator[str]:
    """Where each part was looked for records, of which there are none."""
    for part in parts:
        paths = " and ".join(map(str, part.open().inputs()))
        yield f"  {part.name}: no record is in {paths}"


def _too_many(part: Part, tallies: Sequence[Tally], folder: Path) -> Iterator[str]:
    entries = sum(tally.entries for tally in tallies)
    unusable = sum(tally.unusable for tally in tallies)
    if unusable < FEWEST_UNUSABLE or unusable <= part.max_share * entries:
        return
    lines = [
        f"{part.name}: {unusable:,} of {entries:,} images, refs or conversations ({unusable / entries:.1%}) cannot be "
        f"used; {part.max_share:.1%} may be lost ([quarantine] max_share in the recipe)",
        *_by_reason(reject for tally in tallies for reject in tally.rejects if reject.reason not in RULES),
        f"  all of them: {folder / part.source}.jsonl",
    ]
    yield "\n".join(lines)


def _by_reason(rejects: Iterable[Reject]) -> Iterator[str]:
    """A line for each reason, the most frequent first, with an example."""
    counts: Counter[str] = Counter()
    examples: dict[str, Reject] = {}
    for reject in rejects:
        counts[reject.reason] += 1
        examples.setdefault(reject.reason, reject)
    for reason, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        example = examples[reason]
        records = "1 record" if count == 1 else f"{count:,} records"
        yield f"  {reason}: {records}, for example {example.key}: {example.detail[:_LONGEST_DETAIL]}"
