"""Qwen-VL's own fine-tuning code: LLaVA's conversations as JSON lines, without an id.

Source: ``_build_messages`` of https://github.com/QwenLM/Qwen3-VL (qwen-vl-finetune/qwenvl/data/data_processor.py):
any speaker but ``human`` is the assistant there, and images and ``<image>`` must be as many.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from t4s_data.export.examples import Example
from t4s_data.export.format import ADD_TOKENS, MODEL, Facts, conversation, joined, token_script
from t4s_data.export.streams import write_lines


@dataclass(frozen=True, slots=True)
class QwenVl:
    """The export for qwen-vl-finetune."""

    name: str = "qwen-vl"

    def file(self, split: str) -> str:
        """The path of a split's records."""
        return f"{split}.jsonl"

    def record(self, example: Example) -> Mapping[str, Any]:
        """``image`` if there is one, ``conversations``."""
        image = {"image": example.image} if example.image else {}
        return {**image, "conversations": conversation(example, system=False)}

    def write(self, path: Path, records: Iterable[Mapping[str, Any]]) -> int:
        """JSON lines."""
        return write_lines(path, records)

    def companions(self, facts: Facts) -> Mapping[str, str]:  # noqa: ARG002
        """The script that adds the tokens."""
        return token_script()

    def command(self, facts: Facts) -> str:
        """The data set's entry in the trainer's registry, then the trainer."""
        entry = f'{{"annotation_path": "{self.file(facts.train)}", "data_path": "{facts.images}"}}'
        train = [
            "torchrun --nproc_per_node 8 $QWEN_VL_FINETUNE/qwenvl/train/train_qwen.py",
            "--model_name_or_path qwen2-vl-with-tokens",
            f"--dataset_use {facts.corpus}",
            "--tune_mm_llm True --tune_mm_vision False --tune_mm_mlp False",
            f"--min_pixels {784 * 784} --max_pixels {2048 * 28 * 28} --model_max_length 8192",
            "--bf16 --per_device_train_batch_size 4 --gradient_accumulation_steps 4 --learning_rate 2e-5",
            "--deepspeed $QWEN_VL_FINETUNE/scripts/zero3.json --output_dir checkpoints/qwen-vl",
        ]
        return "\n".join(
            (
                f"# in $QWEN_VL_FINETUNE/qwenvl/data/__init__.py: data_dict[{facts.corpus!r}] = {entry}",
                f"python {ADD_TOKENS} {MODEL} qwen2-vl-with-tokens",
                joined(train),
            )
        )

    def tokens(self, facts: Facts) -> str:
        """Nothing: they come with the model."""
        return (
            f"qwen-vl-finetune adds no tokens of its own: {ADD_TOKENS} puts the {facts.tokens} tokens into the model "
            "that training starts from. --tune_mm_llm trains their embeddings with the rest of the language model; "
            "--lora_enable leaves them as they are."
        )
