"""LLaMA-Factory: LLaVA's conversations with a list of images, and the data set's entry in ``dataset_info.json``.

Source: https://github.com/hiyouga/LLaMA-Factory/blob/main/data/README.md (sharegpt format). A row without images has
an empty list: the loader takes the column of every row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from t4s_data.export.examples import Example
from t4s_data.export.format import ADD_TOKENS, MODEL, Facts, conversation, joined, token_script
from t4s_data.export.streams import to_json, write_lines


@dataclass(frozen=True, slots=True)
class LlamaFactory:
    """The export for LLaMA-Factory."""

    name: str = "llama-factory"

    def file(self, split: str) -> str:
        """The path of a split's records."""
        return f"{split}.jsonl"

    def record(self, example: Example) -> Mapping[str, Any]:
        """``conversations`` and ``images``."""
        return {"conversations": conversation(example, system=True), "images": list(example.images)}

    def write(self, path: Path, records: Iterable[Mapping[str, Any]]) -> int:
        """JSON lines."""
        return write_lines(path, records)

    def companions(self, facts: Facts) -> Mapping[str, str]:
        """``dataset_info.json``, an entry for each split, and the script that adds the tokens as ordinary ones."""
        entries = {_entry(facts, split): self._info(split) for split in facts.rows}
        return {"dataset_info.json": to_json(entries), **token_script()}

    def _info(self, split: str) -> dict[str, Any]:
        return {
            "file_name": self.file(split),
            "formatting": "sharegpt",
            "columns": {"messages": "conversations", "images": "images"},
            "tags": {
                "role_tag": "from",
                "content_tag": "value",
                "user_tag": "human",
                "assistant_tag": "gpt",
                "system_tag": "system",
            },
        }

    def command(self, facts: Facts) -> str:
        """``llamafactory-cli train``."""
        words = [
            "llamafactory-cli train --stage sft --do_train true",
            f"--model_name_or_path {MODEL} --template qwen2_vl",
            f"--dataset_dir . --dataset {_entry(facts, facts.train)}",
            f"--media_dir {facts.images or '.'}",
            "--new_special_tokens_config tokens/new_special_tokens.yaml --init_special_tokens desc_init",
            "--additional_target embed_tokens,lm_head",
            "--finetuning_type lora --lora_rank 128 --lora_alpha 256 --lora_target all",
            f"--image_min_pixels {784 * 784} --image_max_pixels {2048 * 28 * 28} --cutoff_len 8192",
            "--learning_rate 2e-4 --lr_scheduler_type linear --warmup_ratio 0.03 --max_steps 50000 --bf16 true",
            "--per_device_train_batch_size 4 --gradient_accumulation_steps 4",
            "--output_dir checkpoints/llama-factory",
        ]
        return joined(words)

    def tokens(self, facts: Facts) -> str:
        """What the configuration and ``--additional_target`` do."""
        return (
            f"LLaMA-Factory adds the {facts.tokens} tokens as special tokens and trains embedding and output layer in "
            "full (--additional_target); desc_init starts the rows it has to append from the words of their "
            "descriptions, but appends none where the embedding has rows to spare, as Qwen2-VL's has. A text that is "
            "decoded with skip_special_tokens=True loses special tokens, and the masks with them: predict with "
            f"skip_special_tokens: false, or run {ADD_TOKENS}, train the model that it writes and leave "
            "--new_special_tokens_config out."
        )


def _entry(facts: Facts, split: str) -> str:
    return f"{facts.corpus}_{split}"
