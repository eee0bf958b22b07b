"""The ``tokens/`` folder of a corpus: what a trainer adds to its tokenizer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from t4s_data.manifest.shipped import shipped_folder

TAGS = {
    "<ref>": "start of a region's label",
    "</ref>": "end of a region's label",
    "<box>": "start of a bounding box",
    "</box>": "end of a bounding box",
    "<seg>": "start of a segmentation mask",
    "</seg>": "end of a segmentation mask",
}
_BRICK = re.compile(r"<?(fg|bg)(\d+)>?")
_KINDS = {"fg": "object", "bg": "background"}


def merge_vocabularies(vocabularies: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """Every token of the vocabularies once, where it first stands.

    >>> merge_vocabularies([["<seg>", "</seg>"], ["<seg>", "<fg1>"]])
    ('<seg>', '</seg>', '<fg1>')
    """
    return tuple(dict.fromkeys(token for vocabulary in vocabularies for token in vocabulary))


def describe(token: str) -> str:
    """The token's meaning in plain words, from which a trainer can derive its first embedding.

    >>> describe("<fg12>")
    '12 object cells in a row of the mask'
    """
    if token in TAGS:
        return TAGS[token]
    if brick := _BRICK.fullmatch(token):
        kind, length = brick.groups()
        return f"{length} {_KINDS[kind]} {'cell' if length == '1' else 'cells'} in a row of the mask"
    raise ValueError(f"no codec adds the token {token!r}")


def write_vocabulary(folder: Path, vocabulary: Sequence[str]) -> None:
    """Write the tokens one a line, as a JSON list and as LLaMA-Factory's YAML, with a page that says how.

    The YAML is the mapping of token to description that ``new_special_tokens_config`` of LLaMA-Factory's
    model arguments takes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # A JSON string is a YAML string, whatever stands in it.
    described = "".join(f"{json.dumps(token)}: {json.dumps(describe(token))}\n" for token in vocabulary)
    texts = {
        "new_special_tokens.txt": "".join(f"{token}\n" for token in vocabulary),
        "new_special_tokens.json": json.dumps(list(vocabulary), indent=0) + "\n",
        "new_special_tokens.yaml": described or "{}\n",
        "README.md": shipped_folder().joinpath("tokens.md").read_text(encoding="utf-8"),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
