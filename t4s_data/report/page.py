"""The audit report: one page that needs nothing but a browser."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from markupsafe import Markup

from t4s_data.audit.ceilings import CANVASES
from t4s_data.audit.findings import ALL, PAPER, REDUCTIONS, Findings, advice
from t4s_data.corpus.record import Build
from t4s_data.counts import LIMITS
from t4s_data.manifest.shipped import shipped_folder
from t4s_data.report import figures
from t4s_data.report.gallery import Exhibit
from t4s_data.sample import REASONS

REPORT = "report/index.html"

_SERIES = {"isd-{n}-rrle": "I-SD (R-RLE)", "bsd-{n}-text": "B-SD without bricks", "bsd-{n}": "B-SD"}
_CONTENT_PLOTS = {
    "words": "Words of a label.",
    "targets": "Regions of a row.",
    "bricks": "Lengths of the bricks in the answers of the rows that were laid on every canvas.",
    "centers": "Centers of the boxes, on the image.",
    "sizes": "Widths and heights of the boxes, as shares of the image's.",
}


def render_report(build: Build, findings: Findings, exhibits: Sequence[Exhibit]) -> str:
    """The whole page, at most 15 MB."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=True)
    environment.filters |= {
        "number": lambda value: f"{value:,}",
        "percent": lambda share: f"{share:.1%}",
        "everything": lambda name: "all" if name == ALL else name,
        "cell": lambda value: _cell(value, f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"),
        "percent_cell": lambda share: _cell(share, _percent(share)),
        "share_cell": lambda share: _cell(-1, "") if share is None else _cell(share, f"{share:.3f}"),
        "factor_cell": lambda factor: _cell(factor, f"{factor:.2f}"),
    }
    return environment.from_string(_file("index.html.j2")).render(_values(build, findings, exhibits)) + "\n"


def _values(build: Build, findings: Findings, exhibits: Sequence[Exhibit]) -> dict[str, Any]:
    return {
        "f": findings,
        "build": build,
        "style": Markup(_file("style.css")),
        "script": Markup(_file("script.js")),
        "codecs": findings.own,
        "tokenizers": [name.partition(" sha256:")[0] for name in findings.tokenizers],
        "numbers": list(_numbers(findings)),
        "advice": advice(findings),
        "limits": LIMITS,
        "length_groups": _length_groups(findings),
        "sampled": _sampled(findings),
        "canvases": CANVASES,
        "paper_rows": list(_paper_rows(findings)),
        "reductions": list(_reductions(findings)),
        "figure_rows": list(_figure_rows(findings)),
        "size_names": figures.SIZE_NAMES,
        "labels": list(_labels(findings)),
        "inexact": [(source.source, source.labels_missed) for source in findings.sources if source.labels_missed],
        "quarantined": list(_quarantined(findings)),
        "first_rows": sum(account.used for account in build.accounts),
        "content_plots": [(name, caption) for name, caption in _CONTENT_PLOTS.items() if findings.regions],
        "plots": _plots(findings),
        "exhibits": exhibits,
        # Nothing in the rows may end the script element that they stand in.
        "exhibits_json": Markup(json.dumps(exhibits, separators=(",", ":")).replace("<", "\\u003c")),
    }


def _file(name: str) -> str:
    return shipped_folder().joinpath("report", name).read_text(encoding="utf-8")


def _cell(value: float, text: str) -> Markup:
    return Markup('<td class="n" data-value="{}">{}</td>').format(round(value, 6), text)


def _percent(share: float) -> str:
    return "0" if share == 0 else "< 0.1 %" if share < 0.001 else f"{100 * share:.1f} %"


def _numbers(findings: Findings) -> Iterator[tuple[str, str]]:
    """The figures at the head of the page, each with its name."""
    first = findings.lengths[0]
    total = next(
        line.tokens
        for line in findings.lengths
        if (line.tokenizer, line.codec, line.source, line.text) == (first.tokenizer, first.codec, ALL, "total")
    )
    yield f"{findings.total_rows:,}", "rows"
    yield f"{findings.regions:,}", "regions"
    yield f"{total.mean:,.0f}", "text tokens a row (mean)"
    yield f"{total.p99:,}", "text tokens at the 99th percentile"
    yield _percent(total.above[1]), f"of the rows above {LIMITS[1]:,} tokens"
    for codec in findings.own:
        n = next((int(part) for part in codec.split("-") if part.isdigit()), 0)
        line = next((line for line in findings.ceilings_of(ALL) if line.n == n), None)
        if line is not None and not codec.endswith("-box"):
            yield f"{line.miou:.3f}", f"best mean IoU at N = {n}"
    yield _percent(findings.repeated / findings.compared if findings.compared else 0), "repeated rows"


def _length_groups(findings: Findings) -> list[dict[str, Any]]:
    """The tables of lengths, one for each tokenizer and codec; splits apart only where there are several."""
    groups: dict[tuple[str, str], list[Any]] = {}
    for line in findings.lengths:
        groups.setdefault((line.tokenizer, line.codec), []).append(line)
    titles = {"own": "as built"}
    return [
        {
            "title": f"{titles.get(codec, codec)} · {tokenizer.partition(' sha256:')[0]}",
            "lines": [line for line in lines if line.split != ALL or line.source == ALL],
        }
        for (tokenizer, codec), lines in groups.items()
    ]


def _sampled(findings: Findings) -> str:
    if findings.studied == findings.regions:
        return ""
    return f", measured on {findings.studied:,} of {findings.regions:,} regions (whole images, drawn by hash)"


def _paper_rows(findings: Findings) -> Iterator[tuple[str, int, float, float]]:
    ours = findings.figure_of(findings.figure_source)
    names = {"full": "I-SD (full)", "rrle": "I-SD (R-RLE)", "text": "B-SD without bricks"}
    for codec, printed in PAPER.items():
        if ours:
            _, n, *variant = codec.split("-")
            yield names.get("".join(variant), "B-SD"), int(n), printed, ours[codec]


def _reductions(findings: Findings) -> Iterator[tuple[str, str, float, float]]:
    ours = findings.figure_of(findings.figure_source)
    for one, other in REDUCTIONS:
        if ours:
            yield one, other, PAPER[one] / PAPER[other], ours[one] / ours[other]


def _figure_rows(findings: Findings) -> Iterator[tuple[str, str, list[float]]]:
    for source in dict.fromkeys(line.source for line in findings.figure):
        ours = findings.figure_of(source)
        for pattern, name in _SERIES.items():
            yield source, name, [ours[pattern.format(n=n)] for n in CANVASES]


def _labels(findings: Findings) -> Iterator[tuple[str, str, int, float]]:
    for source in findings.sources:
        for label, count in source.labels:
            yield source.source, label, count, round(count / source.labels[0][1], 4)


def _quarantined(findings: Findings) -> Iterator[tuple[str, str, str, int]]:
    for source in findings.sources:
        for reason, count in sorted(source.quarantined.items()):
            if count:
                yield source.source, reason, REASONS.get(reason, ""), count


def _plots(findings: Findings) -> dict[str, Markup]:
    plots: dict[str, figures.Plot] = {"lengths": figures.lengths}
    if findings.studied:
        plots |= {"figure7": figures.figure7, "ceilings": figures.ceilings}
    if findings.regions:
        plots |= {name: getattr(figures, name) for name in _CONTENT_PLOTS}
    return {name: Markup(figures.svg(plot, findings)) for name, plot in plots.items()}
