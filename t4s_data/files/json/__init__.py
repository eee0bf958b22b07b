"""JSON of any size and any legal style: an outline first, within stated bounds, and values only when asked for."""
