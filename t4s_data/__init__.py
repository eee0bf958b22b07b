"""Segmentation datasets as text-as-mask training corpora.

>>> import t4s_data as t4s
>>> t4s.codec("bsd-64").encode_masks([("mug", [[0, 0, 20, 0, 20, 20, 0, 20]])], height=640, width=640)
'<ref>mug</ref><box>[[0 0 1 1]]</box><seg><fg2>\\n<fg2></seg>'
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from t4s_data.api.codec import DecodedMask, DecodedMasks, MaskCodec, codec
    from t4s_data.api.corpus import Corpus, CorpusRow
    from t4s_data.api.scores import score
    from t4s_data.api.source import OpenSource, open_source
    from t4s_data.errors import T4SError
    from t4s_data.masks.mask import Mask
    from t4s_data.sample import Image, Region, Reject, Sample

    __version__: str

__all__ = [
    "Corpus",
    "CorpusRow",
    "DecodedMask",
    "DecodedMasks",
    "Image",
    "Mask",
    "MaskCodec",
    "OpenSource",
    "Region",
    "Reject",
    "Sample",
    "T4SError",
    "__version__",
    "codec",
    "open_source",
    "score",
]

_ROOMS = {
    "api.codec": ("DecodedMask", "DecodedMasks", "MaskCodec", "codec"),
    "api.corpus": ("Corpus", "CorpusRow"),
    "api.scores": ("score",),
    "api.source": ("OpenSource", "open_source"),
    "errors": ("T4SError",),
    "masks.mask": ("Mask",),
    "sample": ("Image", "Region", "Reject", "Sample"),
}
_HOMES = {name: f"t4s_data.{room}" for room, names in _ROOMS.items() for name in names}


# A type checker that saw this function would take any name for one of the package's.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """A public name, imported when it is first asked for: importing the package alone takes no time."""
        if name == "__version__":
            value: Any = _version()
        elif name in _HOMES:
            value = getattr(import_module(_HOMES[name]), name)
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(__all__)


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("t4s-data")
    except PackageNotFoundError:  # a source tree that was never installed
        return "0+unknown"
