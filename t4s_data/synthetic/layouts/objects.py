"""Images and things as COCO's annotation files write them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco

from t4s_data.synthetic.scenes.catalog import LICENSES, THINGS
from t4s_data.synthetic.scenes.scene import Frame, Thing

INFO = {"description": "synthetic scenes", "url": "", "version": "1.0", "year": 2017, "contributor": "t4s synth"}


def head(*, licenses: bool) -> dict[str, Any]:
    """The fields of an instances file before its arrays; real RefCOCO files list no licences."""
    return {"info": INFO, "licenses": list(LICENSES) if licenses else []}


def thing_categories() -> list[dict[str, Any]]:
    """The `categories` of an instances file."""
    return [{"supercategory": kind.supercategory, "id": kind.id, "name": kind.name} for kind in THINGS]


def image_row(frame: Frame, image_id: int, file_name: str, folder: str = "train2017") -> dict[str, Any]:
    """An item of `images`."""
    return {
        "license": frame.license,
        "file_name": file_name,
        "coco_url": f"http://images.cocodataset.org/{folder}/{image_id:012d}.jpg",
        "height": frame.height,
        "width": frame.width,
        "date_captured": "2013-11-14 11:18:45",
        "flickr_url": f"http://flickr.invalid/{image_id}.jpg",
        "id": image_id,
    }


def annotation_id(image_id: int, thing: Thing) -> int:
    """The id of an object, the same in every source; crowds have COCO's very large ones."""
    return 900_100_000_000 + image_id if thing.crowd else 32 * image_id + thing.number


def annotation_row(frame: Frame, image_id: int, thing: Thing) -> dict[str, Any]:
    """An item of `annotations`: polygons, or uncompressed run lengths for crowds."""
    return {
        "segmentation": uncompressed(frame, thing) if thing.crowd else polygons(thing),
        "area": round(thing.area, 4),
        "iscrowd": int(thing.crowd),
        "image_id": image_id,
        "bbox": box(thing),
        "category_id": thing.category.id,
        "id": annotation_id(image_id, thing),
    }


def box(thing: Thing) -> list[float]:
    """Left, top, width and height in pixels."""
    left, top, right, bottom = thing.bounds
    return [left, top, round(right - left, 2), round(bottom - top, 2)]


def polygons(thing: Thing) -> list[list[float]]:
    """The rings as flat lists x, y, x, y, ... in pixels."""
    return [ring.ravel().tolist() for ring in thing.rings]


def compressed(frame: Frame, thing: Thing) -> list[dict[str, Any]]:
    """One compressed run-length dict a ring, `counts` as text."""
    return [compressed_text(rle) for rle in coco.frPyObjects(polygons(thing), frame.height, frame.width)]


def compressed_union(frame: Frame, thing: Thing) -> dict[str, Any]:
    """All rings as one compressed run-length dict, `counts` as text."""
    return compressed_text(coco.merge(coco.frPyObjects(polygons(thing), frame.height, frame.width)))


def compressed_text(rle: dict[str, Any]) -> dict[str, Any]:
    """A run-length dict whose `counts` JSON can hold."""
    return {"size": [int(side) for side in rle["size"]], "counts": rle["counts"].decode()}


def uncompressed(frame: Frame, thing: Thing) -> dict[str, Any]:
    """All rings as one dict of plain run lengths, column by column, background first."""
    flat = bitmap(frame, thing).ravel(order="F")
    edges = np.flatnonzero(np.diff(flat, prepend=0, append=2))
    return {"counts": np.diff(edges, prepend=0).tolist(), "size": [frame.height, frame.width]}


def bitmap(frame: Frame, thing: Thing) -> NDArray[np.uint8]:
    """The thing's pixels, uint8 (height, width) of 0 and 1."""
    parts = coco.frPyObjects(polygons(thing), frame.height, frame.width)
    return coco.decode(coco.merge(parts))
