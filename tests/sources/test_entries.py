"""The stream of entries that every source's records pass through."""

from __future__ import annotations

from t4s_data.reading.bounds import MAX_RECORDS
from t4s_data.sample import Entry, Reject
from t4s_data.sources.entries import without_repeats


def test_an_entry_of_too_many_records_is_rejected_record_by_record():
    keys = tuple(map(str, range(MAX_RECORDS + 1)))
    kept, *lost = without_repeats([Entry(keys[:-1], None), Entry(keys, None, group="ref")])
    assert isinstance(kept, Entry)
    assert len(kept.keys) == MAX_RECORDS
    assert [item.key for item in lost if isinstance(item, Reject)] == list(keys)
    assert {(item.reason, item.group) for item in lost if isinstance(item, Reject)} == {("too-large", "ref")}
