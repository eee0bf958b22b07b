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
PresetName = Literal[
    "ade20k",
    "cityscapes",
    "cityscapes-train-ids",
    "coco-stuff",
    "coco-stuff-train-ids",
    "coco-stuff-pixelmaps",
    "pascal-context-59",
    "pascal-voc",
]
"""Data sets of index PNGs whose layout and classes are known."""
BOX_TASKS: frozenset[str] = frozenset({"referring-comprehension"})
"""Tasks whose answer is a box alone, which image-wise descriptors cannot say."""
