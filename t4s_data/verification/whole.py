"""The whole corpus: files, shards, ids, sums and lists."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from t4s_data.corpus.folder import BUILD, CHECKSUMS, file_names, read_build, read_checksums
from t4s_data.corpus.record import Build
from t4s_data.errors import CommandError, CorpusError, WorkerError
from t4s_data.reading.opening import sha256_of
from t4s_data.tokens.tokenizers import load_tokenizer
from t4s_data.verification.lists import check_lists
from t4s_data.verification.pictures import PictureRules
from t4s_data.verification.problems import Problem
from t4s_data.verification.shards import Expected, Found, check_shard
from t4s_data.verification.sums import check_accounts, check_card, check_record


@dataclass(frozen=True, slots=True)
class Rules:
    """How a corpus is verified; ``workers`` changes nothing in what is found.

    ``data_root`` is where images that are not embedded lie: of about ``pictures`` of them (0 = all) size and
    presence are checked. ``tokenizer`` is a path or name in place of the build's own.
    """

    data_root: Path | None = None
    pictures: int = 0
    tokenizer: str = ""
    workers: int = 1


@dataclass(frozen=True, slots=True)
class Report:
    """What was found: every problem, what could not be checked, and how much was read.

    ``unsaid`` counts the problems of shards that have too many to be told.
    """

    problems: tuple[Problem, ...]
    unsaid: int
    unchecked: tuple[str, ...]
    files: int
    rows: int


def verify(
    corpus: Path, rules: Rules | None = None, *, progress: Callable[[int, int], None] = lambda *_: None
) -> Report:
    """Check that a corpus is whole and that its rows mean what they say.

    Every file against ``SHA256SUMS``, every shard against ``build.json``, every row worked out again. ``progress`` is
    called with the shards that are done and all of them.

    Raises:
        CorpusError: there is no corpus to check.
    """
    rules = rules or Rules()
    build = read_build(corpus)
    tokenizer, unchecked = _tokenizer(build, rules)
    expected = _expected(build, rules, tokenizer)
    found: dict[str, Found] = {}
    for one in _checked(corpus, expected, rules.workers):
        found[one.shard] = one
        progress(len(found), len(expected))
    problems = [
        *_check_files(corpus, found),
        *(problem for one in found.values() for problem in one.problems),
        *_check_ids(build, found),
        *check_accounts(build, found),
        *check_record(corpus, build),
        *check_card(corpus, build),
        *check_lists(corpus, build, _ids(build, found)),
    ]
    return Report(
        problems=tuple(problems),
        unsaid=sum(one.unsaid for one in found.values()),
        unchecked=tuple(unchecked),
        files=len(file_names(corpus)),
        rows=sum(one.rows for one in found.values()),
    )


def _tokenizer(build: Build, rules: Rules) -> tuple[tuple[str, tuple[str, ...]] | None, list[str]]:
    """The build's tokenizer, if it is at hand, and what cannot be checked without it."""
    name = rules.tokenizer or build.recipe.tokenizer.name
    try:
        identity = load_tokenizer(name, build.vocabulary).identity
    except CommandError as error:
        return None, [f"token counts: {error}; --tokenizer FILE says where it lies"]
    if identity.rpartition("sha256:")[2] != build.tokenizer.rpartition("sha256:")[2]:
        return None, [f"token counts: tokenizer {name!r} is {identity}, the build's is {build.tokenizer}"]
    return (name, build.vocabulary), []


def _expected(build: Build, rules: Rules, tokenizer: tuple[str, tuple[str, ...]] | None) -> list[Expected]:
    embed = build.recipe.images.mode == "embed"
    rows = max(1, build.totals.rows)
    share = (rules.pictures << 64) // rows if 0 < rules.pictures < rows else 1 << 64
    pictures = PictureRules(embed, rules.data_root, share)
    return [Expected(shard, account, pictures, tokenizer) for account in build.accounts for shard in account.shards]


def _checked(corpus: Path, expected: Sequence[Expected], workers: int) -> Iterator[Found]:
    """What was found in each shard, in the order of the build record."""
    check = partial(check_shard, corpus)
    workers = min(workers, len(expected))
    if workers < 2:
        yield from map(check, expected)
        return
    # A forked process would share locks of Arrow's threads that nobody opens again.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        try:
            yield from pool.map(check, expected)
        except BrokenProcessPool:
            raise WorkerError("a worker process died (killed, or out of memory); run the command again") from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _check_files(corpus: Path, found: Mapping[str, Found]) -> Iterator[Problem]:
    """Every file against the checksums; shards were read before."""
    try:
        digests = read_checksums(corpus)
    except CorpusError as error:
        yield Problem(CHECKSUMS, str(error).removeprefix(f"{corpus / CHECKSUMS}, "))
        return
    present = set(file_names(corpus))
    for name in sorted(digests.keys() | present):
        if name not in present:
            yield Problem(name, "missing")
        elif name not in digests:
            yield Problem(name, f"not in {CHECKSUMS}")
        elif (digest := _digest(corpus, name, found)) != digests[name]:
            yield Problem(name, f"altered: sha256 is {digest}, {CHECKSUMS} says {digests[name]}")
    for name in sorted(name for name in present - found.keys() if name.startswith("data/")):
        yield Problem(name, f"not in {BUILD}")


def _digest(corpus: Path, name: str, found: Mapping[str, Found]) -> str:
    return (found[name].digest if name in found else "") or sha256_of(corpus / name)


def _ids(build: Build, found: Mapping[str, Found]) -> dict[str, list[str]]:
    ids: dict[str, list[str]] = {}
    for account in build.accounts:
        for shard in account.shards:
            ids.setdefault(account.source, []).extend(found[shard.name].ids)
    return ids


def _check_ids(build: Build, found: Mapping[str, Found]) -> Iterator[Problem]:
    """Every id once; ids begin with their source, so only shards of one source can repeat one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for source, ids in _ids(build, found).items():
        counts = pc.value_counts(pa.array(ids, pa.string()))
        repeated = counts.filter(pc.greater(counts.field("counts"), 1)).field("values").to_pylist()
        yield from _repeated(build, found, source, {row_id for row_id in repeated if row_id})


def _repeated(build: Build, found: Mapping[str, Found], source: str, repeated: set[str]) -> Iterator[Problem]:
    places: dict[str, str] = {}
    for account in (account for account in build.accounts if repeated and account.source == source):
        for shard in account.shards:
            for number, row_id in enumerate(found[shard.name].ids):
                if row_id in places:
                    yield Problem(shard.name, f"its id stands in {places[row_id]} too", number, row_id)
                elif row_id in repeated:
                    places[row_id] = f"row {number} of {shard.name}"
