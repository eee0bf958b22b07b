"""Under LLaMA-Factory's own Python: python check_llama_factory.py EXPORT MODEL IMAGES."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from first_rows import PICKED, check


def main(export: Path, model: str, images: str) -> None:
    from llamafactory.data import get_dataset, get_template_and_fix_tokenizer
    from llamafactory.extras.env import VERSION
    from llamafactory.hparams import get_train_args
    from llamafactory.model import load_tokenizer

    print(f"version: LLaMA-Factory {VERSION}")
    os.chdir(export)
    words = {
        "stage": "sft",
        "do_train": True,
        "model_name_or_path": model,
        "template": "qwen2_vl",
        "dataset_dir": ".",
        "dataset": "small_train",
        "media_dir": images,
        "new_special_tokens_config": "tokens/new_special_tokens.yaml",
        "init_special_tokens": "desc_init",
        "image_min_pixels": 784 * 784,
        "image_max_pixels": 2048 * 28 * 28,
        "cutoff_len": 8192,
        "output_dir": f"{export}.checkpoints",
        "report_to": "none",
    }
    model_args, data_args, training_args, _, _ = get_train_args(words)
    module = load_tokenizer(model_args)
    template = get_template_and_fix_tokenizer(module["tokenizer"], data_args)
    rows = get_dataset(template, model_args, data_args, training_args, stage="sft", **module)["train_dataset"]
    lines = (export / "train.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(rows) == len(lines)
    for number in PICKED:
        record = json.loads(lines[number])
        answers = [turn["value"] for turn in record["conversations"] if turn["from"] == "gpt"]
        row = rows[number]
        assert len(row["images"] or []) == len(record["images"])
        check(module["tokenizer"], number, answers, row["input_ids"], row["labels"])


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
