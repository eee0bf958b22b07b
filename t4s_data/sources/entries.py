"""The stream of entries that a reader gives: cut to a number of records, and each key once."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace

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
    """The items with every record key once; an entry that repeats a key becomes rejects, one a record."""
    seen: set[str] = set()
    for item in items:
        keys = item.keys if isinstance(item, Entry) else (item.key,)
        repeated = next((key for n, key in enumerate(keys) if key in seen or key in keys[:n]), None)
        seen.update(keys)
        if repeated is None:
            yield item
        else:
            yield from (Reject(key, "duplicate-key", f"key {repeated!r} stands in this split before") for key in keys)


def records_of(item: Entry | Reject) -> int:
    """How many records an item of a source's stream stands for."""
    return len(item.keys) if isinstance(item, Entry) else 1
