"""The settings of a codec, as a recipe gives them."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, ValidationInfo, create_model, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from t4s_data.codecs.protocol import NO_KEY, Codec
from t4s_data.registry import RECORDED, Registry


def _codec_class(_: str, found: Any) -> Any:
    if not isinstance(found, type) or not is_dataclass(found) or Codec not in found.__mro__:
        raise TypeError(f"expected a dataclass that inherits from {Codec.__module__}.Codec, found {found!r}")
    return found


CODECS: Registry[type[Codec]] = Registry(
    "codec",
    "t4s_data.codecs",
    {
        "bsd": "t4s_data.codecs.bsd:BoxCodec",
        "isd": "t4s_data.codecs.isd:ImageCodec",
    },
    ready=_codec_class,
)
"""The codec classes by their name in recipes."""


class CodecSpec(BaseModel):
    """How masks are written: a codec's name, and the keys that this codec has; see the page on formats.

    >>> CodecSpec(name="isd", n=16).model_dump()
    {'name': 'isd', 'n': 16}
    """

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    name: str = Field("bsd", description="box-wise (bsd) or image-wise (isd) descriptors, or a plugged-in codec")

    @model_validator(mode="after")
    def _only_its_own_keys(self, info: ValidationInfo) -> CodecSpec:
        if self.name not in CODECS and info.context == RECORDED:
            return self
        if self.name not in CODECS:
            raise ValueError(f"no codec is named {self.name!r}; there are {', '.join(CODECS)}")
        model, given = settings_of(self.name), self.model_extra or {}
        if foreign := sorted(given.keys() - model.model_fields.keys()):
            allowed = ", ".join(sorted(model.model_fields))
            raise ValueError(f"codec {self.name!r} has no key {foreign[0]!r}; it has {allowed}")
        model.model_validate(given)
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """One alternative for each built-in codec, and one for any other name."""
        whole = handler.resolve_ref_schema(handler(core))
        name = whole["properties"]["name"]
        known = [_schema(codec, name) for codec in CODECS.builtin]
        other = {
            "properties": {"name": {"type": "string", "not": {"enum": list(CODECS.builtin)}}},
            "required": ["name"],
        }
        return {"description": whole["description"], "type": "object", "anyOf": [*known, other]}


@cache
def settings_of(name: str) -> type[BaseModel]:
    """The keys of a codec in a recipe, beside its name, as a model: the fields of its class.

    >>> sorted(settings_of("bsd").model_fields)
    ['bricks', 'n', 'row_separator']
    """
    codec = CODECS[name]
    types = get_type_hints(codec, include_extras=True)
    own = [one for one in fields(codec) if one.metadata != NO_KEY]  # type: ignore[arg-type]
    keys: dict[str, Any] = {one.name: (types[one.name], one.default) for one in own}
    config = ConfigDict(extra="forbid", frozen=True, strict=True)
    return create_model(codec.__name__, __config__=config, **keys)


def _schema(codec: str, name: dict[str, Any]) -> dict[str, Any]:
    """The JSON Schema of one built-in codec's table."""
    own = settings_of(codec).model_json_schema()
    required = [] if codec == name["default"] else ["name"]
    properties = {"name": {**name, "const": codec}, **own["properties"]}
    return {"title": codec, "properties": properties, "additionalProperties": False, "required": required}
