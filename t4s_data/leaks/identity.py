"""What makes two image files one image: COCO's and Visual Genome's ids, and a file's own place for all others."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import blake2b

Identity = int
"""An image as a number below 2**64: a COCO id as it is, a Visual Genome id above 2**62, a hashed path above 2**63."""

VISUAL_GENOME = 1 << 62
ELSEWHERE = 1 << 63

_COCO = re.compile(r"(?:^|/)(?:COCO_[a-z]+20[0-9]{2}_)?([0-9]{12})(?![0-9])[^/]*\Z")
_VISUAL_GENOME = re.compile(r"(?:^|/)(?:VG_100K(?:_2)?|gqa/images)/([0-9]{1,9})\.[A-Za-z]+\Z")


def identity(path: str, visual_genome: Mapping[int, int] | None = None) -> Identity:
    """The image that a path below the data root means.

    A name of twelve digits is a COCO id, whatever stands around it: the ids are the same in COCO 2014 and 2017, and
    tools that rename files keep the digits. Visual Genome's folders and GQA's, which share its ids, name an image of
    Visual Genome; ``visual_genome`` maps those that are COCO images to their COCO ids
    (:func:`t4s_data.leaks.visual_genome.read_coco_ids`).

    >>> identity("refer_seg/images/coco_2014/train2014/COCO_train2014_000000581857.jpg")
    581857
    >>> identity("roboflow/train/000000581857_jpg.rf.0b3c.jpg") == identity("coco/train2017/000000581857.jpg")
    True
    >>> identity("vg/VG_100K/2412.jpg", {2412: 581857}), identity("gqa/images/7.jpg") - VISUAL_GENOME
    (581857, 7)
    """
    if found := _COCO.search(path):
        return int(found[1])
    if found := _VISUAL_GENOME.search(path):
        number = int(found[1])
        return (visual_genome or {}).get(number, VISUAL_GENOME | number)
    return ELSEWHERE | int.from_bytes(blake2b(path.encode("utf-8", "surrogatepass"), digest_size=8).digest()) >> 1


def is_unchecked(image: Identity) -> bool:
    """Whether an image is Visual Genome's and may be a COCO image under another id."""
    return VISUAL_GENOME <= image < ELSEWHERE
