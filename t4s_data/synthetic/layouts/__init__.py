"""One writer a layout: a scene's truth in the files of one source."""
