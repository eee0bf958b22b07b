"""Add the tokens of this export to a model: python add_tokens.py MODEL TARGET [options].

Needs transformers and torch. Each token of tokens/new_special_tokens.yaml that the tokenizer lacks becomes one token of
its own, and its rows in the embedding and the output layer start from the mean of the words of its description. The
tokens are not special ones, in spite of the file's name: skip_special_tokens=True, which many trainers and evaluators
decode with, keeps them. With --min-pixels, Qwen-VL's image processor scales smaller images up to that area.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

TOKENS = Path(__file__).with_name("tokens") / "new_special_tokens.yaml"


def read_descriptions(path: Path) -> dict[str, str]:
    """Token to description; every line of the file is a member of a JSON object."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line != "{}"]
    return json.loads("{" + ",".join(lines) + "}")


def add_tokens(tokenizer: Any, tokens: Iterable[str]) -> None:
    """Add tokens that are found in a text as it is and that no decoding leaves out."""
    from tokenizers import AddedToken

    tokenizer.add_tokens([AddedToken(token, special=False, normalized=False) for token in tokens])


def load_model(source: str, trust: bool) -> Any:
    """The model, image-and-text where there is such a class for it."""
    from transformers import AutoModelForCausalLM, AutoModelForImageTextToText

    try:
        return AutoModelForImageTextToText.from_pretrained(source, trust_remote_code=trust, dtype="auto")
    except ValueError:
        return AutoModelForCausalLM.from_pretrained(source, trust_remote_code=trust, dtype="auto")


def start_rows(language: Any, tokenizer: Any, descriptions: dict[str, str]) -> None:
    """Give each new token's rows the mean of its description's rows."""
    import torch

    layers = [language.get_input_embeddings(), language.get_output_embeddings()]
    with torch.no_grad():
        for weight in {id(layer.weight): layer.weight for layer in layers if layer is not None}.values():
            for token, words in descriptions.items():
                ids = tokenizer(words, add_special_tokens=False)["input_ids"]
                weight[tokenizer.convert_tokens_to_ids(token)] = weight[ids].mean(dim=0)


def main(source: str, target: str, *, trust: bool, min_pixels: int | None) -> None:
    """Load, add, save."""
    from transformers import AutoProcessor

    # A processor, or the tokenizer alone where a model has no processor.
    pixels = {} if min_pixels is None else {"min_pixels": min_pixels}
    processor = AutoProcessor.from_pretrained(source, trust_remote_code=trust, **pixels)
    tokenizer = getattr(processor, "tokenizer", processor)
    known = set(tokenizer.get_vocab())
    new = {token: words for token, words in read_descriptions(TOKENS).items() if token not in known}
    add_tokens(tokenizer, new)
    model = load_model(source, trust)
    # InternVL's own class holds a whole language model and that one's configuration.
    inner = getattr(model.config, "llm_config", None)
    language = model if inner is None else model.language_model
    rows = language.get_input_embeddings().weight.shape[0]
    # Qwen-VL's embedding has rows to spare: resizing it to the number of tokens would take them away.
    if len(tokenizer) > rows:
        language.resize_token_embeddings(len(tokenizer))
        if inner is not None:
            inner.vocab_size = len(tokenizer)
    start_rows(language, tokenizer, new)
    model.save_pretrained(target)
    processor.save_pretrained(target)
    print(f"{target}: {len(new)} tokens added, {len(tokenizer)} in all, embedding of {max(rows, len(tokenizer))} rows")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", metavar="MODEL")
    parser.add_argument("target", metavar="TARGET")
    parser.add_argument("--trust-remote-code", action="store_true")
    parser.add_argument("--min-pixels", type=int, metavar="N")
    given = parser.parse_args()
    main(given.source, given.target, trust=given.trust_remote_code, min_pixels=given.min_pixels)
