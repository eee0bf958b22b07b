"""LLaVA: one JSON array of conversations between human and gpt, with one image at most.

Source: ``LazySupervisedDataset`` of https://github.com/haotian-liu/LLaVA (llava/train/train.py). A row without an
image has no ``image``: its presence, not its value, is what counts there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from t4s_data.export.examples import Example
from t4s_data.export.format import ADD_TOKENS, Facts, conversation, joined, token_script
from t4s_data.export.streams import write_array

BASE = "lmsys/vicuna-7b-v1.5"


@dataclass(frozen=True, slots=True)
class Llava:
    """The export for LLaVA's own training script, and for everything that reads its format."""

    name: str = "llava"

    def file(self, split: str) -> str:
        """The path of a split's records."""
        return f"{split}.json"

    def record(self, example: Example) -> Mapping[str, Any]:
        """``id``, ``image`` if there is one, ``conversations``."""
        image = {"image": example.image} if example.image else {}
        return {"id": example.id, **image, "conversations": conversation(example, system=False)}

    def write(self, path: Path, records: Iterable[Mapping[str, Any]]) -> int:
        """One JSON array."""
        return write_array(path, records)

    def companions(self, facts: Facts) -> Mapping[str, str]:  # noqa: ARG002
        """The script that adds the tokens."""
        return token_script()

    def command(self, facts: Facts) -> str:
        """The second stage of LLaVA 1.5."""
        train = [
            "deepspeed $LLAVA/llava/train/train_mem.py --deepspeed $LLAVA/scripts/zero3.json",
            "--model_name_or_path model-with-tokens --version v1",
            f"--data_path {self.file(facts.train)}",
            f"--image_folder {facts.images or '/'}",
            "--vision_tower openai/clip-vit-large-patch14-336 --mm_projector_type mlp2x_gelu",
            "--pretrain_mm_mlp_adapter PROJECTOR.bin --mm_vision_select_layer -2",
            "--mm_use_im_start_end False --mm_use_im_patch_token False --image_aspect_ratio pad",
            "--bf16 True --model_max_length 4096 --gradient_checkpointing True --lazy_preprocess True",
            "--learning_rate 2e-5 --num_train_epochs 1 --per_device_train_batch_size 4",
            "--output_dir checkpoints/llava",
        ]
        return f"python {ADD_TOKENS} {BASE} model-with-tokens\n{joined(train)}"

    def tokens(self, facts: Facts) -> str:
        """Nothing: they come with the model."""
        return (
            f"LLaVA's script adds no tokens of its own: {ADD_TOKENS} puts the {facts.tokens} tokens into the language "
            "model that training starts from. Full fine-tuning trains their embeddings; --lora_enable leaves them as "
            "they are."
        )
