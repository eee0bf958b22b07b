"""Decoded masks as PNG files: one a region, or one an answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import numpy as np
from PIL import Image as Pillow
from PIL.PngImagePlugin import PngInfo

from t4s_data.evaluation.answers import Answer
from t4s_data.masks.mask import Bools

_PLAIN = " #+,;=@()[]!'&:"


@dataclass(frozen=True, slots=True)
class PngFolder:
    """Writes gray PNGs of the image's size, 255 in the mask and 0 outside.

    ``ID-0.png``, ``ID-1.png``, ... for the regions in the order of the text, their label in the PNG's
    ``label`` text; or, ``united``, ``ID.png`` for all regions, black if there is none.
    """

    folder: Path
    united: bool = False

    def add(self, name: str, answer: Answer, size: tuple[int, int]) -> None:
        """Write the masks of one answer, for an image of that height and width."""
        stem = stem_of(name)
        for suffix, label, mask in self._masks(answer, size):
            path = self.folder / f"{stem}{suffix}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            notes = PngInfo()
            notes.add_itxt("label", label)
            Pillow.fromarray(mask.astype(np.uint8) * 255).save(path, pnginfo=notes)

    def _masks(self, answer: Answer, size: tuple[int, int]) -> Iterator[tuple[str, str, Bools]]:
        if self.united:
            cover = answer.cover
            yield "", "", cover.dense() if cover else np.zeros(size, dtype=bool)
            return
        for number, region in enumerate(answer.regions):
            yield f"-{number}", region.label, region.cover.dense()


def stem_of(name: str) -> str:
    """An id as a path below a folder: its ``/`` make folders, and no part of it leads out of there.

    >>> stem_of("refcoco/unc-val/7-12#0"), stem_of("../a?b")
    ('refcoco/unc-val/7-12#0', '%2E%2E/a%3Fb')
    """
    return "/".join(_safe(part) for part in name.split("/"))


def _safe(part: str) -> str:
    return quote(part, safe=_PLAIN) if part.strip(".") else part.replace(".", "%2E") or "%"
