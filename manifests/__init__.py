"""Data, no code: what is known of each source, the words of each task, and the recipes that are shipped."""
