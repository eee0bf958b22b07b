"""Codecs by name: recipes and rows name every codec, and the name says all of it."""

from __future__ import annotations

from itertools import product
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from t4s_data.codecs.bsd import BoxCodec, Bricks, RowSeparator
from t4s_data.codecs.codec import CODECS, codec_of, from_name
from t4s_data.codecs.isd import Dialect, ImageCodec, Variant
from t4s_data.codecs.spec import CodecSpec
from t4s_data.errors import CommandError, RecipeError

BOX_SPECS = [
    {"bricks": bricks, "row_separator": separator}
    for bricks, separator in product(get_args(Bricks), get_args(RowSeparator))
]
IMAGE_SPECS = [
    {"variant": variant, "dialect": dialect} for variant, dialect in product(get_args(Variant), get_args(Dialect))
]


@pytest.mark.parametrize("n", [2, 16, 64, 256])
@pytest.mark.parametrize("options", BOX_SPECS, ids=str)
def test_a_box_codec_has_its_recipes_options(n: int, options: dict[str, Any]) -> None:
    spec = CodecSpec(name="bsd", n=n, **options)
    for seg in (True, False):
        codec = codec_of(spec, masks=seg)
        assert codec == BoxCodec(n, seg=seg, **options) == from_name(codec.name)


@pytest.mark.parametrize("n", [2, 16, 64, 256])
@pytest.mark.parametrize("options", IMAGE_SPECS, ids=str)
def test_an_image_codec_has_its_recipes_options(n: int, options: dict[str, Any]) -> None:
    spec = CodecSpec(name="isd", n=n, **options)
    assert codec_of(spec) == ImageCodec(n, **options) == from_name(codec_of(spec).name)
    with pytest.raises(RecipeError, match="box"):
        codec_of(spec, masks=False)


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("bsd-64", BoxCodec()),
        ("bsd-32-bare", BoxCodec(32, "bare")),
        ("bsd-64-text-nosep", BoxCodec(64, "off", "none")),
        ("bsd-80-box", BoxCodec(80, seg=False)),
        ("isd-16-full", ImageCodec(16, "full")),
        ("isd-64-irle", ImageCodec(64, "i-rle")),
        ("isd-64-rrle-released", ImageCodec(64, "r-rle", "released")),
    ],
)
def test_names_are_those_of_the_row_table(name: str, codec: BoxCodec | ImageCodec) -> None:
    assert codec.name == name
    assert from_name(name) == codec


OTHER_NAMES = ["", "none", "bsd", "bsd-1", "bsd-257", "bsd-064", "bsd-64-", "bsd-64\n", "bsd-9999999999"]


@pytest.mark.parametrize("name", [*OTHER_NAMES, "bsd-64-box-bare", "isd-64", "isd-64-full-box"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(CommandError, match="no codec"):
        from_name(name)


def test_a_recipe_can_name_what_is_in_the_table() -> None:
    assert [CodecSpec(name=name).name for name in CODECS] == list(CODECS)
    with pytest.raises(ValidationError, match="no codec is named 'png'; there are bsd, isd"):
        CodecSpec(name="png")


def test_every_token_has_a_meaning_of_its_own() -> None:
    meanings = {token: BoxCodec().meaning(token) for token in BoxCodec().vocabulary}
    assert len(set(meanings.values())) == len(meanings)
    assert BoxCodec(bricks="bare").meaning("bg7") == BoxCodec().meaning("<bg7>") == meanings["<bg7>"]


@pytest.mark.parametrize("n", [2, 16, 64])
@pytest.mark.parametrize("bricks", ["special", "bare"])
def test_the_vocabulary_is_six_tags_and_two_bricks_per_length_under_n(n: int, bricks: Bricks) -> None:
    vocabulary = BoxCodec(n, bricks).vocabulary
    assert len(vocabulary) == len(set(vocabulary)) == 6 + 2 * (n - 1)
    assert vocabulary[:6] == ("<ref>", "</ref>", "<box>", "</box>", "<seg>", "</seg>")


def test_only_what_a_codec_writes_is_in_its_vocabulary() -> None:
    assert BoxCodec(64, "off").vocabulary == ("<ref>", "</ref>", "<box>", "</box>", "<seg>", "</seg>")
    assert BoxCodec(64, seg=False).vocabulary == ("<ref>", "</ref>", "<box>", "</box>")
    assert ImageCodec().vocabulary == ("<seg>", "</seg>")
    assert "<fg63>" in BoxCodec().vocabulary
    assert "fg63" in BoxCodec(64, "bare").vocabulary
