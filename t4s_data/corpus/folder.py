"""The corpus folder: its checksums, whether it is whole, and how it gets to its place."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from t4s_data.corpus.reader import read_column, row_count
from t4s_data.corpus.record import Build, Shard
from t4s_data.errors import CorpusError
from t4s_data.files.writing import write_whole
from t4s_data.reading.opening import sha256_of
from t4s_data.registry import RECORDED

CHECKSUMS = "SHA256SUMS"
BUILD = "build.json"
SIGNATURE = "build.intoto.json"
UNLISTED = (CHECKSUMS, SIGNATURE)
"""Files that ``SHA256SUMS`` does not list: itself, and the statement that signs it."""


def write_checksums(folder: Path, known: Mapping[str, str] | None = None) -> None:
    """Write ``SHA256SUMS`` over every other file of the folder, sorted by path, as ``sha256sum -c`` reads it.

    ``known`` maps paths relative to the folder to digests that need not be computed again.
    """
    known = known or {}
    lines = [f"{known.get(name) or sha256_of(folder / name)}  {name}\n" for name in file_names(folder)]
    write_whole(folder / CHECKSUMS, "".join(lines).encode())


def read_checksums(folder: Path) -> dict[str, str]:
    """The digests of ``SHA256SUMS`` by path.

    Raises:
        CorpusError: the file is absent or a line of it is not a digest and a path.
    """
    path = folder / CHECKSUMS
    if not path.is_file():
        raise CorpusError(f"{folder}: no {CHECKSUMS}; not a whole corpus")
    digests = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        digest, separator, name = line.partition("  ")
        if len(digest) != 64 or not separator or not name:
            raise CorpusError(f"{path}, line {number}: not a digest and a path: {line[:100]!r}")
        digests[name] = digest
    return digests


def read_build(folder: Path) -> Build:
    """The build record of a corpus.

    Raises:
        CorpusError: it is absent or does not follow its schema.
    """
    path = folder / BUILD
    try:
        return Build.model_validate_json(path.read_bytes(), context=RECORDED)
    except FileNotFoundError:
        raise CorpusError(f"{folder}: no {BUILD}; not a whole corpus") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "record"
        raise CorpusError(f"{path}: {where}: {first['msg']}") from error


def verify(folder: Path) -> list[str]:
    """Everything that is wrong with a corpus, one sentence each: files, row counts, ids; empty if nothing."""
    problems: list[str] = []
    try:
        problems += _check_files(folder, read_checksums(folder))
    except CorpusError as error:
        problems.append(str(error))
    try:
        problems += _check_rows(folder, read_build(folder))
    except CorpusError as error:
        problems.append(str(error))
    return problems


def _check_files(folder: Path, digests: Mapping[str, str]) -> Iterator[str]:
    present = set(file_names(folder))
    for name in sorted(digests.keys() | present):
        if name not in present:
            yield f"{name}: missing"
        elif name not in digests:
            yield f"{name}: not in {CHECKSUMS}"
        elif sha256_of(folder / name) != digests[name]:
            yield f"{name}: altered"


def _check_rows(folder: Path, build: Build) -> Iterator[str]:
    shards = {shard.name: shard for account in build.accounts for shard in account.shards}
    for name in sorted(set(_shard_names(folder)) - shards.keys()):
        yield f"{name}: not in {BUILD}"
    by_source: dict[str, list[str]] = {}
    for name, shard in sorted(shards.items()):
        if problem := _shard_problem(folder, shard):
            yield problem
        else:
            by_source.setdefault(str(Path(name).parent), []).append(name)
    for names in by_source.values():
        yield from _repeated_ids(folder, names)


def _shard_problem(folder: Path, shard: Shard) -> str | None:
    if not (folder / shard.name).exists():
        return f"{shard.name}: named in {BUILD}, but missing"
    try:
        rows = row_count(folder / shard.name)
    except CorpusError as error:
        return str(error).removeprefix(f"{folder}/")
    return None if rows == shard.rows else f"{shard.name}: {rows} rows, but {BUILD} says {shard.rows}"


def _repeated_ids(folder: Path, names: list[str]) -> Iterator[str]:
    """Ids start with their source, so only shards of one source can repeat one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    chunks = [chunk for name in names for chunk in read_column(folder / name, "id").chunks]
    ids = pa.chunked_array(chunks, pa.string())
    counts = pc.value_counts(ids)
    for repeated in counts.filter(pc.greater(counts.field("counts"), 1)).to_pylist():
        yield f"{Path(names[0]).parent}: id {repeated['values']!r} stands in {repeated['counts']} rows"


def put_in_place(work: Path, out: Path, *, force: bool) -> None:
    """Rename the finished folder ``work`` to ``out``, on the same file system, once all of it is on disk.

    An old corpus at ``out`` is exchanged with the new one in one step where the system can (Linux), and
    removed after that; elsewhere it stands aside for the moment between two renames.

    Raises:
        CorpusError: something is at ``out`` and ``force`` is not set, or it is no corpus: that is never removed.
    """
    check_free(out, force=force)
    _sync_all(work)
    out.parent.mkdir(parents=True, exist_ok=True)
    if not out.exists():
        work.rename(out)
    elif not _exchange(work, out):
        _replace(work, out)
    _sync(out.parent)
    if work.exists():
        shutil.rmtree(work)


def check_free(out: Path, *, force: bool) -> None:
    """Make sure that a corpus may be put at ``out``.

    Raises:
        CorpusError: as :func:`put_in_place`.
    """
    if out.is_symlink():
        raise CorpusError(f"{out} is a link, which a finished corpus cannot take the place of; name another folder")
    if not os.path.lexists(out) or (out.is_dir() and not any(out.iterdir())):
        return
    if not force:
        raise CorpusError(f"{out} exists; --force replaces a corpus")
    if not (out / BUILD).is_file():
        raise CorpusError(f"{out} is no corpus (no {BUILD}), so --force does not replace it; remove it yourself")


def _replace(work: Path, out: Path) -> None:
    aside = work.with_name(work.name + ".old")
    out.rename(aside)
    try:
        work.rename(out)
    except OSError:
        aside.rename(out)
        raise
    shutil.rmtree(aside)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two folders in one step, if the system has such a step."""
    if not sys.platform.startswith("linux"):
        return False
    here, swap = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    return call is not None and call(here, os.fsencode(one), here, os.fsencode(other), swap) == 0


def _sync_all(folder: Path) -> None:
    for path in sorted(folder.rglob("*")):
        _sync(path)
    _sync(folder)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def file_names(folder: Path) -> list[str]:
    """Every file of a corpus that its checksums list, by path below it, sorted."""
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())
    return sorted(name for name in names if name not in UNLISTED)


def _shard_names(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in folder.glob("data/*/*.parquet")]
