"""What an export format is, and what the formats share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from t4s_data.errors import CorpusError
from t4s_data.export.examples import Example
from t4s_data.manifest.shipped import shipped_folder
from t4s_data.registry import Registry

DATA_ROOT = "DATA_ROOT"
"""Stands in commands for the folder that image paths start in, where an export does not know it."""
MODEL = "Qwen/Qwen2-VL-7B-Instruct"
ADD_TOKENS = "add_tokens.py"
"""The script that adds the tokens to a model, for trainers that have no option for it."""
_SPEAKERS = {"user": "human", "assistant": "gpt", "system": "system"}


@dataclass(frozen=True, slots=True)
class Facts:
    """What a format needs to know to say how it is used.

    ``rows`` counts the records of each split. ``images`` is the folder that the records' image paths start
    in, as seen from the export: ``.`` where it holds them, empty where the paths are absolute, and
    :data:`DATA_ROOT` where it is not known. ``tokens`` is how many tokens a trainer adds.
    """

    corpus: str
    rows: Mapping[str, int]
    images: str
    tokens: int

    @property
    def train(self) -> str:
        """The split that the command trains on."""
        return "train" if "train" in self.rows else next(iter(self.rows))


class Format(Protocol):
    """One trainer's files. Implementations are frozen dataclasses that hold nothing but their name."""

    @property
    def name(self) -> str:
        """The name on the command line."""

    def file(self, split: str) -> str:
        """The path of a split's records below the export."""

    def record(self, example: Example) -> Mapping[str, Any]:
        """One record; raises :class:`CorpusError` for an example that the format has no place for."""

    def write(self, path: Path, records: Iterable[Mapping[str, Any]]) -> int:
        """Write the records as they come and say how many there were."""

    def companions(self, facts: Facts) -> Mapping[str, str]:
        """The small files that stand beside the records, text by name."""

    def command(self, facts: Facts) -> str:
        """The shell command that trains on the export, run in its folder."""

    def tokens(self, facts: Facts) -> str:
        """One line: what the trainer does with the new tokens."""


def _format(name: str, found: Any) -> Format:
    form: Format = found()
    if form.name != name:
        raise ValueError(f"its name is {form.name!r}")
    return form


FORMATS: Registry[Format] = Registry(
    "export format",
    "t4s_data.exports",
    {
        "ms-swift": "t4s_data.export.ms_swift:MsSwift",
        "llava": "t4s_data.export.llava:Llava",
        "qwen-vl": "t4s_data.export.qwen_vl:QwenVl",
        "llama-factory": "t4s_data.export.llama_factory:LlamaFactory",
        "internvl": "t4s_data.export.internvl:InternVl",
        "trl": "t4s_data.export.trl:Trl",
    },
    ready=_format,
)
"""The export formats by name."""


def conversation(example: Example, *, system: bool) -> list[dict[str, str]]:
    """The turns as LLaVA writes them: ``from`` human or gpt, ``value``.

    Raises:
        CorpusError: there is a system turn and the format has none.
    """
    if example.turns[0].role == "system" and not system:
        raise CorpusError(f"row {example.id!r} has a system turn, which this format has no place for")
    return [{"from": _SPEAKERS[turn.role], "value": turn.content} for turn in example.turns]


def joined(words: Sequence[str]) -> str:
    """The words of a command, as many to a line as fit."""
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + len(word) > 100:
            lines.append(word)
        else:
            lines[-1] += f" {word}"
    return " \\\n    ".join(lines)


def token_script() -> dict[str, str]:
    """The file :data:`ADD_TOKENS`, by its name."""
    return {ADD_TOKENS: shipped_folder().joinpath("training", ADD_TOKENS).read_text(encoding="utf-8")}
