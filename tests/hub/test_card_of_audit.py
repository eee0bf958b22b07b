"""The card shows what the audit found."""

from __future__ import annotations

import re
from pathlib import Path

from t4s_data.audit.findings import Findings, advice


def tables(text: str) -> list[list[str]]:
    blocks = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
    return [block.splitlines() for block in blocks]


def test_it_shows_tokens_figure_7_and_ceilings(corpus: Path):
    text = (corpus / "README.md").read_text(encoding="utf-8")
    findings = Findings.load(corpus)
    images = re.findall(r"!\[[^\]]*\]\(([^)]*)\)", text)
    assert images == ["assets/lengths.png", "assets/figure7.png", "assets/ceilings.png"]
    assert all((corpus / name).is_file() for name in images)
    assert advice(findings) in text
    for line in findings.lengths:
        if line.task != "*" and line.split == "*":
            cells = f"| {line.source} | `{line.task}` | {line.text} | {line.tokens.count:,} | {line.tokens.mean:.1f} |"
            assert cells in text
    ours = findings.figure_of("refcoco")
    assert f"| `bsd-64` | 150.4 | {ours['bsd-64']:.1f} |" in text
    for one in findings.ceilings_of("*"):
        assert f"| {one.n} | {one.miou:.3f} |" in text


def test_its_tables_are_whole(corpus: Path):
    for table in tables((corpus / "README.md").read_text(encoding="utf-8")):
        assert len({row.replace("\\|", "").count("|") for row in table}) == 1
        assert re.fullmatch(r"\|[-:|]+\|", table[1])
