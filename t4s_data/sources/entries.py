"""The stream of entries that a reader gives: cut to a number of records, and each key once."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from t4s_data.reading.bounds import MAX_RECORDS
from t4s_data.sample import Entry, Reject


def within(items: Iterable[Entry | Reject], limit: int) -> Iterator[Entry | Reject]:
    """The items up to `limit` records (0 = all); an entry that passes it keeps its first records."""
    left = limit or sys.maxsize
    for item in items:
        if left <= 0:
            return
        yield replace(item, keys=item.keys[:left]) if isinstance(item, Entry) else item
        left -= records_of(item)


def without_repeats(items: Iterable[Entry | Reject]) -> Iterator[Entry | Reject]:
    """The items with every record key once; an entry that repeats a key becomes rejects, one a record.

    So does one of more than :data:`MAX_RECORDS` records, which are built in one piece.
    """
    seen: set[str] = set()
    for item in items:
        if isinstance(item, Entry) and len(item.keys) > MAX_RECORDS:
            yield from _too_many(item)
            continue
        keys = item.keys if isinstance(item, Entry) else (item.key,)
        repeated = _first_known(keys, seen)
        seen.update(keys)
        if repeated is None:
            yield item
        else:
            detail = f"key {repeated!r} stands in this split before"
            yield from (Reject(key, "duplicate-key", detail, item.group or keys[0]) for key in keys)


def _too_many(item: Entry) -> Iterator[Reject]:
    detail = f"{len(item.keys):,} records of one image, ref or conversation, {MAX_RECORDS:,} allowed"
    return (Reject(key, "too-large", detail, item.group or item.keys[0]) for key in item.keys)


def _first_known(keys: Sequence[str], seen: Collection[str]) -> str | None:
    """The first key that is among those seen or that an earlier one repeats."""
    if len(set(keys)) == len(keys) and not any(key in seen for key in keys):
        return None
    own: set[str] = set()
    for key in keys:
        if key in seen or key in own:
            return key
        own.add(key)
    return None


def of_one(group: str, items: Iterable[Entry | Reject]) -> Iterator[Entry | Reject]:
    """The items that a reader gives for one image, ref or conversation, marked as such.

    >>> [item.group for item in of_one("7", [Reject("7-0", "no-texts", ""), Entry(("7-1",), None)])]
    ['7', '7']
    """
    for item in items:
        yield replace(item, group=group)


def records_of(item: Entry | Reject) -> int:
    """How many records an item of a source's stream stands for."""
    return len(item.keys) if isinstance(item, Entry) else 1
