"""Laws of summaries: they do not depend on where rows are cut into shards, nor on the order of merging."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from t4s_data.audit.ceilings import CANVASES
from t4s_data.audit.content import repeated
from t4s_data.audit.picks import Picks
from t4s_data.audit.summary import OWN, TEXTS, Measures, Summary, audit_shard
from t4s_data.corpus.row import Row
from t4s_data.corpus.shards import write_shard
from t4s_data.sample import Turn

Rows = dict[str, Row]
EVERYTHING = 1 << 64


def measures(rows: Rows, *counters: tuple[str, str], studied: int = EVERYTHING) -> Measures:
    shares = {row.source: studied for row in rows.values()}
    return Measures("qwen2", "bsd-64", counters or (("qwen2", OWN),), shares, EVERYTHING)


def summary(folder: Path, rows: list[Row], wanted: Measures) -> Summary:
    write_shard(folder / "shard.parquet", rows, embed=True)
    return audit_shard(folder, "shard.parquet", wanted)


def figures(found: Summary) -> Any:
    """The summary with what has an order of its own sorted; which shard a picked row is in depends on the cut."""
    picks = {kind: [pick[0] for pick in picks] for kind, picks in found.picks.kinds.items()}
    keys = {source: sorted(chunks(keys)) for source, keys in found.content.keys.items()}
    content = msgspec.structs.replace(found.content, keys={})
    return picks, keys, msgspec.structs.replace(found, content=content, picks=Picks())


def chunks(keys: bytes) -> list[bytes]:
    return [keys[at : at + 8] for at in range(0, len(keys), 8)]


def test_cuts_and_order_do_not_matter(rows: Rows, tmp_path: Path):
    every = list(rows.values())
    wanted = measures(rows, ("qwen2", OWN), ("qwen2", "isd-16-full"))
    whole = summary(tmp_path, every, wanted)
    parts = [summary(tmp_path, every[start::3], wanted) for start in range(3)]
    for order in ((0, 1, 2), (2, 0, 1)):
        total = Summary()
        for number in order:
            total.merge(parts[number])
        assert figures(total) == figures(whole)


def test_saving_keeps_everything(rows: Rows, tmp_path: Path):
    found = summary(tmp_path, list(rows.values()), measures(rows))
    found.save(tmp_path / "saved")
    assert Summary.load(tmp_path / "saved") == found


def test_own_lengths_are_the_columns(rows: Rows, tmp_path: Path):
    found = summary(tmp_path, list(rows.values()), measures(rows, studied=0))
    for text in TEXTS:
        total: Counter[int] = Counter()
        for key, histogram in found.lengths.items():
            if key[-1] == text:
                total.update(histogram)
        assert total == Counter(getattr(row, f"{text}_tokens") for row in rows.values())
    assert not found.regions
    assert not found.figure


def test_every_region_is_studied_where_all_are_asked_for(rows: Rows, tmp_path: Path):
    found = summary(tmp_path, list(rows.values()), measures(rows))
    with_codec = [row for row in rows.values() if row.codec != "none"]
    for n in CANVASES:
        regions = sum(one.count for (_, canvas, _), one in found.regions.items() if canvas == n)
        assert regions == sum(len(row.regions) for row in with_codec)
        assert sum(one.count for (_, canvas), one in found.rows.items() if canvas == n) == len(with_codec)
    rescued = sum(one.rescued for (_, canvas, _), one in found.regions.items() if canvas == 64)
    assert rescued == sum(region.rescued for row in with_codec for region in row.regions)


def test_a_sample_takes_whole_images(rows: Rows, tmp_path: Path):
    found = summary(tmp_path, list(rows.values()), measures(rows, studied=EVERYTHING // 2))
    studied = sum(one.count for (_, n, _), one in found.regions.items() if n == 64)
    assert 0 < studied < sum(len(row.regions) for row in rows.values())


def test_content_counts_rows(rows: Rows, tmp_path: Path):
    content = summary(tmp_path, list(rows.values()), measures(rows)).content
    for (source, task, split), group in content.groups.items():
        own = [row for row in rows.values() if (row.source, row.task, row.split) == (source, task, split)]
        assert group.rows == len(own) > 0
        assert group.regions == sum(len(row.regions) for row in own)
        assert group.no_target == sum(row.codec != "none" and not row.regions for row in own)
    assert any(group.no_target for group in content.groups.values())
    answers = "".join(row.messages[-1].content for row in rows.values() if row.source == "refcoco")
    bricks = content.numbers["refcoco"].foreground
    assert bricks
    assert all(answers.count(f"<fg{length}>") == times for length, times in bricks.items())


def test_repeated_rows_are_found(rows: Rows, tmp_path: Path):
    refcoco = [row for row in rows.values() if row.source == "refcoco"]
    once = repeated(summary(tmp_path, refcoco, measures(rows)).content.keys.values())
    # Another template and another id do not hide that image, label and mask are the same.
    again = [replace(row, id=f"again/{row.id}", messages=[Turn("user", "?"), row.messages[1]]) for row in refcoco[:5]]
    twice = repeated(summary(tmp_path, refcoco + again, measures(rows)).content.keys.values())
    assert twice == (once[0] + 5, once[1] + 5)


def test_labels_that_are_no_words_are_not_counted_as_labels(rows: Rows, tmp_path: Path):
    content = summary(tmp_path, list(rows.values()), measures(rows)).content
    assert any(region.label == "roi0" for row in rows.values() for region in row.regions)
    assert not any(label.startswith("roi") for labels in content.labels.values() for label in labels.counts)


@pytest.mark.parametrize("codec", ["bsd-64", "bsd-48-bare", "isd-64-rrle"])
def test_conversations_count_under_every_codec(codec: str, rows: Rows, tmp_path: Path):
    kept = [row for row in rows.values() if row.codec == "none"]
    found = summary(tmp_path, kept, measures(rows, ("qwen2", codec)))
    counted = {length for key, one in found.lengths.items() if key[-1] == "total" for length in one}
    # A bare brick is a token where it is in the vocabulary, and two letters and digits elsewhere.
    differs = counted != {row.total_tokens for row in kept}
    assert differs == (codec == "bsd-48-bare" and any("fg1" in str(row.messages) for row in kept))
