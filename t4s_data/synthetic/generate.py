"""A world of small pictures and annotations in the official layouts of all sources, from one seed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from t4s_data.errors import CommandError
from t4s_data.files.writing import write_whole
from t4s_data.synthetic.layouts.earthreason import write_earthreason
from t4s_data.synthetic.layouts.grefcoco import write_grefcoco
from t4s_data.synthetic.layouts.llava import write_llava
from t4s_data.synthetic.layouts.mask_folder import write_mask_folder
from t4s_data.synthetic.layouts.muse import write_muse
from t4s_data.synthetic.layouts.panoptic import write_instances, write_panoptic
from t4s_data.synthetic.layouts.pix2cap import write_pix2cap
from t4s_data.synthetic.layouts.reasonseg import write_reasonseg
from t4s_data.synthetic.layouts.refclef import write_refclef
from t4s_data.synthetic.layouts.refer import write_refcoco, write_refcoco_plus, write_refcocog
from t4s_data.synthetic.layouts.rrsisd import write_rrsisd
from t4s_data.synthetic.planted import Planted
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
    "mask-folder": write_mask_folder,
}
"""The writer of each source's layout, by the source's name."""


MARKER = "synthetic.json"
"""The file below the data root that says which world lies there and what is in it."""
FOLDERS = ("coco", "refer_seg", "pix2cap", "reason_seg", "muse", "rs_reason_seg", "llava", "gqa", "ocr_vqa", "textvqa",
           "vg", "masks")  # fmt: skip
"""What a world consists of, beside its marker."""


def write_world(
    data_root: Path, *, scale: float = 0.0005, seed: int = 0, sources: Iterable[str] | None = None, images: bool = True
) -> dict[str, dict[str, Any]]:
    """Fill a data root with synthetic data and say what is in it.

    The bytes depend on ``seed`` and ``scale`` alone: not on the other sources asked for, nor on the hash
    seed. Scale 1 has the official numbers of pictures, refs and sentences, and records that cannot be used
    in addition; however small the scale, every split has some records and every quirk of a layout occurs.

    Args:
        data_root: folder that the layouts are laid out in; made where it does not exist.
        scale: share of the official size.
        seed: the seed of everything.
        sources: names as in the recipe; all by default. What a world of the same seed and scale already
            has stays.
        images: whether pictures are written. Annotations, with their label images, always are, and so are
            the pictures of ReasonSeg and EarthReason, whose annotations say nothing of sizes.

    Returns:
        For each source asked for its ``splits`` (how many records are ``kept``, how many are ``quarantined``
        by reason, and how many of the kept ones are as well when image bytes are ``embedded``) and its
        ``quirks``. ``synthetic.json`` below the data root holds the same.

    Raises:
        CommandError: a source is unknown, the scale is not above zero, or other data lies in the folder.
    """
    if not scale > 0:
        raise CommandError(f"scale must be above 0, found {scale}")
    asked = list(WRITERS) if sources is None else list(sources)
    if unknown := sorted(set(asked) - WRITERS.keys()):
        raise CommandError(f"no synthetic source {unknown[0]!r}; there are {', '.join(WRITERS)}")
    known = _known(data_root, {"seed": seed, "scale": scale})
    world = World(data_root, scale, seed, images)
    _mark(world, known)
    reports = {name: WRITERS[name](world).report() for name in WRITERS if name in asked}
    _mark(world, {**known, **reports})
    return reports


def _mark(world: World, reports: dict[str, Any]) -> None:
    body = {"seed": world.seed, "scale": world.scale, "sources": dict(sorted(reports.items()))}
    write_whole(world.data_root / MARKER, json.dumps(body, indent=1).encode() + b"\n")


def _known(data_root: Path, world: dict[str, Any]) -> dict[str, Any]:
    """The reports of the sources that this very world already has in the folder."""
    marker = data_root / MARKER
    found = json.loads(marker.read_text()) if marker.exists() else {}
    if all(found.get(key) == value for key, value in world.items()):
        return dict(found["sources"])
    if present := [name for name in FOLDERS if (data_root / name).exists()]:
        raise CommandError(f"{data_root} holds other data ({present[0]}); a synthetic world needs a folder of its own")
    return {}
