"""Finished shards and their tallies -> the corpus folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

import msgspec

from t4s_data import __version__
from t4s_data.build.blocks import read_inputs
from t4s_data.build.quarantine import Done, check_losses, write_left_out, write_quarantine
from t4s_data.build.tally import Tally, merge_tokens
from t4s_data.build.work import Unit, Work
from t4s_data.corpus.folder import BUILD, put_in_place
from t4s_data.corpus.record import Account, Build, HeldOutCount, InputFile, Shard, TokenSums, Totals
from t4s_data.counts import Histogram, add
from t4s_data.errors import DataError
from t4s_data.leaks.holdout import holdout_counts
from t4s_data.reading.opening import FileDigest, digest_of
from t4s_data.recipe.parts import Part, vocabulary_of
from t4s_data.recipe.spec import Recipe, TokenizerSpec
from t4s_data.sample import RULES
from t4s_data.tokens.tokenizers import load_tokenizer
from t4s_data.tokens.vocabulary import write_vocabulary

LIBRARIES = ("datasets", "numpy", "pillow", "pyarrow", "pycocotools")
"""The libraries whose versions shape the bytes of a corpus."""
OWN_NOTES = {"regions", "rescued", "images-absent"}
"""Notes that have a field of their own in the build record."""


@dataclass(frozen=True, slots=True)
class Assembly:
    """What a corpus is put together from, beside the work folder."""

    recipe: Recipe
    recipe_sha256: str
    parts: Sequence[Part]
    command: str


def assemble(assembly: Assembly, work: Work) -> Build:
    """Write the whole corpus into the work folder; what an earlier attempt left there is replaced.

    Raises:
        DataError: an input changed while the corpus was built, or too few records could be used.
    """
    shutil.rmtree(work.corpus, ignore_errors=True)
    done = _done(assembly.parts, work)
    names = _shard_names(done)
    _link_shards(done, names, work)
    build = _build_record(assembly, done, names, work)
    write_quarantine(done, work.corpus / "quarantine")
    write_left_out(done, work.corpus / "left-out")
    write_vocabulary(work.corpus / "tokens", vocabulary_of(assembly.recipe))
    (work.corpus / BUILD).write_text(build.to_json(), encoding="utf-8", newline="\n")
    return build


def put_corpus_in_place(work: Work, out: Path, *, force: bool) -> None:
    """Rename the assembled corpus to `out` and remove the work folder."""
    put_in_place(work.corpus, out, force=force)
    shutil.rmtree(work.root)


def _done(parts: Sequence[Part], work: Work) -> list[Done]:
    for part in parts:
        if part.seal and not part.is_unchanged():
            raise DataError(f"{part.name}: an input file changed while the corpus was built; run the command again")
    done = work.done(parts)
    check_losses(done, work, parts)
    return done


def _by_reason(tally: Tally) -> dict[str, int]:
    counts: dict[str, int] = {}
    for reject in tally.rejects:
        add(counts, {reject.reason: 1})
    return counts


def _shard_names(done: Sequence[Done]) -> dict[Unit, str]:
    """Names of the shards below the corpus: numbered within their config and split, in the recipe's order."""
    folders: dict[str, list[Unit]] = {}
    for part, unit, tally in done:
        if tally.shard:
            folders.setdefault(f"data/{part.source}/{part.as_split}", []).append(unit)
    return {
        unit: f"{folder}-{number:05d}-of-{len(units):05d}.parquet"
        for folder, units in folders.items()
        for number, unit in enumerate(units)
    }


def _link_shards(done: Sequence[Done], names: dict[Unit, str], work: Work) -> None:
    for part, unit, _ in done:
        if unit in names:
            target = work.corpus / names[unit]
            target.parent.mkdir(parents=True, exist_ok=True)
            # A hard link, so that the work folder stays whole until the corpus is in its place.
            try:
                os.link(work.shard(part, unit), target)
            except OSError:
                shutil.copyfile(work.shard(part, unit), target)


def _build_record(assembly: Assembly, done: Sequence[Done], names: dict[Unit, str], work: Work) -> Build:
    accounts = tuple(
        _account(assembly.parts[number], [(unit, tally) for _, unit, tally in group], names, work)
        for number, group in groupby(done, key=lambda item: item[1].part)
    )
    tokenizer = load_tokenizer(assembly.parts[0].tokenizer, assembly.parts[0].vocabulary)
    return Build(
        recipe=_portable(assembly.recipe),
        recipe_sha256=assembly.recipe_sha256,
        command=assembly.command,
        code=__version__,
        seed=assembly.recipe.seed,
        tokenizer=tokenizer.identity,
        vocabulary=tokenizer.vocabulary,
        libraries=_libraries(assembly.parts),
        inputs=(*_inputs(assembly.parts, work), *_beside_the_recipe(assembly.recipe)),
        accounts=accounts,
        totals=Totals.of(accounts),
    )


def _libraries(parts: Sequence[Part]) -> dict[str, str]:
    plugins = {origin.distribution: origin.version for part in parts for origin in part.plugins()}
    return {name: version(name) for name in LIBRARIES} | plugins


def _portable(recipe: Recipe) -> Recipe:
    """The recipe without this machine's folders: a tokenizer file is named, its digest is in its identity."""
    path = Path(recipe.tokenizer.name)
    name = path.name if path.is_file() else recipe.tokenizer.name
    update: dict[str, object] = {"tokenizer": TokenizerSpec(name=name)}
    if recipe.holdout.ids or recipe.holdout.vg:
        ids, vg = [Path(file).name for file in recipe.holdout.ids], recipe.holdout.vg
        update["holdout"] = recipe.holdout.model_copy(update={"ids": ids, "vg": vg and Path(vg).name})
    return recipe.model_copy(update=update)


def _account(part: Part, units: Sequence[tuple[Unit, Tally]], names: dict[Unit, str], work: Work) -> Account:
    first = [tally for unit, tally in units if unit.passing == 0]
    notes: dict[str, int] = {}
    reasons: dict[str, int] = {}
    for tally in first:
        add(notes, tally.notes)
        add(reasons, _by_reason(tally))
    found = holdout_counts(work.holdout_counts(part))
    shards = tuple(_shard(names[unit], tally) for unit, tally in units if tally.shard)
    tokens = merge_tokens(tally for _, tally in units)
    return Account(
        source=part.source,
        split_by=part.location.split_by,
        split=part.location.split,
        as_split=part.as_split,
        codec=part.codec_name,
        read=sum(tally.read for tally in first),
        used=sum(tally.used for tally in first),
        quarantined={reason: count for reason, count in reasons.items() if reason not in RULES},
        left_out={reason: count for reason, count in reasons.items() if reason in RULES},
        held_out={name: HeldOutCount(**msgspec.structs.asdict(o)) for name, o in sorted(found.overlaps.items())},
        unchecked=found.unchecked,
        rows=sum(shard.rows for shard in shards),
        tasks={task: sum(columns["total_tokens"].values()) for task, columns in tokens.items()},
        regions=notes.get("regions", 0),
        rescued=notes.get("rescued", 0),
        images_absent=notes.get("images-absent", 0),
        notes={name: count for name, count in sorted(notes.items()) if count and name not in OWN_NOTES},
        tokens=TokenSums(**{name: _sum(tokens, f"{name}_tokens") for name in ("descriptor", "answer", "total")}),
        shards=shards,
    )


def _shard(name: str, tally: Tally) -> Shard:
    assert tally.shard is not None
    written = tally.shard
    return Shard(
        name=name, rows=written.rows, bytes=written.bytes, data_bytes=written.data_bytes, sha256=written.sha256
    )


def _sum(tokens: dict[str, dict[str, Histogram]], column: str) -> int:
    return sum(length * rows for columns in tokens.values() for length, rows in columns[column].items())


def _inputs(parts: Sequence[Part], work: Work) -> tuple[InputFile, ...]:
    """Every annotation file once, as it was when its records were read.

    Raises:
        DataError: two parts read different bytes of one file.
    """
    found: dict[str, FileDigest] = {}
    for part in parts:
        for name, read in read_inputs(work.blocks(part)).items():
            if found.setdefault(name, read) != read:
                raise DataError(
                    f"{name}: changed while the corpus was built; remove {work.root} and run the command again"
                )
    return tuple(InputFile(path=name, bytes=read.bytes, sha256=read.sha256) for name, read in sorted(found.items()))


def _beside_the_recipe(recipe: Recipe) -> Iterator[InputFile]:
    for path in map(Path, [*recipe.holdout.ids, *filter(None, [recipe.holdout.vg])]):
        read = digest_of(path)
        yield InputFile(path=f"recipe/{path.name}", bytes=read.bytes, sha256=read.sha256)
