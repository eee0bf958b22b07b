"""An export format in one file: a line a row, the question and the answer with a tab between them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from t4s_data.export.examples import Example
from t4s_data.export.format import Facts


@dataclass(frozen=True)
class Pairs:
    name: str = "pairs"

    def file(self, split: str) -> str:
        return f"{split}.tsv"

    def record(self, example: Example) -> Mapping[str, Any]:
        asked, answered = (turn.content for turn in example.turns[-2:])
        return {"asked": asked, "answered": answered}

    def write(self, path: Path, records: Iterable[Mapping[str, Any]]) -> int:
        lines = [f"{json.dumps(one['asked'])}\t{json.dumps(one['answered'])}\n" for one in records]
        path.write_text("".join(lines), encoding="utf-8")
        return len(lines)

    def companions(self, facts: Facts) -> Mapping[str, str]:
        return {"columns.txt": f"asked, answered\n{facts.corpus}\n"}

    def command(self, facts: Facts) -> str:
        return f"train-on {self.file(facts.train)}"

    def tokens(self, facts: Facts) -> str:
        return f"It adds {facts.tokens} tokens."
