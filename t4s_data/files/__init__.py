"""What lies on disk, read with suspicion: JSON, pickles, texts, images, folders, and where a split lies."""
