"""Texts that tokenizers and trainers of models interpret, by model family: none may come from the data.

Source: the special and added tokens that each family publishes with its tokenizer (``tokenizer_config.json``,
``special_tokens_map.json``), and the placeholders of its trainers.
"""

from __future__ import annotations

from collections.abc import Mapping

RESERVED: Mapping[str, tuple[str, ...]] = {
    "text4seg": (r"</?(?:ref|box|seg)>", r"<[fb]g[0-9]+>"),
    "trainers": (r"<(?:image|video|audio|bbox|ref-object)>",),
    "chat": (r"<\|[^\s<>|]+\|>",),
    "qwen": (r"</?(?:think|tool_call|tool_response|tools|quad)>",),
    "internvl": (r"</?(?:img|quad|ref|box)>", r"<IMG_CONTEXT>"),
    "llama": (r"</?s>", r"<unk>", r"\[/?INST\]", r"<</?SYS>>"),
    "mistral": (
        r"\[/?(?:AVAILABLE_TOOLS|TOOL_RESULTS|SYSTEM_PROMPT)\]",
        r"\[(?:TOOL_CALLS|IMG|IMG_BREAK|IMG_END|PREFIX|MIDDLE|SUFFIX)\]",
    ),
    "gemma": (r"<(?:bos|eos|pad|mask|start_of_turn|end_of_turn|start_of_image|end_of_image|image_soft_token)>",),
    "deepseek": ("<\uff5c[^\\s<>\uff5c]+\uff5c>", r"</?think>"),
}
"""Patterns by family; a chat template of any of them would take such a text for one of its own marks."""

PATTERN = "|".join(dict.fromkeys(pattern for patterns in RESERVED.values() for pattern in patterns))
