"""Visual Genome's own list of its images, which says which of them are COCO images.

Source: `image_data.json` of https://homes.cs.washington.edu/~ranjay/visualgenome/api.html, a list of
`{"image_id", "coco_id", "flickr_id", "width", "height", "url"}`; `coco_id` is null for images that are not COCO's.
"""

from __future__ import annotations

from pathlib import Path

from t4s_data.errors import DataError
from t4s_data.files.json.item import Unread
from t4s_data.files.json.streams import JsonArray


def read_coco_ids(path: Path) -> dict[int, int]:
    """The COCO id of every Visual Genome image that has one, by Visual Genome id.

    Raises:
        DataError: the file is no such list, or an image stands in it twice.
    """
    found: dict[int, int] = {}
    seen: set[int] = set()
    for position, item in enumerate(JsonArray(path)):
        record = item.told()
        if isinstance(record, Unread):
            raise DataError(f"{path}: record {position}: {record.error.detail}")
        number, coco = _ids(record, f"{path}: record {position}")
        if number in seen:
            raise DataError(f"{path}: record {position}: image_id {number} stands in the file before")
        seen.add(number)
        if coco is not None:
            found[number] = coco
    if not found:
        raise DataError(f"{path}: no image has a coco_id; this is not Visual Genome's image_data.json")
    return found


def _ids(record: object, where: str) -> tuple[int, int | None]:
    if not isinstance(record, dict) or "coco_id" not in record:
        raise DataError(f"{where}: no object with image_id and coco_id; this is not Visual Genome's image_data.json")
    number, coco = record.get("image_id", record.get("id")), record["coco_id"]
    if type(number) is not int or not (coco is None or type(coco) is int):
        raise DataError(f"{where}: image_id {number!r} and coco_id {coco!r} are not numbers")
    return number, coco
