"""Where the images of a COCO file lie: tools put them beside it, above it, or in a folder of their own.

The places are those of COCO, Roboflow, CVAT and Datumaro, labelme2coco, Label Studio, Supervisely and LVIS. The one
that holds most of the first names is taken, the earliest where several hold as many.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

from t4s_data.errors import RecordError
from t4s_data.files.location import Location
from t4s_data.files.names import image_name

PROBED = 64
"""How many names of a file are looked for before a folder is chosen."""
BESIDE = ("", "images", "JPEGImages")
"""Where images lie below the folder of the annotation file."""


@dataclass(frozen=True, slots=True)
class ImagePaths:
    """Paths of the images of one file: ``folder`` is below the data root, with ``/`` and empty for the root itself.

    ``looked_in`` are all folders that were tried.
    """

    folder: str
    looked_in: tuple[str, ...]

    @classmethod
    def of(cls, location: Location, file: Path, names: Iterable[str]) -> ImagePaths:
        """The folder that the recipe names, or else the one that holds the images of these names."""
        if location.images_given:
            folder = location.image_path("")
            return cls(folder, (folder,))
        folders = tuple(dict.fromkeys(_folders(location, file)))
        probed = list(islice(_usable(names), PROBED))
        held = [sum((location.data_root / folder / name).is_file() for name in probed) for folder in folders]
        return cls(folders[held.index(max(held))], folders)

    def path(self, name: str) -> str:
        """The path below the data root of the image of that name."""
        return f"{self.folder}/{name}" if self.folder else name


def name_of(file_name: str | None, coco_url: str | None) -> str:
    """An image's name below the folder of images: its `file_name`, or in LVIS the end of its `coco_url`.

    LVIS has no `file_name`, and its images lie in the folders of COCO's own splits.

    Raises:
        RecordError: `bad-type`, there is neither, or no file below the folder can have the name.

    >>> name_of(None, "http://images.cocodataset.org/val2017/000000397133.jpg")
    'val2017/000000397133.jpg'
    """
    if file_name is not None:
        return image_name(file_name, "file_name")
    if coco_url is None:
        raise RecordError("bad-type", "the image has neither file_name nor coco_url")
    return image_name("/".join(urlsplit(coco_url).path.split("/")[-2:]), "coco_url")


def _folders(location: Location, file: Path) -> Iterator[str]:
    yield location.image_path("")
    root, split = location.folder, location.split
    yield from ("/".join(filter(None, (root, *parts))) for parts in (("images", split), (split, "images")))
    yield from _beside(file, location.data_root)
    yield from ("/".join(filter(None, (root, *parts))) for parts in (("images",), (split,), ()))


def _beside(file: Path, data_root: Path) -> Iterator[str]:
    """Folders beside the annotation file and the folder that it lies in, as far as they are below the data root."""
    subset = file.stem.removeprefix("instances_")
    beside = [file.parent / place for place in BESIDE]
    above = [file.parents[1] / "images" / subset, file.parents[1] / "images"]
    yield from (_below(folder, data_root) for folder in (*beside, *above) if folder.is_relative_to(data_root))


def _below(folder: Path, root: Path) -> str:
    path = folder.relative_to(root).as_posix()
    return "" if path == "." else path


def _usable(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        try:
            yield image_name(name, "file_name")
        except RecordError:
            continue
