"""Proof that a corpus is what its build record says: every file, every row, every list, worked out again."""
