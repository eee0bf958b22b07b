"""From a part to its blocks, and from a block to its shard: the two steps that workers run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, groupby
from pathlib import Path

import msgspec

from t4s_data.build.blocks import Block, Inputs, read_block, read_index, write_blocks
from t4s_data.build.rows import RowMaker
from t4s_data.build.tally import Tally
from t4s_data.build.work import Unit, Work
from t4s_data.corpus.row import Row
from t4s_data.corpus.shards import write_shard
from t4s_data.errors import DataError, RecordError
from t4s_data.leaks.holdout import Gate, Holdout
from t4s_data.reading.opening import FileDigest, digest_of
from t4s_data.reading.opening import within as reading
from t4s_data.recipe.parts import Part
from t4s_data.recipe.reach import reach_of
from t4s_data.sample import RULES, Entry, Reject, Sample
from t4s_data.sources.entries import within, without_repeats
from t4s_data.sources.source import outcomes_of


def stage_parts(parts: Sequence[Part], work: Work) -> None:
    """Stage parts that share a limit on their records, in order; parts that are already staged are skipped."""
    left = parts[0].limit
    for part in parts:
        folder = work.blocks(part)
        blocks = read_index(folder)
        if blocks is None:
            blocks = _stage(part, work, left)
        left -= min(left, sum(block.records for block in blocks))


def _stage(part: Part, work: Work, left: int) -> list[Block]:
    digests: dict[Path, FileDigest] = {}
    root = part.location.data_root
    with reading(reach_of(part, digests)):
        entries = part.open().entries() if left or not part.limit else ()
        items = _gated(part, work, with_some_image(without_repeats(within(entries, left)), part))
        return write_blocks(
            items,
            work.blocks(part),
            image_root=root if part.embed else None,
            inputs=lambda: _inputs(part, digests),
        )


def _inputs(part: Part, digests: Mapping[Path, FileDigest]) -> Inputs:
    """Every annotation file as it was read; folders, which hold a file an image, are left out.

    Raises:
        DataError: one is no longer the file that the work folder's name stands for, so nothing may be kept under it.
    """
    if part.seal and not part.is_unchanged():
        raise DataError(f"{part.name}: an input file changed while the corpus was built; run the command again")
    paths = [path for path in part.open().inputs() if path.is_file()]
    # Of a part with a limit, and of a list that stands in front of others, not all is read.
    return {
        path.relative_to(part.location.data_root).as_posix(): digests.get(path) or digest_of(path) for path in paths
    }


def _gated(part: Part, work: Work, items: Iterator[Entry | Reject]) -> Iterator[Entry | Reject]:
    """The items that the holdout lets through; what it found is on disk when they are at their end."""
    if not part.held:
        yield from items
        return
    gate = Gate(Holdout.load(work.held(part.held)), part.name, part.holdout)
    yield from gate.through(items)
    work.holdout_counts(part).write_bytes(msgspec.json.encode(gate.counts))


def with_some_image(items: Iterator[Entry | Reject], part: Part) -> Iterator[Entry | Reject]:
    """The items of a part, at least one of whose images must be there unless the recipe says `path` itself.

    Rows of paths alone are what some want; more often the images lie somewhere else than was thought.

    Raises:
        DataError: none of the images is there; names where they were looked for.
    """
    absent: list[str] = []
    there = part.embed or part.paths_alone
    for item in items:
        if not there and isinstance(item, Entry) and item.image:
            there = (part.location.data_root / item.image).is_file()
            absent.append(item.image)
        yield item
    if absent and not there:
        raise DataError(
            f"{part.name}: none of its {len(set(absent)):,} images is there; looked for "
            f"{part.location.data_root / absent[0]} and so on. In the recipe `images` in [[source]] of own data, or "
            '`root`, says where they lie; `mode = "path"` in [images], or --images path, builds rows that hold only '
            "their paths"
        )


def build_shard(part: Part, unit: Unit, work: Work, *, strict: bool) -> None:
    """Write one unit's shard and its tally, unless they are there.

    A unit of which no record is used has a tally and no shard.

    Raises:
        DataError: a record cannot be used and `strict` is set, or the source lost a record.
    """
    if work.tally(part, unit).exists():
        return
    tally = Tally()
    with reading(reach_of(part)):
        rows = _rows(part, unit, work, tally, strict=strict)
        first = next(rows, None)
        if first is not None:
            tally.shard = write_shard(work.shard(part, unit), chain([first], rows), embed=part.embed)
    tally.save(work.tally(part, unit))


def _rows(part: Part, unit: Unit, work: Work, tally: Tally, *, strict: bool) -> Iterator[Row]:
    maker = RowMaker(part, unit.passing)
    for outcomes in _outcomes(part, unit, work):
        usable = False
        for outcome in outcomes:
            result = _made(maker, outcome)
            if isinstance(result, Reject):
                if strict and result.reason not in RULES:
                    raise DataError(f"{part.name}: record {result.key}: {result.reason}: {result.detail}")
                tally.rejects.append(result)
                usable |= result.reason in RULES
            else:
                row, notes = result
                tally.use(row, notes)
                usable = True
                yield row
        tally.entries += 1
        tally.unusable += not usable


def _made(maker: RowMaker, outcome: Sample | Reject) -> tuple[Row, dict[str, int]] | Reject:
    if isinstance(outcome, Reject):
        return outcome
    try:
        return maker.make(outcome)
    except RecordError as error:
        return Reject.of(outcome.key, error)


def _outcomes(part: Part, unit: Unit, work: Work) -> Iterator[Iterator[Sample | Reject]]:
    """The outcomes of each image, ref or conversation of a block."""
    source = part.open()
    numbered = enumerate(read_block(work.blocks(part) / unit.block))
    for _, items in groupby(numbered, lambda place: place[1].group or place[0]):
        yield outcomes_of(part.name, source, (item for _, item in items))
