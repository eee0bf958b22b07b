"""Law: a row counted under another codec has the lengths that a build with that codec gives it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from t4s_data.audit.recoding import recoded_tokens, wording
from t4s_data.audit.summary import tokenizer_for
from t4s_data.codecs.bsd import BoxCodec
from t4s_data.codecs.codec import from_name
from t4s_data.corpus.regions import masks_of
from t4s_data.corpus.row import Row
from t4s_data.errors import CorpusError
from t4s_data.sample import Turn
from t4s_data.tokens.counting import TokenCounts

CODECS = {
    "bsd-64": 'name = "bsd"',
    "bsd-32-text-nosep": 'name = "bsd"\nn = 32\nbricks = "off"\nrow_separator = "none"',
    "bsd-48-bare": 'name = "bsd"\nn = 48\nbricks = "bare"',
    "isd-64-rrle": 'name = "isd"',
    "isd-16-full": 'name = "isd"\nn = 16\nvariant = "full"',
    "isd-24-irle-released": 'name = "isd"\nn = 24\nvariant = "i-rle"\ndialect = "released"',
}
Rows = dict[str, Row]


@pytest.fixture(scope="module")
def built(
    build_corpus: Callable[..., Path], read_all: Callable[[Path], Rows], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Rows]:
    """The same records under every codec; tasks that an image-wise codec cannot say are left out."""
    folder = tmp_path_factory.mktemp("codecs")
    tasks = 'tasks = { "referring-segmentation" = 1 }'
    return {name: read_all(build_corpus(folder / name, codec=codec, tasks=tasks)) for name, codec in CODECS.items()}


def counts(row: Row) -> TokenCounts:
    return TokenCounts(row.descriptor_tokens, row.answer_tokens, row.total_tokens)


@pytest.mark.parametrize("target", CODECS)
@pytest.mark.parametrize("own", CODECS)
def test_recoding_counts_what_a_build_counts(own: str, target: str, built: dict[str, Rows]):
    codec, tokenizer = from_name(target), tokenizer_for("qwen2", target)
    compared = 0
    for row_id, row in built[own].items():
        if row.codec != "none":
            words = wording(row, masks_of(row))
            assert recoded_tokens(words, codec, tokenizer) == counts(built[target][row_id]), row_id
            compared += 1
    assert compared == sum(row.codec != "none" for row in built[target].values()) > 80


def test_boxes_alone_have_no_image_wise_form(rows: Rows):
    boxed = [row for row in rows.values() if row.codec == "bsd-64-box"]
    assert boxed
    for row in boxed:
        words = wording(row, masks_of(row))
        assert recoded_tokens(words, from_name("isd-64-rrle"), tokenizer_for("qwen2", "isd-64-rrle")) is None
        again = recoded_tokens(words, BoxCodec(), tokenizer_for("qwen2", "bsd-64"))
        assert again == counts(row)


def damaged(rows: Rows, **changes: Any) -> Row:
    row = next(row for row in rows.values() if row.codec == "bsd-64" and len(row.regions) == 1)
    return replace(row, **changes)


def test_an_answer_without_its_descriptor_is_named(rows: Rows):
    row = damaged(rows, messages=[Turn("assistant", "nothing")])
    with pytest.raises(CorpusError, match=f"{row.id}.*1 regions, but 0 descriptors"):
        wording(row, masks_of(row))


@pytest.mark.parametrize("rle", ["", "0", "52203", "~~", "0P"])
def test_damaged_run_lengths_are_named(rle: str, rows: Rows):
    row = damaged(rows)
    row.regions = [replace(row.regions[0], rle=rle)]
    with pytest.raises(CorpusError, match=row.id):
        masks_of(row)
