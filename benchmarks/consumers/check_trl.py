"""Under TRL's own Python: python check_trl.py EXPORT MODEL, in the folder that the image paths start in.

The model's tokens are added by the export's own script, as its command does; the chat template is the one that TRL
ships for Qwen-VL, of which it makes the one for training.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from first_rows import PICKED, check


def prepare(export: Path, model: str) -> Path:
    import trl

    target = Path(f"{export}.model")
    shutil.copy(Path(trl.__file__).parent / "chat_templates/qwen2_5_vl.jinja", Path(model) / "chat_template.jinja")
    script = [sys.executable, str(export / "add_tokens.py"), model, str(target), "--min-pixels", str(784 * 784)]
    subprocess.run(script, check=True)
    return target


def check_first_values(before: str, after: Path) -> None:
    """A new token starts from the words of its description, in the embedding and in the output layer."""
    import torch
    from transformers import AutoModelForImageTextToText, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(after)
    words = tokenizer("12 object cells in a row of the mask")["input_ids"]
    brick = tokenizer.convert_tokens_to_ids("<fg12>")
    old, new = (AutoModelForImageTextToText.from_pretrained(folder) for folder in (before, after))
    for layer in ("get_input_embeddings", "get_output_embeddings"):
        was, now = getattr(old, layer)().weight, getattr(new, layer)().weight
        assert torch.allclose(now[brick], was[words].mean(dim=0))
        assert torch.equal(now[: tokenizer.vocab_size], was[: tokenizer.vocab_size])
    print("  rows of the new tokens start from the words of their descriptions; no other row is changed")


def main(export: Path, model: str) -> None:
    import trl
    from datasets import load_dataset
    from transformers import AutoProcessor
    from trl.chat_template_utils import get_training_chat_template
    from trl.trainer.sft_trainer import DataCollatorForVisionLanguageModeling

    print(f"version: TRL {trl.__version__}")
    prepared = prepare(export, model)
    check_first_values(model, prepared)
    processor = AutoProcessor.from_pretrained(prepared)
    rows = load_dataset(str(export / "data"))["train"]
    print(f"  columns: {rows.features}")
    template = get_training_chat_template(processor)
    collate = DataCollatorForVisionLanguageModeling(processor, assistant_only_loss=True, chat_template=template)
    for number in PICKED:
        row = rows[number]
        spoken = [turn["content"] for turn in row["messages"] if turn["role"] == "assistant"]
        answers = ["".join(part["text"] for part in parts) for parts in spoken]
        batch = collate([row])
        check(processor.tokenizer, number, answers, batch["input_ids"][0].tolist(), batch["labels"][0].tolist())


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
