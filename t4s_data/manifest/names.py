"""The sources and tasks by name."""

from __future__ import annotations

from typing import Literal

SourceName = Literal[
    "coco-panoptic",
    "refcoco",
    "refcoco+",
    "refcocog",
    "refclef",
    "grefcoco",
    "pix2cap",
    "reasonseg",
    "muse",
    "rrsis-d",
    "earthreason",
    "llava",
    "coco-instances",
    "mask-folder",
]
TaskName = Literal[
    "panoptic-segmentation",
    "semantic-segmentation",
    "conditioned-segmentation",
    "referring-segmentation",
    "referring-comprehension",
    "generalized-referring-segmentation",
    "reasoning-segmentation",
    "multi-reasoning-segmentation",
    "geospatial-reasoning-segmentation",
    "visual-understanding",
]
BOX_TASKS: frozenset[str] = frozenset({"referring-comprehension"})
"""Tasks whose answer is a box alone, which image-wise descriptors cannot say."""
