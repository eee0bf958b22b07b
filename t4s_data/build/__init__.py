"""From entries to a corpus: blocks, rows, shards, tallies, and the assembly of them."""
