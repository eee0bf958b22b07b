"""What a corpus holds: summaries of shards that merge, ceilings, recoded lengths, findings, comparison."""
