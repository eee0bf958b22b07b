"""The report is one page that needs nothing else, whatever stands in the rows."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest

from t4s_data.audit.findings import Findings, advice
from t4s_data.corpus.folder import read_build
from t4s_data.corpus.row import Row
from t4s_data.errors import CorpusError
from t4s_data.report import gallery as gallery_module
from t4s_data.report.gallery import gallery
from t4s_data.report.page import render_report

VOID = {"meta", "link", "br", "input", "img", "hr"}


class Page(HTMLParser):
    """Elements with their attributes, and whether every one that opens closes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def text(corpus: Path) -> str:
    return (corpus / "report/index.html").read_text(encoding="utf-8")


def exhibits_in(text: str) -> list[dict[str, Any]]:
    found = re.search(r'<script type="application/json" id="rows">(.*?)</script>', text, re.DOTALL)
    assert found
    return json.loads(found[1])


def test_it_is_well_formed_and_loads_nothing(text: str):
    page = Page(text)
    assert page.open == []
    ids = [attributes["id"] for tag, attributes in page.elements if tag == "section"]
    assert ids == ["summary", "gallery", "tokens", "figure7", "ceilings", "content", "left-out"]
    for tag, attributes in page.elements:
        for name in ("src", "href", "xlink:href", "action"):
            value = attributes.get(name) or "#"
            assert value.startswith(("#", "data:")), (tag, value)
    assert not re.search(r"@import|url\((?!#)", text)
    assert not re.search(r"fetch\(|XMLHttpRequest|import\(", text)


def test_the_gallery_holds_every_kind_of_row(text: str, rows: dict[str, Row]):
    shown = exhibits_in(text)
    assert {(one["source"], one["task"]) for one in shown} == {(row.source, row.task) for row in rows.values()}
    for one in shown:
        row = rows[one["id"]]
        assert one["messages"] == msgspec.to_builtins(row.messages)
        assert one["tokens"] == [row.descriptor_tokens, row.answer_tokens, row.total_tokens]
        assert [region["rle"] for region in one["regions"]] == [region.rle for region in row.regions]
        assert (one["image"] is not None) == bool(row.images)
        assert (one["canvas"] is None) == (row.codec == "none")


def test_rows_cannot_leave_their_script_element(corpus: Path):
    exhibit = {"id": "</script><script>alert(1)</script>", "source": "<b>", "messages": []}
    findings = Findings.load(corpus)
    text = render_report(read_build(corpus), findings, [exhibit])
    assert "<script>alert" not in text
    assert exhibits_in(text) == [exhibit]


def test_names_are_escaped(corpus: Path):
    findings = Findings.load(corpus)
    findings.name = "<i>name</i>"
    findings.sources[0].labels = [("<img src=x>", 3)]
    text = render_report(read_build(corpus), findings, [])
    assert "<i>name" not in text
    assert "&lt;i&gt;name" in text
    assert "<img src=x>" not in text


def test_it_keeps_to_its_budget(corpus: Path, monkeypatch: pytest.MonkeyPatch):
    everything = json.loads((corpus / "build.json").read_text())["accounts"]
    places = [
        (shard["name"], number) for one in everything for shard in one["shards"] for number in range(shard["rows"])
    ]
    monkeypatch.setattr(gallery_module, "BYTES", 400_000)
    monkeypatch.setattr(gallery_module, "LARGEST", 90_000)
    shown = gallery(corpus, places, None)
    assert 0 < len(shown) < gallery_module.ROWS
    assert all(len(json.dumps(one)) < 100_000 for one in shown)
    assert sum(len(json.dumps(one)) for one in shown) < 440_000
    assert gallery_module.BYTES < 15_000_000


def test_a_corpus_without_regions_has_a_report(corpus: Path):
    findings = Findings.load(corpus)
    findings.regions = findings.studied = 0
    findings.figure, findings.ceilings = [], []
    page = Page(render_report(read_build(corpus), findings, []))
    ids = [attributes["id"] for tag, attributes in page.elements if tag == "section"]
    assert "ceilings" not in ids
    assert advice(findings) == ""


def test_findings_come_back_from_their_file(corpus: Path, own_corpus: Path):
    findings = Findings.load(corpus)
    findings.save(own_corpus)
    assert (own_corpus / "report/audit.json").read_bytes() == (corpus / "report/audit.json").read_bytes()
    (own_corpus / "report/audit.json").write_text("{}")
    with pytest.raises(CorpusError, match=r"audit\.json"):
        Findings.load(own_corpus)
    (own_corpus / "report/audit.json").unlink()
    with pytest.raises(CorpusError, match="t4s audit"):
        Findings.load(own_corpus)


def test_the_figures_agree_with_the_rows(corpus: Path, rows: dict[str, Row]):
    findings = Findings.load(corpus)
    assert findings.total_rows == len(rows)
    assert findings.regions == findings.studied == sum(len(row.regions) for row in rows.values())
    total = next(line for line in findings.lengths if (line.source, line.text) == ("*", "total"))
    assert total.tokens.mean == sum(row.total_tokens for row in rows.values()) / len(rows)
    for source in {row.source for row in rows.values()}:
        own = [row.answer_tokens for row in rows.values() if row.source == source]
        line = next(line for line in findings.lengths if (line.source, line.task, line.text) == (source, "*", "answer"))
        assert (line.tokens.count, line.tokens.max) == (len(own), max(own))
    # The corpus's own codec at its own size, from the rows' columns and from Figure 7.
    segmented = [row for row in rows.values() if row.source == "muse" and row.regions]
    mean = sum(row.descriptor_tokens for row in segmented) / len(segmented)
    assert findings.figure_of("muse")["bsd-64"] == pytest.approx(mean, abs=1e-6)


def test_ceilings_rise_with_the_canvas(corpus: Path):
    lines = Findings.load(corpus).ceilings_of("*")
    assert [line.n for line in lines] == [16, 24, 32, 48, 64, 80]
    for name in ("miou", "ciou", "giou"):
        values = [getattr(line, name) for line in lines]
        assert all(0 < value <= 1 for value in values)
        assert values[0] < values[-1]
    assert "Choose N = " in advice(Findings.load(corpus))
