"""What the licence ids of COCO images stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from t4s_data.manifest.shipped import read_shipped


@dataclass(frozen=True, slots=True)
class License:
    """A licence by its id in COCO files; ``spdx`` is None where SPDX has no identifier for it."""

    id: int
    name: str
    url: str
    spdx: str | None = None


@cache
def coco_licenses() -> Mapping[int, License]:
    """COCO's licences by id, 1 to 8 (manifests/licences.toml; the `licenses` list of COCO's own files).

    >>> coco_licenses()[4].spdx
    'CC-BY-2.0'
    """
    return {item["id"]: License(**item) for item in read_shipped("licences.toml")["license"]}


def license_name(license_id: int | str | None, names: Mapping[int | str, str]) -> str | None:
    """The name of an image's licence: from the annotation file's own ``names``, or COCO's where it has none.

    An id that the list in use does not hold stays None.

    >>> license_name(2, {}), license_name(2, {2: "House rules"}), license_name(9, {})
    ('Attribution-NonCommercial License', 'House rules', None)
    """
    if license_id is None:
        return None
    if names:
        return names.get(license_id)
    known = coco_licenses().get(license_id) if isinstance(license_id, int) else None
    return known.name if known else None
