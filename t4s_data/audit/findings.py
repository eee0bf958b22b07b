"""What an audit found: the figures of ``report/audit.json``, from which report and card are made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import msgspec

from t4s_data.audit.content import Numbers, Rows
from t4s_data.counts import Distribution
from t4s_data.errors import CorpusError

ALL = "*"
"""The name of a group that holds all sources, tasks or splits."""
AUDIT = "report/audit.json"

PAPER: Mapping[str, float] = {
    "isd-16-full": 583,
    "isd-16-rrle": 154,
    "isd-64-rrle": 767.6,
    "bsd-64-text": 283.0,
    "bsd-64": 150.4,
}
"""Mean tokens of a descriptor as the Text4Seg++ paper prints them, on RefCOCO with the Qwen tokenizer."""
REDUCTIONS = (
    ("isd-16-full", "isd-16-rrle"),
    ("isd-64-rrle", "bsd-64-text"),
    ("bsd-64-text", "bsd-64"),
    ("isd-64-rrle", "bsd-64"),
)
"""Pairs of codecs whose ratio the paper reports."""
CLOSE = 0.02
"""How far the mean IoU of a smaller canvas may be below the largest one's for the advice to name it."""


class Lengths(msgspec.Struct, frozen=True):
    """Tokens of one text (descriptor, answer or total) of the rows of a group."""

    tokenizer: str
    codec: str
    source: str
    task: str
    split: str
    text: str
    tokens: Distribution


class Bars(msgspec.Struct, frozen=True):
    """A histogram for plotting: bins of equal width from 0; what is longer than the last one is left out."""

    width: int
    counts: list[int]


class FigureLine(msgspec.Struct, frozen=True):
    """Mean tokens of a row's descriptors under one codec."""

    source: str
    codec: str
    rows: int
    tokens: float


class CeilingLine(msgspec.Struct, frozen=True):
    """The best that decoding the truth reaches for regions of a size class; gIoU is over rows of all sizes."""

    source: str
    n: int
    size: str
    regions: int
    miou: float
    ciou: float
    box_accuracy: float
    rescued: float
    giou: float | None = None


class Source(msgspec.Struct):
    """What the rows of one source hold; ``repeated`` of the ``compared`` rows have the content of another."""

    source: str
    rows: dict[str, dict[str, Rows]]
    numbers: Numbers
    labels: list[tuple[str, int]]
    labels_missed: int
    compared: int
    repeated: int
    quarantined: dict[str, int]


class Findings(msgspec.Struct):
    """All figures of an audit; ``own`` are the codec names that the rows themselves have.

    ``rows`` of a source are by task and split. ``studied`` of ``regions`` were laid on every canvas.
    """

    name: str
    tokenizers: list[str]
    own: list[str]
    lengths: list[Lengths]
    bars: dict[str, Bars]
    figure: list[FigureLine]
    ceilings: list[CeilingLine]
    sources: list[Source]
    regions: int
    studied: int
    compared: int
    repeated: int

    def save(self, corpus: Path) -> None:
        """Write ``report/audit.json``, keys sorted."""
        path = corpus / AUDIT
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(msgspec.to_builtins(self, str_keys=True), indent=1, sort_keys=True, ensure_ascii=False)
        path.write_text(text + "\n", encoding="utf-8", newline="\n")

    @classmethod
    def load(cls, corpus: Path) -> Findings:
        """Read the findings of a corpus that was audited.

        Raises:
            CorpusError: it was not, or the file is damaged.
        """
        try:
            return msgspec.json.decode((corpus / AUDIT).read_bytes(), type=cls, strict=False)
        except FileNotFoundError:
            raise CorpusError(f"{corpus}: no {AUDIT}; `t4s audit` writes it") from None
        except msgspec.MsgspecError as error:
            raise CorpusError(f"{corpus / AUDIT}: {error}") from None

    def figure_of(self, source: str) -> dict[str, float]:
        """Mean tokens by codec of a source or of all."""
        return {line.codec: line.tokens for line in self.figure if line.source == source}

    def ceilings_of(self, source: str, size: str = ALL) -> list[CeilingLine]:
        """The ceilings of a source or of all, by canvas."""
        return [line for line in self.ceilings if line.source == source and line.size == size]

    @property
    def figure_source(self) -> str:
        """The source that Figure 7 is drawn from: RefCOCO, as in the paper, or all where there is none."""
        return "refcoco" if self.figure_of("refcoco") else ALL

    @property
    def total_rows(self) -> int:
        """All rows of the corpus."""
        return sum(rows.rows for source in self.sources for tasks in source.rows.values() for rows in tasks.values())


def advice(findings: Findings) -> str:
    """Which canvas to choose, in one sentence; empty where there is no region."""
    lines = findings.ceilings_of(ALL)
    if not lines:
        return ""
    most = lines[-1]
    best = next(line for line in lines if line.miou >= most.miou - CLOSE)
    tokens = findings.figure_of(ALL)
    price = f"{tokens[f'bsd-{best.n}']:,.0f} descriptor tokens a row"
    if best is most:
        return (
            f"Choose N = {best.n}: no smaller canvas comes within {CLOSE} of its ceiling, a mean IoU of "
            f"{best.miou:.3f}, for {price} (B-SD)."
        )
    return (
        f"Choose N = {best.n}: it is the smallest canvas whose ceiling, a mean IoU of {best.miou:.3f}, comes within "
        f"{CLOSE} of that of N = {most.n} ({most.miou:.3f}), for {price} instead of "
        f"{tokens[f'bsd-{most.n}']:,.0f} (B-SD)."
    )
