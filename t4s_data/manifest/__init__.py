"""What is known before any data is opened: the shipped data files, and the manifest of each source."""
