"""What a part may open: its data root, and the folders of all layouts, which may be links to where data really lies."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePosixPath

from t4s_data.manifest.shipped import NAMES, load_manifest
from t4s_data.manifest.source import Manifest
from t4s_data.reading.opening import FileDigest, Reach
from t4s_data.recipe.parts import Part


def reach_of(part: Part, digests: dict[Path, FileDigest] | None = None) -> Reach:
    """What the reader of a part may open; ``digests`` get the files that it reads.

    Roots are the data root, the part's own root, files and folders, and the folders that the manifests of all
    sources name: any of them may be a link, as folders of COCO commonly are. Below them no link may lead out.
    """
    place = part.location
    own = [place.root, place.image_path(""), *(pattern for patterns in place.files.values() for pattern in patterns)]
    names = dict.fromkeys([*known_folders(), *(place.filled(pattern) for pattern in own)])
    folders = [place.data_root / parent for name in names for parent in _up(name)]
    formats = load_manifest(part.source).image_formats
    return Reach(tuple(dict.fromkeys(folders)), part.follow_links, formats, digests)


@cache
def known_folders() -> tuple[str, ...]:
    """The folders that the manifests name, filled in for every split, below the data root."""
    return tuple(dict.fromkeys(name for source in NAMES for name in _folders(load_manifest(source))))


def _folders(manifest: Manifest) -> Iterator[str]:
    yield from manifest.folders
    patterns = [manifest.root, manifest.images, *(file.path for file in manifest.files.values())]
    for split in manifest.split:
        values = {"{root}": manifest.root, "{split}": split.name, "{split_by}": split.by or ""}
        for pattern in patterns:
            for place, value in values.items():
                pattern = pattern.replace(place, value)  # noqa: PLW2901
            yield pattern


def _up(name: str) -> list[str]:
    """A path below the data root, and every folder above it."""
    return [name, *(parent.as_posix() for parent in PurePosixPath(name).parents)]
