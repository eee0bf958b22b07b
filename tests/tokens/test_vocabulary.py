from __future__ import annotations

import json
from pathlib import Path

import yaml

from t4s_data.codecs.bsd import BoxCodec
from t4s_data.tokens.vocabulary import write_vocabulary

MEANINGS = {token: BoxCodec().meaning(token) for token in BoxCodec().vocabulary}


def test_all_files_hold_the_same_tokens_in_order(tmp_path: Path) -> None:
    tokens = tuple(MEANINGS)
    write_vocabulary(tmp_path, MEANINGS)
    assert tuple((tmp_path / "new_special_tokens.txt").read_text().split("\n")) == (*tokens, "")
    assert tuple(json.loads((tmp_path / "new_special_tokens.json").read_text())) == tokens
    assert tuple(yaml.safe_load((tmp_path / "new_special_tokens.yaml").read_text())) == tokens


def test_yaml_describes_each_token_in_its_own_words(tmp_path: Path) -> None:
    write_vocabulary(tmp_path, MEANINGS)
    described = yaml.safe_load((tmp_path / "new_special_tokens.yaml").read_text())
    assert described == MEANINGS
    assert len(set(described.values())) == len(described)


def test_the_page_names_both_options_of_ms_swift(tmp_path: Path) -> None:
    write_vocabulary(tmp_path, {})
    page = (tmp_path / "README.md").read_text()
    assert "--new_special_tokens tokens/new_special_tokens.txt --modules_to_save embed_tokens lm_head" in page
    assert yaml.safe_load((tmp_path / "new_special_tokens.yaml").read_text()) == {}
