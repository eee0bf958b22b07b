"""The lists of records that are not in a corpus: complete, well formed, and of no record that is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from t4s_data.corpus.record import Account, Build
from t4s_data.sample import REASONS
from t4s_data.verification.problems import Problem, shown

QUARANTINE = "quarantine"
LEFT_OUT = "left-out"


class _Rejected(msgspec.Struct, forbid_unknown_fields=True):
    key: str
    reason: str
    detail: str


class _LeftOut(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    rule: str
    detail: str


def check_lists(corpus: Path, build: Build, ids: Mapping[str, Sequence[str]]) -> Iterator[Problem]:
    """The quarantine's and the left-out lists, by source, against the accounts and the ids of the source's rows."""
    accounts: dict[str, list[Account]] = {}
    for account in build.accounts:
        accounts.setdefault(account.source, []).append(account)
    for folder in (QUARANTINE, LEFT_OUT):
        for path in sorted((corpus / folder).glob("*")):
            if path.suffix != ".jsonl" or path.stem not in accounts:
                yield Problem(f"{folder}/{path.name}", "is the list of no source of this corpus")
    for source, own in accounts.items():
        used = {row_id.rpartition("#")[0] for row_id in ids.get(source, ()) if row_id.endswith("#0")}
        yield from _check_quarantine(corpus, source, own, used)
        yield from _check_left_out(corpus, source, own, used)


def _check_quarantine(corpus: Path, source: str, accounts: Sequence[Account], used: set[str]) -> Iterator[Problem]:
    name = f"{QUARANTINE}/{source}.jsonl"
    counts: dict[str, Counter[str]] = {_start(account): Counter() for account in accounts}
    for number, line in enumerate(_lines(corpus / name), start=1):
        try:
            entry = msgspec.json.decode(line, type=_Rejected)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            yield Problem(name, f"line {number}: {error}")
            continue
        start = next((start for start in counts if entry.key.startswith(start)), None)
        if start is None:
            yield Problem(name, f"line {number}: key {shown(entry.key)} is of no split that was read")
            continue
        counts[start][entry.reason] += 1
        if entry.reason not in REASONS:
            yield Problem(name, f"line {number}: {shown(entry.reason)} is no reason")
        if entry.reason != "duplicate-key" and entry.key in used:
            yield Problem(name, f"line {number}: {shown(entry.key)} is in the corpus")
    for account in accounts:
        if (listed := dict(sorted(counts[_start(account)].items()))) != dict(sorted(account.quarantined.items())):
            yield Problem(name, f"lists {listed} of {account.split}, build.json says {dict(account.quarantined)}")


def _check_left_out(corpus: Path, source: str, accounts: Sequence[Account], used: set[str]) -> Iterator[Problem]:
    name = f"{LEFT_OUT}/{source}.jsonl"
    starts = [_start(account) for account in accounts]
    for number, line in enumerate(_lines(corpus / name), start=1):
        try:
            entry = msgspec.json.decode(line, type=_LeftOut)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            yield Problem(name, f"line {number}: {error}")
            continue
        if not entry.id.startswith(tuple(starts)):
            yield Problem(name, f"line {number}: id {shown(entry.id)} is of no split that was read")
        if entry.id.rpartition("#")[0] in used or entry.id in used:
            yield Problem(name, f"line {number}: {shown(entry.id)} is in the corpus")


def _start(account: Account) -> str:
    split_id = f"{account.split_by}-{account.split}" if account.split_by else account.split
    return f"{account.source}/{split_id}/"


def _lines(path: Path) -> Iterator[bytes]:
    if path.is_file():
        with path.open("rb") as file:
            yield from file
