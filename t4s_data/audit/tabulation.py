"""The summary of all shards -> findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from t4s_data.audit.ceilings import CANVASES, SIZES, Ceiling
from t4s_data.audit.content import Numbers, Rows, repeated
from t4s_data.audit.findings import ALL, Bars, CeilingLine, FigureLine, Findings, Lengths, Source
from t4s_data.audit.summary import FIGURE_CODECS, OWN, TEXTS, FigureSum, Measures, Summary, tokenizer_for
from t4s_data.codecs.codec import NO_CODEC
from t4s_data.corpus.record import Build
from t4s_data.counts import Distribution, Frequent, Histogram, add, merged

MOST_LABELS = 25


def findings_of(summary: Summary, build: Build, measures: Measures) -> Findings:
    """The figures of a whole corpus's summary."""
    names = {name: tokenizer_for(name, OWN).identity for name, _ in measures.counters}
    sources = list(dict.fromkeys(account.source for account in build.accounts if account.rows))
    compared, repeats = repeated(summary.content.keys.values())
    return Findings(
        name=build.recipe.name,
        tokenizers=list(names.values()),
        own=sorted({account.codec for account in build.accounts if account.rows} - {NO_CODEC}),
        lengths=list(_lengths(summary, measures, names)),
        bars=_bars(summary, measures.counters[0]),
        figure=list(_figure(summary)),
        ceilings=list(_ceilings(summary)),
        sources=[_source(summary, build, source) for source in sources],
        regions=sum(rows.regions for rows in summary.content.groups.values()),
        studied=sum(ceiling.count for (_, n, _), ceiling in summary.regions.items() if n == CANVASES[0]),
        compared=compared,
        repeated=repeats,
    )


def _lengths(summary: Summary, measures: Measures, names: Mapping[str, str]) -> Iterator[Lengths]:
    """Every group, and the groups taken together, under the tokenizers and codecs in the order they were asked for."""
    groups: dict[tuple[str, str, str, str, str, str], Histogram] = {}
    for (tokenizer, codec, source, task, split, text), histogram in summary.lengths.items():
        for group in ((source, task, split), (source, task, ALL), (source, ALL, ALL), (ALL, ALL, ALL)):
            add(groups.setdefault((tokenizer, codec, *group, text), {}), histogram)
    counters, texts = list(measures.counters), list(TEXTS)
    for key in sorted(groups, key=lambda key: (counters.index(key[:2]), *key[2:-1], texts.index(key[-1]))):
        yield Lengths(names[key[0]], *key[1:], Distribution.of(groups[key]))


def _bars(summary: Summary, counter: tuple[str, str], bins: int = 60) -> dict[str, Bars]:
    """The histograms of the texts over all rows, under one tokenizer and codec, in bins of one width."""
    whole = {
        text: merged(one for key, one in summary.lengths.items() if (*key[:2], key[-1]) == (*counter, text))
        for text in reversed(TEXTS)
    }
    width = max(1, -(-(Distribution.of(whole["total"]).p99 + 1) // bins))
    return {text: Bars(width, _binned(histogram, width, bins)) for text, histogram in whole.items()}


def _binned(histogram: Histogram, width: int, bins: int) -> list[int]:
    counts = [0] * bins
    for length, rows in histogram.items():
        if length // width < bins:
            counts[length // width] += rows
    return counts


def _figure(summary: Summary) -> Iterator[FigureLine]:
    sums: dict[tuple[str, str], FigureSum] = {}
    for (source, codec), figure in summary.figure.items():
        for key in ((source, codec), (ALL, codec)):
            sums.setdefault(key, FigureSum()).merge(figure)
    for source in sorted({source for source, _ in sums}):
        for codec in FIGURE_CODECS:
            figure = sums[source, codec]
            yield FigureLine(source, codec, figure.rows, round(figure.tokens / figure.rows, 6))


def _ceilings(summary: Summary) -> Iterator[CeilingLine]:
    sums: dict[tuple[str, int, str], Ceiling] = {}
    rows: dict[tuple[str, int], Ceiling] = {}
    for (source, n, size), ceiling in summary.regions.items():
        for key in ((source, n, size), (source, n, ALL), (ALL, n, size), (ALL, n, ALL)):
            sums.setdefault(key, Ceiling()).add(ceiling)
    for (source, n), ceiling in summary.rows.items():
        for name in (source, ALL):
            rows.setdefault((name, n), Ceiling()).add(ceiling)
    for source in sorted({source for source, _, _ in sums}):
        for n in CANVASES:
            for size in (ALL, *SIZES):
                if (source, n, size) in sums:
                    giou = round(rows[source, n].mean_iou, 6) if size == ALL else None
                    yield _ceiling_line(source, n, size, sums[source, n, size], giou)


def _ceiling_line(source: str, n: int, size: str, ceiling: Ceiling, giou: float | None) -> CeilingLine:
    return CeilingLine(
        source=source,
        n=n,
        size=size,
        regions=ceiling.count,
        miou=round(ceiling.mean_iou, 6),
        ciou=round(ceiling.cumulative_iou, 6),
        box_accuracy=round(ceiling.boxes / ceiling.count, 6),
        rescued=round(ceiling.rescued / ceiling.count, 6),
        giou=giou,
    )


def _source(summary: Summary, build: Build, source: str) -> Source:
    content = summary.content
    rows: dict[str, dict[str, Rows]] = {}
    for (name, task, split), group in sorted(content.groups.items()):
        if name == source:
            rows.setdefault(task, {})[split] = group
    compared, repeats = repeated([content.keys.get(source, b"")])
    labels = content.labels.get(source, Frequent())
    quarantined: dict[str, int] = {}
    for account in build.accounts:
        if account.source == source:
            add(quarantined, account.quarantined)
    return Source(
        source=source,
        rows=rows,
        numbers=content.numbers.get(source, Numbers()),
        labels=labels.top(MOST_LABELS),
        labels_missed=labels.missed,
        compared=compared,
        repeated=repeats,
        quarantined=quarantined,
    )
