"""Under ms-swift's own Python: python check_ms_swift.py EXPORT MODEL, in the folder that the image paths start in."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from first_rows import PICKED, check


def recipe_arguments(export: Path) -> list[str]:
    """The command line that `swift sft text4seg-pp.yaml` makes of the recipe, by ms-swift's own reader."""
    from swift.cli.main import parse_yaml_args

    arguments = [str(export / "text4seg-pp.yaml")]
    parse_yaml_args(arguments)
    return arguments


def check_parser(arguments: list[str]) -> None:
    """Every argument is known, and its value is of the right type and among the choices."""
    from swift.arguments import SftArguments
    from swift.utils.utils import _patch_get_type_hints
    from transformers import HfArgumentParser

    with _patch_get_type_hints():
        parser = HfArgumentParser([SftArguments])
    given = vars(parser.parse_args(arguments))
    names = [word[2:] for word in arguments if word.startswith("--")]
    print("  recipe: " + ", ".join(f"{name}={given[name]}" for name in names))
    print(f"  recipe: {len(names)} arguments, all known to the parser; MIN_PIXELS={os.environ['MIN_PIXELS']}")


def check_other_formats(export: Path, places: Mapping[str, int]) -> None:
    """ms-swift also reads LLaVA's conversations: a second reader for the formats whose trainers are no packages."""
    from swift.dataset import load_dataset

    for name in ("llava", "qwen-vl", "internvl"):
        file = next((export.parent / name).glob("train.json*"))
        rows, _ = load_dataset([str(file)], split_dataset_ratio=0)
        assert {json.dumps(row["messages"]) for row in rows} == set(places), name
        pictured = sum(bool(row["images"]) for row in rows)
        print(f"  {name}: {len(rows)} rows with the same messages, {pictured} of them with an image")


def main(export: Path, model: str) -> None:
    import swift
    from swift.arguments import SftArguments
    from swift.utils import parse_args

    print(f"version: ms-swift {swift.__version__}")
    recipe = recipe_arguments(export)
    check_parser(recipe)
    # DeepSpeed needs an accelerator; everything else is the printed command's.
    tokens = ["--new_special_tokens", str(export / "tokens/new_special_tokens.txt")]
    data = ["--dataset", str(export / "train.jsonl"), "--modules_to_save", "embed_tokens", "lm_head"]
    here = ["--model", model, "--deepspeed", "", "--torch_dtype", "float32", "--output_dir", f"{export}.checkpoints"]
    args, unknown = parse_args(SftArguments, [*recipe, *tokens, *data, *here])
    assert not unknown, unknown
    processor = args.get_model_processor(load_model=False)[1]
    template = args.get_template(processor)
    template.set_mode("train")
    rows, _ = args.load_dataset()
    lines = (export / "train.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(rows) == len(lines)
    # The loader shuffles: rows are found again by their messages.
    places = {json.dumps(row["messages"]): k for k, row in enumerate(rows)}
    check_other_formats(export, places)
    for number in PICKED:
        record = json.loads(lines[number])
        row = rows[places[json.dumps(record["messages"])]]
        encoded = template.encode(row)
        answers = [turn["content"] for turn in record["messages"] if turn["role"] == "assistant"]
        check(processor.tokenizer, number, answers, encoded["input_ids"], encoded["labels"])


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
