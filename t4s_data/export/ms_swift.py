"""ms-swift: messages with ``<image>`` in them, and a list of paths.

Source: https://swift.readthedocs.io/en/latest/Customization/Custom-dataset.html. A row without images has no
``images``. The masks stay literal text: ms-swift's own ``<ref-object>`` and ``<bbox>`` are spelled differently for
each model and their boxes are rescaled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from t4s_data.export.examples import Example
from t4s_data.export.format import ADD_TOKENS, Facts, joined, token_script
from t4s_data.export.streams import write_lines
from t4s_data.export.training import TrainingRecipe

RECIPE = "text4seg-pp.yaml"


@dataclass(frozen=True, slots=True)
class MsSwift:
    """The export for ms-swift."""

    name: str = "ms-swift"

    def file(self, split: str) -> str:
        """The path of a split's records."""
        return f"{split}.jsonl"

    def record(self, example: Example) -> Mapping[str, Any]:
        """``messages``, and ``images`` if there are any."""
        messages = [{"role": turn.role, "content": turn.content} for turn in example.turns]
        return {"messages": messages, "images": list(example.images)} if example.images else {"messages": messages}

    def write(self, path: Path, records: Iterable[Mapping[str, Any]]) -> int:
        """JSON lines."""
        return write_lines(path, records)

    def companions(self, facts: Facts) -> Mapping[str, str]:  # noqa: ARG002
        """The training recipe, and the script that adds the tokens as ordinary ones."""
        return {RECIPE: TrainingRecipe().to_yaml(), **token_script()}

    def command(self, facts: Facts) -> str:
        """``swift sft`` with the recipe, the data and the tokens."""
        words = [f"ROOT_IMAGE_DIR={facts.images}"] if facts.images else []
        words += ["swift sft", RECIPE, f"--dataset {self.file(facts.train)}"]
        words += ["--new_special_tokens tokens/new_special_tokens.txt", "--modules_to_save embed_tokens lm_head"]
        return joined(words)

    def tokens(self, facts: Facts) -> str:
        """What ``--new_special_tokens`` and ``--modules_to_save`` do."""
        return (
            f"ms-swift adds the {facts.tokens} tokens of the file as special tokens, enlarges the embedding only if it "
            "has fewer rows than there are tokens then, and trains embedding and output layer in full because of "
            "--modules_to_save; LoRA alone would leave the new rows as they are. A text that is decoded with "
            "skip_special_tokens=True loses special tokens, and the masks with them: decode with False, or run "
            f"{ADD_TOKENS}, train the model that it writes and leave --new_special_tokens out."
        )
