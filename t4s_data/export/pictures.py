"""Where an export's records find their images."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from t4s_data.corpus.row import RowImage
from t4s_data.errors import CorpusError, RecordError
from t4s_data.reading.pictures import opened

FOLDER = "images"


@dataclass(frozen=True, slots=True)
class Pictures:
    """Gives each image its path.

    An embedded image is written once below ``folder``, named after its content, and its path is relative to
    ``folder``. Any other keeps the path of its row, behind ``prefix``.
    """

    folder: Path
    prefix: str = ""

    def path(self, image: RowImage) -> str:
        """The path of a row's image, with ``/``.

        Raises:
            CorpusError: the image has neither bytes nor a path, or bytes of no known image format.
        """
        if image.bytes is not None:
            return self._extract(image.bytes, image.path)
        if not image.path:
            raise CorpusError("an image has neither bytes nor a path")
        return self.prefix + image.path

    def _extract(self, data: bytes, label: str | None) -> str:
        digest = sha256(data).hexdigest()
        name = f"{FOLDER}/{digest[:2]}/{digest}.{_extension(data, label)}"
        path = self.folder / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return name


def _extension(data: bytes, label: str | None) -> str:
    """The extension of what the bytes are: names in the sources do not always tell."""
    try:
        with opened(data, repr(label)) as image:
            kind = image.format or ""
    except RecordError as error:
        raise CorpusError(f"embedded image {error.detail}") from None
    return {"JPEG": "jpg", "TIFF": "tif"}.get(kind, kind.lower())
