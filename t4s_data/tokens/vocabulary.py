"""The ``tokens/`` folder of a corpus: what a trainer adds to its tokenizer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from t4s_data.manifest.shipped import shipped_folder


def write_vocabulary(folder: Path, meanings: Mapping[str, str]) -> None:
    """Write the tokens one a line, as a JSON list and as LLaMA-Factory's YAML, with a page that says how.

    The YAML is the mapping of token to description that ``new_special_tokens_config`` of LLaMA-Factory's
    model arguments takes. A token's meaning, in plain words, is what its first embedding is made from.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # A JSON string is a YAML string, whatever stands in it.
    described = "".join(f"{json.dumps(token)}: {json.dumps(meaning)}\n" for token, meaning in meanings.items())
    texts = {
        "new_special_tokens.txt": "".join(f"{token}\n" for token in meanings),
        "new_special_tokens.json": json.dumps(list(meanings), indent=0) + "\n",
        "new_special_tokens.yaml": described or "{}\n",
        "README.md": shipped_folder().joinpath("tokens.md").read_text(encoding="utf-8"),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
