"""One synthetic world: where it is written, how large it is, and the pictures that its sources share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from t4s_data.choice import draw
from t4s_data.files.writing import write_whole
from t4s_data.synthetic.scenes.composer import frame_of, scene_of
from t4s_data.synthetic.scenes.painter import picture
from t4s_data.synthetic.scenes.scene import Frame, Scene

TRAIN2017_IMAGES, VAL2017_IMAGES = 118_287, 5_000
TRAIN2014 = "refer_seg/images/coco_2014/train2014"


@dataclass(frozen=True, slots=True)
class World:
    """A data root to fill, with everything that decides its bytes; scale 1 is the official size."""

    data_root: Path
    scale: float
    seed: int
    images: bool

    def size(self, official: int, least: int = 2) -> int:
        """How many there are in this world of what is ``official`` many in the official data."""
        return max(least, round(official * self.scale))

    def frame(self, pool: str, number: int) -> Frame:
        """The frame of a picture."""
        return frame_of(self.seed, pool, number)

    def scene(self, pool: str, number: int) -> Scene:
        """The scene of a picture."""
        return scene_of(self.seed, pool, number)

    def draw(self, *parts: str) -> int:
        """A 64-bit number that looks random, see :func:`t4s_data.choice.draw`."""
        return draw(self.seed, *parts)

    def shuffled(self, numbers: Iterable[int], *name: str) -> list[int]:
        """The numbers in an order of their own for each name."""
        random = np.random.Generator(np.random.PCG64(draw(self.seed, "order", *name)))
        return random.permutation(np.fromiter(numbers, np.int64)).tolist()

    def photograph(self, scene: Scene, *paths: str) -> None:
        """Write the scene's picture to paths below the data root, unless this world has no pictures."""
        if self.images:
            self.pictured(scene, *paths)

    def pictured(self, scene: Scene, *paths: str) -> None:
        """Write the scene's picture, even to a world without pictures."""
        wanted = [self.data_root / path for path in paths]
        missing = [path for path in wanted if not path.exists()]
        if missing:
            data = picture(scene)
            for path in missing:
                write_whole(path, data)

    def train2017(self) -> range:
        """The numbers of the pictures of COCO train2017."""
        return range(self.size(TRAIN2017_IMAGES, 40))

    def val2017(self) -> range:
        """The numbers of the pictures of COCO val2017, all negative."""
        return range(-1, -1 - self.size(VAL2017_IMAGES, 4), -1)

    def talked_about(self) -> range:
        """The pictures of train2014 (all in train2017) that the referring sets choose from."""
        return range(0, len(self.train2017()), 3)

    def image_id(self, number: int) -> int:
        """The COCO id of a picture: the same in every source, with gaps as in COCO.

        Train ids are 2, 3 or 4 modulo 5, val ids 0.
        """
        return 5 * -number + 5 if number < 0 else 5 * number + 9 - draw(self.seed, "image id", str(number)) % 3


def name2017(image_id: int) -> str:
    """The file name of a picture in COCO 2017."""
    return f"{image_id:012d}.jpg"


def name2014(image_id: int) -> str:
    """The file name of a picture in COCO train2014."""
    return f"COCO_train2014_{image_id:012d}.jpg"


def portion(total: int, parts: int, place: int, salt: int = 0) -> int:
    """How much of a total falls on one of its parts: uneven between neighbours, exact in sum, 1 at least.

    >>> [portion(10, 4, place) for place in range(4)], sum(portion(120624, 42404, k) for k in range(42404))
    ([3, 2, 1, 4], 120624)
    """
    even = _share(total, parts, place)
    partner = place ^ 1
    if partner >= parts:
        return even
    # Neighbours trade one, where both have it to give; a hash of the pair says which way.
    trade = draw(salt, "portion", str(place // 2)) % 3
    first = place < partner
    gives = (trade == 1) == first
    if trade == 0 or min(even, _share(total, parts, partner)) < 2:
        return even
    return even - 1 if gives else even + 1


def _share(total: int, parts: int, place: int) -> int:
    return (place + 1) * total // parts - place * total // parts
