"""The codecs by name."""

from __future__ import annotations

from functools import lru_cache

from t4s_data.codecs.faults import fault_of
from t4s_data.codecs.protocol import Codec
from t4s_data.codecs.spec import CODECS, CodecSpec, settings_of
from t4s_data.errors import CommandError, PluginError, RecipeError

__all__ = ["CODECS", "NO_CODEC", "Codec", "codec_of", "codec_or_none", "from_name"]

NO_CODEC = "none"
"""The `codec` column of rows without descriptors."""


def codec_of(spec: CodecSpec, *, masks: bool = True) -> Codec:
    """The codec of a recipe; without ``masks`` the one that writes boxes alone.

    Raises :class:`RecipeError` for a codec that cannot answer with a box alone.

    >>> codec_of(CodecSpec(row_separator="none"), masks=False).name
    'bsd-64-nosep-box'
    """
    codec = CODECS[spec.name](**settings_of(spec.name).model_validate(spec.model_extra).model_dump())
    _check(spec.name, codec)
    if masks:
        return codec
    boxes = codec.boxes()
    if boxes is None:
        raise RecipeError(f"codec {spec.name!r} cannot answer with a box alone; use 'bsd'")
    return boxes


def codec_or_none(name: str) -> Codec | None:
    """The codec of a row's ``codec`` column; None for text alone."""
    return None if name == NO_CODEC else from_name(name)


@lru_cache(256)
def from_name(name: str) -> Codec:
    """The codec of a row's ``codec`` column; raises :class:`CommandError` for any other name.

    >>> from_name("isd-16-irle-released")
    ImageCodec(n=16, variant='i-rle', dialect='released')
    """
    family = next((family for family in CODECS if name == family or name.startswith(f"{family}-")), "")
    codec = CODECS[family].named(name) if family else None
    if codec is None:
        spellings = [CODECS[known].spelling for known in CODECS if family in {"", known}]
        raise CommandError(f"no codec {name!r}; there are {' and '.join(spellings)}, N from 2 to 256")
    _check(family, codec)
    return codec


def _check(family: str, codec: Codec) -> None:
    """Raise :class:`PluginError` for a plugged-in codec that breaks a rule which others rely on without looking."""
    if not CODECS.is_builtin(family) and (fault := fault_of(family, codec)):
        raise PluginError(f"codec {codec.name!r}, plugged in as {family!r}: {fault}")
