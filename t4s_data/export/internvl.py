"""InternVL: LLaVA's conversations as JSON lines with the image's size, and a meta file of data sets.

Source: ``LazySupervisedDataset`` and ``build_datasets`` of https://github.com/OpenGVLab/InternVL
(internvl_chat/internvl/train/internvl_chat_finetune.py). A row without an image has no ``image``, ``width`` and
``height``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from t4s_data.export.examples import Example
from t4s_data.export.format import ADD_TOKENS, Facts, conversation, joined, token_script
from t4s_data.export.streams import to_json, write_lines

BASE = "OpenGVLab/InternVL3-8B"


@dataclass(frozen=True, slots=True)
class InternVl:
    """The export for InternVL's own training script."""

    name: str = "internvl"

    def file(self, split: str) -> str:
        """The path of a split's records."""
        return f"{split}.jsonl"

    def record(self, example: Example) -> Mapping[str, Any]:
        """``id``; ``image``, ``width`` and ``height`` if there is an image; ``conversations``."""
        image = {"image": example.image, "width": example.width, "height": example.height} if example.image else {}
        return {"id": example.id, **image, "conversations": conversation(example, system=True)}

    def write(self, path: Path, records: Iterable[Mapping[str, Any]]) -> int:
        """JSON lines."""
        return write_lines(path, records)

    def companions(self, facts: Facts) -> Mapping[str, str]:
        """A meta file for each split, and the script that adds the tokens."""
        metas = {_meta(split): self._meta_text(facts, split) for split in facts.rows}
        return {**metas, **token_script()}

    def _meta_text(self, facts: Facts, split: str) -> str:
        # An empty root is the trainer's own folder; absolute paths stand as they are behind any root.
        meta = {
            "root": facts.images or "/",
            "annotation": self.file(split),
            "data_augment": False,
            "repeat_time": 1,
            "length": facts.rows[split],
        }
        return to_json({f"{facts.corpus}-{split}": meta})

    def command(self, facts: Facts) -> str:
        """InternVL's fine-tuning script."""
        train = [
            "PYTHONPATH=$INTERNVL/internvl_chat LAUNCHER=pytorch torchrun --nproc_per_node 8",
            "$INTERNVL/internvl_chat/internvl/train/internvl_chat_finetune.py",
            "--model_name_or_path internvl-with-tokens --conv_style internvl2_5",
            f"--meta_path {_meta(facts.train)}",
            "--force_image_size 448 --max_dynamic_patch 12 --dynamic_image_size True --use_thumbnail True",
            "--down_sample_ratio 0.5 --drop_path_rate 0.0 --ps_version v2 --max_seq_length 8192",
            "--freeze_llm False --freeze_mlp True --freeze_backbone True --bf16 True --do_train True",
            "--learning_rate 2e-5 --per_device_train_batch_size 4 --gradient_accumulation_steps 4",
            "--deepspeed $INTERNVL/internvl_chat/zero_stage1_config.json --output_dir checkpoints/internvl",
        ]
        return f"python {ADD_TOKENS} {BASE} internvl-with-tokens --trust-remote-code\n{joined(train)}"

    def tokens(self, facts: Facts) -> str:
        """It knows four of them; the others come with the model."""
        return (
            "InternVL's tokenizer has <ref>, </ref>, <box> and </box> and its script adds no tokens from outside: "
            f"{ADD_TOKENS} puts those of the {facts.tokens} that are missing into the model that training starts "
            "from. Full fine-tuning (--freeze_llm False) trains their embeddings; --use_llm_lora leaves them as they "
            "are."
        )


def _meta(split: str) -> str:
    return f"{split}.meta.json"
