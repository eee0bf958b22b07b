"""A corpus in a trainer's format: one file a format."""
