"""One reader a layout: from files on disk to entries (sequential, no pixels) to samples (parallel, pure)."""
