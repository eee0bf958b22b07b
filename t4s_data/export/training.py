"""The training recipe: the settings that Text4Seg++ was trained with, and their names on ms-swift's command line."""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, PositiveFloat, PositiveInt, model_validator

from t4s_data.manifest.shipped import shipped_folder

TRAINING_FILE = shipped_folder() / "training" / "text4seg-pp.yaml"
_HEADER = """\
# The settings of Text4Seg++ for ms-swift 4 (before version 4, tuner_type is named train_type):
#
#     swift sft text4seg-pp.yaml --dataset train.jsonl \\
#         --new_special_tokens tokens/new_special_tokens.txt --modules_to_save embed_tokens lm_head
#
# --new_special_tokens makes special tokens of them, which skip_special_tokens=True leaves out of decoded text.
# What is given after the file's name takes its place, and so does MIN_PIXELS or NPROC_PER_NODE in the environment.
# Written by `python -m t4s_data.export.training` from the model there, which says what the paper gives.
"""


class TrainingRecipe(BaseModel):
    """How a model is trained on a corpus.

    The defaults are those of Text4Seg++ (arXiv 2509.06321, section IV-A, and figure 14 for the resolution).
    The paper does not give ``lora_alpha``, ``lora_dropout`` and how the global batch is shared out: these
    keep the proportions of the released Text4Seg scripts (alpha twice the rank, 4 samples a device).
    ``min_pixels`` is the area that smaller images are scaled up to, sides in proportion.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    model: str = "Qwen/Qwen2-VL-7B-Instruct"
    min_pixels: PositiveInt = 784 * 784
    max_pixels: PositiveInt | None = None
    lora_rank: PositiveInt = 128
    lora_alpha: PositiveInt = 256
    lora_dropout: NonNegativeFloat = 0.05
    optimizer: Literal["adamw_torch", "adamw_torch_fused"] = "adamw_torch"
    learning_rate: PositiveFloat = 2e-4
    schedule: Literal["linear", "cosine", "constant_with_warmup"] = "linear"
    warmup_ratio: NonNegativeFloat = Field(0.03, le=1)
    weight_decay: NonNegativeFloat = 0.0
    max_grad_norm: PositiveFloat = 1.0
    steps: PositiveInt = 50_000
    global_batch: PositiveInt = 128
    devices: PositiveInt = 8
    device_batch: PositiveInt = 4
    zero_stage: Literal[0, 1, 2, 3] = 1
    save_steps: PositiveInt = 5_000
    output_dir: str = "checkpoints/text4seg-pp"

    @model_validator(mode="after")
    def _batch_divides(self) -> TrainingRecipe:
        if self.global_batch % (self.devices * self.device_batch):
            raise ValueError(f"global_batch {self.global_batch} is no multiple of {self.devices} x {self.device_batch}")
        if self.max_pixels is not None and self.max_pixels < self.min_pixels:
            raise ValueError(f"max_pixels {self.max_pixels} is below min_pixels {self.min_pixels}")
        return self

    @property
    def accumulation(self) -> int:
        """Forward passes to an optimizer step.

        >>> TrainingRecipe().accumulation
        4
        """
        return self.global_batch // (self.devices * self.device_batch)

    def environment(self) -> dict[str, int]:
        """What ms-swift reads from the environment: processes, and the pixels of Qwen-VL's images."""
        pixels = {"MIN_PIXELS": self.min_pixels, "MAX_PIXELS": self.max_pixels}
        return {"NPROC_PER_NODE": self.devices, **{name: value for name, value in pixels.items() if value}}

    def arguments(self) -> dict[str, Any]:
        """The arguments of ``swift sft`` by name, but for the data and the new tokens, which come with an export."""
        return {
            "model": self.model,
            "tuner_type": "lora",
            "target_modules": "all-linear",
            "lora_rank": self.lora_rank,
            "lora_alpha": self.lora_alpha,
            "lora_dropout": self.lora_dropout,
            "torch_dtype": "bfloat16",
            "optim": self.optimizer,
            "learning_rate": self.learning_rate,
            "lr_scheduler_type": self.schedule,
            "warmup_ratio": self.warmup_ratio,
            "weight_decay": self.weight_decay,
            "max_grad_norm": self.max_grad_norm,
            "max_steps": self.steps,
            "per_device_train_batch_size": self.device_batch,
            "gradient_accumulation_steps": self.accumulation,
            "deepspeed": f"zero{self.zero_stage}",
            "save_steps": self.save_steps,
            "output_dir": self.output_dir,
        }

    def to_yaml(self) -> str:
        """The file that ``swift sft FILE.yaml`` reads: the arguments, with the environment under ``ENV``."""
        values = {**self.arguments(), "ENV": self.environment()}
        # JSON is YAML; its numbers, unlike Python's, are read as numbers by every YAML reader.
        return _HEADER + "".join(f"{name}: {json.dumps(value)}\n" for name, value in values.items())


if __name__ == "__main__":
    TRAINING_FILE.write_text(TrainingRecipe().to_yaml(), encoding="utf-8", newline="\n")
