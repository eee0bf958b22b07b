"""What a recipe comes to on the full official data, beside the paper's Table I: from the manifests alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from t4s_data.manifest.shipped import NAMES, expected_split, load_manifest
from t4s_data.manifest.source import Manifest, PaperRow
from t4s_data.recipe.parts import Part

Basis = Literal["counted", "inferred", "open", "unknown"]
BASES: dict[Basis, str] = {
    "counted": "published counts of the data",
    "inferred": "the paper's number, which a rule that fits it and that the paper does not state explains",
    "open": "the paper's number; what is left out to reach it the paper does not say, only the data can tell",
    "unknown": "no published count, and not what the paper used",
}
"""How well a number of samples is known, the best first."""
COUNTING = frozenset({"min_texts", "texts_per_image", "pairs", "labels"})
"""Recipe keys of single sources that change how many records there are."""


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One part and its number of records in the full official data; None where only the data itself can tell."""

    part: Part
    records: int | None
    basis: Basis

    @property
    def samples(self) -> int | None:
        """The rows that the records make over all passes."""
        return None if self.records is None else self.records * self.part.repeat


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of the paper's Table I beside what the recipe's training parts make of its sources."""

    name: str
    sources: tuple[str, ...]
    samples: int | None
    basis: Basis
    paper: PaperRow

    @property
    def agrees(self) -> bool:
        """Whether the samples print as the paper's number, which is rounded to thousands where it ends in them."""
        step = 1 if self.paper.samples % 1000 else 1000
        return self.samples is not None and abs(self.samples - self.paper.samples) < step


def plan_of(parts: Sequence[Part]) -> list[PlanLine]:
    """The parts with their records, in the recipe's order; parts of one table share its limit."""
    lines: list[PlanLine] = []
    for part in parts:
        records, basis = official_records(part)
        if part.limit and records is not None:
            taken = sum(line.records or 0 for line in lines if line.part.table == part.table)
            records = min(records, part.limit - min(part.limit, taken))
        lines.append(PlanLine(part, records, basis))
    return lines


def official_records(part: Part) -> tuple[int | None, Basis]:
    """How many records a part has in the full official data, and how that is known.

    Where the manifest has no count of the paper's training split, the paper's own number is taken for it, less
    what its other sources in the same row of Table I have.
    """
    manifest, place = load_manifest(part.source), part.location
    known = expected_split(manifest, place.split, place.split_by)
    if known and known.records and not COUNTING & place.options.keys():
        return known.records, "counted"
    paper = manifest.paper
    if paper is None or not _as_in_paper(part, manifest, paper):
        return None, "unknown"
    others = [_train_records(other) for other in _manifests_of(paper.row) if other.name != part.source]
    if None in others or paper.status == "exact":
        return None, "unknown"
    return paper.samples // paper.repeat - sum(filter(None, others)), paper.status


def table_rows(plan: Sequence[PlanLine]) -> list[TableRow]:
    """The paper's rows that the plan has sources of, in the order of Table I."""
    rows: dict[str, list[PlanLine]] = {}
    for line in plan:
        if (paper := load_manifest(line.part.source).paper) and line.part.location.split == "train":
            rows.setdefault(paper.row, []).append(line)
    order = dict.fromkeys(paper.row for name in NAMES if (paper := load_manifest(name).paper))
    return [_table_row(name, rows[name]) for name in order if name in rows]


def total(plan: Iterable[PlanLine]) -> int | None:
    """The samples of a whole plan, None if one of its parts is unknown."""
    samples = [line.samples for line in plan]
    return None if None in samples else sum(filter(None, samples))


def _table_row(name: str, lines: Sequence[PlanLine]) -> TableRow:
    sources = tuple(dict.fromkeys(line.part.source for line in lines))
    paper = load_manifest(sources[0]).paper
    assert paper is not None
    worst = max((line.basis for line in lines), key=list(BASES).index)
    return TableRow(name, sources, total(lines), worst, paper)


def _as_in_paper(part: Part, manifest: Manifest, paper: PaperRow) -> bool:
    place = part.location
    ours = {key: value for key, value in place.options.items() if key in COUNTING}
    return (place.split, place.split_by, ours) == ("train", manifest.default_split_by, paper.options)


def _manifests_of(row: str) -> list[Manifest]:
    manifests = [load_manifest(name) for name in NAMES]
    return [manifest for manifest in manifests if manifest.paper and manifest.paper.row == row]


def _train_records(manifest: Manifest) -> int | None:
    train = expected_split(manifest, "train", manifest.default_split_by)
    return train.records if train else None
