"""The sources and tasks by name."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ValidationInfo, WithJsonSchema

from t4s_data.registry import RECORDED, Registry


def _reader(name: str, found: Any) -> Any:
    if not callable(found) or not all(hasattr(found, part) for part in ("manifest", "inputs", "entries", "samples")):
        if SOURCES.is_builtin(name):
            return found
        raise TypeError(f"expected a class with manifest, inputs(), entries() and samples(), found {found!r}")
    return found


SOURCES: Registry[Any] = Registry(
    "source",
    "t4s_data.sources",
    {
        "coco-panoptic": "t4s_data.sources.coco_panoptic:CocoPanoptic",
        "refcoco": "t4s_data.sources.refer:Refer",
        "refcoco+": "t4s_data.sources.refer:Refer",
        "refcocog": "t4s_data.sources.refer:Refer",
        "refclef": "t4s_data.sources.refer:Refer",
        "grefcoco": "t4s_data.sources.grefcoco:Grefcoco",
        "pix2cap": "t4s_data.sources.pix2cap:Pix2Cap",
        "reasonseg": "t4s_data.sources.reasonseg:ReasonSeg",
        "muse": "t4s_data.sources.muse:Muse",
        "rrsis-d": "t4s_data.sources.refer:Refer",
        "earthreason": "t4s_data.sources.earthreason:EarthReason",
        "llava": "t4s_data.sources.llava:Llava",
        "coco-instances": "t4s_data.sources.coco_instances:CocoInstances",
        "mask-folder": "t4s_data.sources.mask_folder:MaskFolder",
    },
    ready=_reader,
)
"""The reader of every source: those of the paper's Table I in its order, the user's own masks, then plug-ins."""


def check_registered(name: str, info: ValidationInfo) -> str:
    """The name itself; raises :class:`ValueError` where no source has it, unless a record is read."""
    if name not in SOURCES and info.context != RECORDED:
        raise ValueError(f"no source is named {name!r}; there are {', '.join(SOURCES)}")
    return name


SourceName = Annotated[
    str,
    AfterValidator(check_registered),
    WithJsonSchema({"anyOf": [{"enum": list(SOURCES.builtin)}, {"type": "string"}]}),
]
"""The name of a source that is registered; JSON Schemas list those that ship with the package."""
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
