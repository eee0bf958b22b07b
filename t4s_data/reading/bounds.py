"""How much is read of anything: bounds that real data keeps by a wide margin, checked before libraries see it.

A record that passes one is quarantined as `too-large`; a file of annotations that does ends the build.
"""

from __future__ import annotations

MAX_PIXELS = 178_956_970
"""The most pixels of an image: what Pillow opens at most, and so every trainer that reads with it."""
MAX_SIDE = 65_535
"""The longest side of an image in pixels: a JPEG's."""
MAX_IMAGE_BYTES = 1 << 28
"""The most bytes of an image file, a small one of a record, or an index PNG."""
MAX_RUNS = 1 << 21
"""The most run lengths, or characters of compressed ones, of a region: hundreds of times what COCO's have."""
MAX_EDGES = 1 << 24
"""The most runs of all regions of a label image, or of one that comes as pixels: every fourth pixel of 8192 x 8192."""
MAX_STEPS = 10_000_000
"""The most steps of a region's outlines, five a pixel of the longer direction of each edge.

pycocotools takes 24 bytes a step and does not look whether it got them. COCO's largest have some 20,000.
"""
MAX_RECORDS = 1 << 16
"""The most records of one entry: of an image, a ref or a conversation, whatever the source. Real ones have hundreds."""
MAX_PICKLE_DEPTH = 64
"""The most levels of containers in a pickle; refs have five."""
MAX_PICKLE_TUPLES = 250_000
"""The most tuples of a pickle: one within the other, they are hashed level by level on the stack."""
MAX_IDS_BYTES = 1 << 26
"""The most bytes of a list of images that a recipe holds out; COCO's 328,000 ids have three million."""
