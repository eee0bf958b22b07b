"""Texts that tokenizers and trainers of models interpret, by model family: none may come from the data.

The special tokens of each family's tokenizer and the placeholders of its trainers, as public code that uses them
shows; the families' own ``tokenizer_config.json`` files were not at hand to compare the table with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

RESERVED: Mapping[str, tuple[str, ...]] = {
    "text4seg": (r"</?(?:ref|box|seg)>", r"<[fb]g[0-9]+>"),
    "trainers": (r"<(?:image|video|audio|bbox|ref-object)>",),
    "llava": (r"<(?:im_start|im_end|im_patch|image-placeholder)>",),
    "chat": (r"<\|[^\s<>|]+\|>",),
    "qwen": (r"</?(?:think|tool_call|tool_response|tools|quad)>",),
    "internvl": (r"</?(?:img|quad|ref|box)>", r"<IMG_CONTEXT>", r"\[UNUSED_TOKEN_[0-9]+\]"),
    "llama": (r"</?s>", r"<unk>", r"\[/?INST\]", r"<</?SYS>>"),
    "mistral": (
        r"\[/?(?:AVAILABLE_TOOLS|TOOL_RESULTS|SYSTEM_PROMPT|THINK|MODEL_SETTINGS)\]",
        r"\[(?:TOOL_CALLS|TOOL_CONTENT|CALL_ID|ARGS|IMG|IMG_BREAK|IMG_END|AUDIO|BEGIN_AUDIO|PREFIX|MIDDLE|SUFFIX)\]",
    ),
    "gemma": (
        r"<(?:bos|eos|pad|mask|start_of_turn|end_of_turn|start_of_image|end_of_image|image_soft_token)>",
        r"<unused[0-9]+>",
        r"\[(?:multimodal|@BOS@)\]",
    ),
    "deepseek": (
        "<\uff5c[^\\s<>\uff5c]+\uff5c>",
        r"</?think>",
        r"<(?:image_placeholder|patch_placeholder|begin_of_image)>",
    ),
}
"""Patterns by family; a chat template of any of them would take such a text for one of its own marks.

Llama 3 and 4, Qwen2 and 3, Phi, DeepSeek-VL2 and InternVL write most of theirs as `chat` has them; Llama 2, Mistral,
Phi 3 and InternLM share those of `llama`.
"""

OWN = "text4seg"
"""The family of the codecs' own marks, which stand in every answer."""


def _joined(families: Iterable[str]) -> str:
    return "|".join(dict.fromkeys(pattern for family in families for pattern in RESERVED[family]))


PATTERN = _joined(RESERVED)
FOREIGN_PATTERN = _joined(family for family in RESERVED if family != OWN)
