"""A world of small pictures and annotations in the official layouts of all sources, from one seed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from t4s_data.errors import CommandError
from t4s_data.synthetic.earthreason import write_earthreason
from t4s_data.synthetic.grefcoco import write_grefcoco
from t4s_data.synthetic.llava import write_llava
from t4s_data.synthetic.muse import write_muse
from t4s_data.synthetic.panoptic import write_instances, write_panoptic
from t4s_data.synthetic.pix2cap import write_pix2cap
from t4s_data.synthetic.planted import Planted
from t4s_data.synthetic.reasonseg import write_reasonseg
from t4s_data.synthetic.refclef import write_refclef
from t4s_data.synthetic.refer import write_refcoco, write_refcoco_plus, write_refcocog
from t4s_data.synthetic.rrsisd import write_rrsisd
from t4s_data.synthetic.world import World

WRITERS: Mapping[str, Callable[[World], Planted]] = {
    "coco-panoptic": write_panoptic,
    "refcoco": write_refcoco,
    "refcoco+": write_refcoco_plus,
    "refcocog": write_refcocog,
    "refclef": write_refclef,
    "grefcoco": write_grefcoco,
    "pix2cap": write_pix2cap,
    "reasonseg": write_reasonseg,
    "muse": write_muse,
    "rrsis-d": write_rrsisd,
    "earthreason": write_earthreason,
    "llava": write_llava,
    "coco-instances": write_instances,
}
"""The writer of each source's layout, by the source's name."""


def write_world(
    data_root: Path, *, scale: float = 0.0005, seed: int = 0, sources: Iterable[str] | None = None, images: bool = True
) -> dict[str, dict[str, Any]]:
    """Fill a data root with synthetic data and say what is in it.

    The bytes depend on ``seed`` and ``scale`` alone: not on the other sources asked for, the hash seed or
    what is there already. Scale 1 has the official numbers of pictures, refs and sentences; however small
    the scale, every split has some records and every quirk of a layout occurs.

    Args:
        data_root: folder that the layouts are laid out in; made where it does not exist.
        scale: share of the official size.
        seed: the seed of everything.
        sources: names as in the recipe; all by default.
        images: whether JPEGs are written; annotations, with their label images, always are.

    Returns:
        For each source its ``splits`` (records ``kept``, and ``quarantined`` by reason) and its ``quirks``.

    Raises:
        CommandError: a source is unknown, or the scale is not above zero.
    """
    if not scale > 0:
        raise CommandError(f"scale must be above 0, found {scale}")
    asked = list(WRITERS) if sources is None else list(sources)
    if unknown := sorted(set(asked) - WRITERS.keys()):
        raise CommandError(f"no synthetic source {unknown[0]!r}; there are: {', '.join(WRITERS)}")
    world = World(data_root, scale, seed, images)
    return {name: WRITERS[name](world).report() for name in WRITERS if name in asked}
