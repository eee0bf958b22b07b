from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from t4s_data.tokens.vocabulary import TAGS, describe, merge_vocabularies, write_vocabulary

BRICKS = tuple(f"<{kind}{k}>" for kind in ("fg", "bg") for k in range(1, 64))


def test_all_files_hold_the_same_tokens_in_order(tmp_path: Path) -> None:
    tokens = (*TAGS, *BRICKS)
    write_vocabulary(tmp_path, tokens)
    assert tuple((tmp_path / "new_special_tokens.txt").read_text().split("\n")) == (*tokens, "")
    assert tuple(json.loads((tmp_path / "new_special_tokens.json").read_text())) == tokens
    assert tuple(yaml.safe_load((tmp_path / "new_special_tokens.yaml").read_text())) == tokens


def test_yaml_describes_each_token_in_its_own_words(tmp_path: Path) -> None:
    write_vocabulary(tmp_path, (*TAGS, *BRICKS))
    described = yaml.safe_load((tmp_path / "new_special_tokens.yaml").read_text())
    assert all(isinstance(text, str) and text for text in described.values())
    assert len(set(described.values())) == len(described)


def test_the_page_names_both_options_of_ms_swift(tmp_path: Path) -> None:
    write_vocabulary(tmp_path, ())
    page = (tmp_path / "README.md").read_text()
    assert "--new_special_tokens tokens/new_special_tokens.txt --modules_to_save embed_tokens lm_head" in page
    assert yaml.safe_load((tmp_path / "new_special_tokens.yaml").read_text()) == {}


def test_a_merged_vocabulary_has_each_token_once() -> None:
    merged = merge_vocabularies([TAGS, BRICKS[:3], [*TAGS, *BRICKS]])
    assert sorted(merged) == sorted({*TAGS, *BRICKS})
    assert merged[: len(TAGS) + 3] == (*TAGS, *BRICKS[:3])


def test_bare_bricks_mean_the_same() -> None:
    assert describe("bg7") == describe("<bg7>")


def test_foreign_tokens_are_refused() -> None:
    with pytest.raises(ValueError, match="<pad>"):
        describe("<pad>")
