"""Masks as text and back: one file a codec, its reader beside it. Knows grids and labels, no files and no sources."""
