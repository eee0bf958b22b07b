"""Refiners: functions that redraw a decoded mask along the edges of its image.

A refiner is a plain function ``(image, mask) -> mask``:

- ``image``: uint8 (height, width, 3), RGB;
- ``mask``: bool (height, width), one decoded region, its edges those of the canvas cells;
- the result: bool (height, width).

It is called once per region, must not change its arguments, and is named on the command line as
``MODULE:FUNCTION``. The paper plugs in SAMRefiner with a ViT-H backbone (section IV-A1): the same signature
takes it, with the model loaded once in the module. :func:`random_walk` is an example without a model.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from t4s_data.errors import CommandError, DataError
from t4s_data.masks.mask import Bools

Pixels = NDArray[np.uint8]
Refiner = Callable[[Pixels, Bools], Bools]

_OPEN_BAND = 0.4
_EDGE_WEIGHT = 1000
_SMALLEST_CANVAS = 16


@cache
def load_refiner(name: str) -> Refiner:
    """The function named ``MODULE:FUNCTION``; the module may stand in the current folder.

    Raises:
        CommandError: there is no such module or function.
    """
    module, _, function = name.partition(":")
    if not module or not function:
        raise CommandError(f"a refiner is named MODULE:FUNCTION, found {name!r}")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)
    try:
        found = getattr(import_module(module), function, None)
    except ImportError as error:
        raise CommandError(f"refiner {name!r}: {error}") from None
    if not callable(found):
        raise CommandError(f"refiner {name!r}: module {module!r} has no function {function!r}")
    return found


def refine(refiner: Refiner, image: Pixels, mask: Bools) -> Bools:
    """What the refiner makes of a mask; a mask without a pixel stays as it is.

    Raises:
        DataError: the result is not a bool array of the mask's shape.
    """
    if not mask.any():
        return mask
    refined = refiner(image, mask)
    if not isinstance(refined, np.ndarray) or refined.dtype != bool or refined.shape != mask.shape:
        found = f"{refined.dtype} {refined.shape}" if isinstance(refined, np.ndarray) else type(refined).__name__
        raise DataError(f"the refiner gave {found}, expected a bool array {mask.shape}")
    return refined


def random_walk(image: Pixels, mask: Bools) -> Bools:
    """The mask with its outline moved to image edges within 0.4 cells, by scikit-image's random walker.

    Pixels farther from the outline keep their state, and the ones in between take that of the seed which
    random walks that avoid color edges reach first (Grady, 2006). The cell is the mask's finest step, at most
    a 16th of the image. Nothing is learned and nothing is random in the result.

    Raises:
        CommandError: scikit-image is not installed.
    """
    cell = cell_size(mask)
    window = _around(mask, cell)
    seeds = _seeds(mask[window], cell)
    refined = mask.copy()
    if len(np.unique(seeds)) == 3:
        refined[window] = _walk(image[window], seeds) == 2
    return refined


def cell_size(mask: Bools) -> tuple[int, int]:
    """Height and width in pixels of the cells that a mask was decoded from, as far as its outline tells.

    That is the shortest distance between two steps of the outline, at most a 16th of the image.

    >>> cell_size(np.eye(20, dtype=bool).repeat(4, axis=0).repeat(3, axis=1))
    (4, 3)
    """
    return _finest_step(mask), _finest_step(mask.T)


def _finest_step(mask: Bools) -> int:
    steps = np.flatnonzero((mask[1:] != mask[:-1]).any(axis=1))
    most = max(2, len(mask) // _SMALLEST_CANVAS)
    return max(2, min(most, *np.diff(steps).tolist())) if len(steps) > 1 else most


def _around(mask: Bools, cell: tuple[int, int]) -> tuple[slice, slice]:
    """The box of the mask with two cells of margin: far enough for seeds on both sides of the outline."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    bounds = zip((rows, columns), cell, strict=True)
    top, left = (slice(max(0, int(on[0]) - 2 * size), int(on[-1]) + 1 + 2 * size) for on, size in bounds)
    return top, left


def _seeds(mask: Bools, cell: tuple[int, int]) -> NDArray[np.int32]:
    """2 for pixels that stay in the mask, 1 for those that stay out, 0 for the band around the outline."""
    distance_transform = _extra("scipy.ndimage").distance_transform_edt
    sampling = [1 / size for size in cell]
    # The image's border is no outline: the mask goes on beyond it.
    inside = distance_transform(np.pad(mask, 1, mode="edge"), sampling=sampling)[1:-1, 1:-1]
    outside = distance_transform(~mask, sampling=sampling)
    band = min(_OPEN_BAND, np.nextafter(inside.max(), 0))
    return np.where(inside > band, 2, 0) + np.where(outside > _OPEN_BAND, 1, 0).astype(np.int32)


def _walk(image: Pixels, seeds: NDArray[np.int32]) -> NDArray[np.int32]:
    walker = _extra("skimage.segmentation").random_walker
    with warnings.catch_warnings():
        # Bits of the band that no seed touches stay unlabeled, which is out of the mask.
        warnings.simplefilter("ignore")
        return walker(image / 255, seeds, beta=_EDGE_WEIGHT, mode="cg_j", tol=1e-2, channel_axis=-1)


def _extra(module: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise CommandError(f"this refiner needs scikit-image: pip install 't4s-data[refine]' ({error})") from None
