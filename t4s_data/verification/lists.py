"""The lists of records that are not in a corpus: complete, well formed, and of no record that is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from t4s_data.corpus.record import Account, Build
from t4s_data.sample import REASONS, RULES
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
        yield from _check_list(corpus / QUARANTINE, source, own, used)
        yield from _check_list(corpus / LEFT_OUT, source, own, used)


def _check_list(folder: Path, source: str, accounts: Sequence[Account], used: set[str]) -> Iterator[Problem]:
    """One list: every line an entry of a split that was read, and as many of each reason as the account says."""
    name = f"{folder.name}/{source}.jsonl"
    counts: dict[str, Counter[str]] = {_start(account): Counter() for account in accounts}
    for number, line in enumerate(_lines(folder / f"{source}.jsonl"), start=1):
        try:
            key, reason = _entry(line, ruled=folder.name == LEFT_OUT)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            yield Problem(name, f"line {number}: {error}")
            continue
        start = next((start for start in counts if key.startswith(start)), None)
        if start is None:
            yield Problem(name, f"line {number}: {shown(key)} is of no split that was read")
            continue
        counts[start][reason] += 1
        if reason not in (RULES if folder.name == LEFT_OUT else REASONS):
            yield Problem(name, f"line {number}: {shown(reason)} is no reason")
        if reason != "duplicate-key" and key in used:
            yield Problem(name, f"line {number}: {shown(key)} is in the corpus")
    for account in accounts:
        listed = dict(sorted(counts[_start(account)].items()))
        said = dict(sorted((account.left_out if folder.name == LEFT_OUT else account.quarantined).items()))
        if listed != said:
            yield Problem(name, f"lists {listed} of {account.split}, build.json says {said}")


def _entry(line: bytes, *, ruled: bool) -> tuple[str, str]:
    """The record's key and why it is not in the corpus."""
    if ruled:
        left_out = msgspec.json.decode(line, type=_LeftOut)
        return left_out.id, left_out.rule
    rejected = msgspec.json.decode(line, type=_Rejected)
    return rejected.key, rejected.reason


def _start(account: Account) -> str:
    split_id = f"{account.split_by}-{account.split}" if account.split_by else account.split
    return f"{account.source}/{split_id}/"


def _lines(path: Path) -> Iterator[bytes]:
    if path.is_file():
        with path.open("rb") as file:
            yield from file
