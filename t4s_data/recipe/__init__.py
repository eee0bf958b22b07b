"""What goes into a corpus: the recipe, its parts, what it plans to, and whether the data is there."""
