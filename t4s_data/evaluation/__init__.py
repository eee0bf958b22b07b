"""Predictions against a corpus: decoded, scored, and written as masks."""
