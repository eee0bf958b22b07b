"""A world of small pictures and annotations in the official layouts of all sources, from one seed."""
