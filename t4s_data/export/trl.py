"""TRL: messages whose content is a list of typed parts, and the images beside them, as Parquet.

Source: ``prepare_multimodal_messages`` of https://github.com/huggingface/trl (trl/data_utils.py). A part has a
``type`` and a ``text`` and nothing else: a key ``image``, even if it is null, counts as an image already given. The
columns are typed in the file, so that a split whose rows have no image loads as any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from t4s_data.export.examples import Example
from t4s_data.export.format import ADD_TOKENS, MODEL, Facts, joined, token_script
from t4s_data.tokens.tokenizers import IMAGE

if TYPE_CHECKING:
    from datasets import Features

BATCH_ROWS = 1000


@dataclass(frozen=True, slots=True)
class Trl:
    """The export for TRL's SFTTrainer."""

    name: str = "trl"

    def file(self, split: str) -> str:
        """The path of a split's records: a name that tells any split, away from images that would be taken for data."""
        return f"data/{split}-00000-of-00001.parquet"

    def record(self, example: Example) -> Mapping[str, Any]:
        """``messages`` and ``images``."""
        messages = [{"role": turn.role, "content": _parts(turn.content)} for turn in example.turns]
        return {"messages": messages, "images": [{"path": path, "bytes": None} for path in example.images]}

    def write(self, path: Path, records: Iterable[Mapping[str, Any]]) -> int:
        """One Parquet file, a row group for every thousand rows."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        path.parent.mkdir(parents=True, exist_ok=True)
        schema = features().arrow_schema
        count = 0
        with pq.ParquetWriter(path, schema) as writer:
            for batch in _batches(records):
                writer.write_batch(pa.RecordBatch.from_pylist(batch, schema))
                count += len(batch)
        return count

    def companions(self, facts: Facts) -> Mapping[str, str]:  # noqa: ARG002
        """The script that adds the tokens."""
        return token_script()

    def command(self, facts: Facts) -> str:
        """``trl sft``, in the folder that the image paths start in."""
        words = [
            "trl sft --model_name_or_path $EXPORT/model-with-tokens --dataset_name $EXPORT/data",
            f"--dataset_train_split {facts.train}",
            "--use_peft --lora_r 128 --lora_alpha 256 --lora_target_modules all-linear",
            "--lora_modules_to_save embed_tokens lm_head",
            "--learning_rate 2e-4 --lr_scheduler_type linear --max_steps 50000 --dtype bfloat16",
            "--max_length 8192 --assistant_only_loss true",
            "--per_device_train_batch_size 4 --gradient_accumulation_steps 4 --output_dir $EXPORT/checkpoints",
        ]
        lines = ["EXPORT=$PWD", f"python {ADD_TOKENS} {MODEL} model-with-tokens --min-pixels {784 * 784}"]
        if facts.images and facts.images != ".":
            lines.append(f"cd {facts.images}")
        return "\n".join((*lines, joined(words)))

    def tokens(self, facts: Facts) -> str:
        """Nothing: they come with the model."""
        return (
            f"TRL adds no tokens of its own: {ADD_TOKENS} puts the {facts.tokens} tokens into the model that training "
            "starts from, and --lora_modules_to_save trains embedding and output layer in full; LoRA alone would "
            "leave the new rows as they are."
        )


def features() -> Features:
    """The columns as ``datasets`` sees them."""
    from datasets import Features, Image, List, Value

    part = {"type": Value("string"), "text": Value("string")}
    messages = List({"role": Value("string"), "content": List(part)})
    return Features({"messages": messages, "images": List(Image())})


def _parts(content: str) -> list[dict[str, str | None]]:
    r"""The text cut at its image places; the line break that sets a place apart from the text is no part of it.

    >>> _parts("<image>\nWhere?")
    [{'type': 'image', 'text': None}, {'type': 'text', 'text': 'Where?'}]
    """
    before, *after = content.split(IMAGE)
    parts: list[dict[str, str | None]] = [{"type": "text", "text": before}] if before else []
    for text in after:
        parts.append({"type": "image", "text": None})
        if text := text.removeprefix("\n"):
            parts.append({"type": "text", "text": text})
    return parts


def _batches(records: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    pending = iter(records)
    while batch := list(islice(pending, BATCH_ROWS)):
        yield batch
