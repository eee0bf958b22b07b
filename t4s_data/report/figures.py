"""Plots of an audit: PNG for the card, SVG that takes its colors from the page for the report."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from t4s_data.audit.ceilings import CANVASES
from t4s_data.audit.content import BINS
from t4s_data.audit.findings import ALL, PAPER, Findings
from t4s_data.counts import Histogram, merged

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, FAINT = "#1d2129", "#d0d4da"
"""Colors of lines and letters, and of the grid; in the report the page's own stand in their place."""
SERIES = ("#d9485f", "#2f7fc1", "#e8930c", "#3a9d5d", "#8a5cd0", "#12939a", "#c2649a", "#7d6b5d", "#8f8a00")
_STYLE: Any = {
    "svg.hashsalt": "t4s-data",
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
}
_NAMES = {"isd-{n}-rrle": "I-SD (R-RLE)", "bsd-{n}-text": "B-SD without bricks", "bsd-{n}": "B-SD"}

Plot = Callable[[Findings], "Figure"]


def png(plot: Plot, findings: Findings) -> bytes:
    """A plot as PNG on white, the same bytes for the same findings."""
    with _style():
        file = io.BytesIO()
        plot(findings).savefig(file, format="png", dpi=160, facecolor="white", metadata={"Software": None})
        return file.getvalue()


def svg(plot: Plot, findings: Findings) -> str:
    """A plot as an SVG element for a page, whose letters and grid have the page's colors."""
    with _style():
        file = io.StringIO()
        metadata = {"Date": None, "Creator": None, "Format": None, "Type": None}
        plot(findings).savefig(file, format="svg", transparent=True, metadata=metadata)
    text = file.getvalue()
    text = text[text.index("<svg") :].replace(INK, "currentColor").replace(FAINT, "var(--grid)")
    text = re.sub(r'<svg [^>]*?viewBox="([^"]*)"[^>]*>', r'<svg viewBox="\1" role="img">', text, count=1)
    return re.sub(r"<metadata>.*?</metadata>|font: [^;\"]*;? ?(?=text-anchor)", "", text, flags=re.DOTALL)


def lengths(findings: Findings) -> Figure:
    """How many rows have which number of tokens."""
    figure, axes = _axes()
    for color, (text, bars) in zip(("#9aa5b4", SERIES[1], SERIES[0]), findings.bars.items(), strict=True):
        edges = [bars.width * number for number in range(len(bars.counts) + 1)]
        axes.stairs(bars.counts, edges, color=color, label=text, linewidth=1.6, fill=text == "total", alpha=0.75)
    axes.set(xlabel="text tokens", ylabel="rows", xlim=(0, None), ylim=(0, None))
    axes.legend()
    return figure


def figure7(findings: Findings) -> Figure:
    """Mean descriptor tokens against the size of the canvas, beside the paper's values."""
    figure, axes = _axes()
    ours = findings.figure_of(findings.figure_source)
    for color, (pattern, name) in zip(SERIES, _NAMES.items(), strict=False):
        codecs = {n: pattern.format(n=n) for n in CANVASES}
        axes.plot(CANVASES, [ours[codec] for codec in codecs.values()], "o-", color=color, label=name, markersize=4)
        printed = {n: PAPER[codec] for n, codec in codecs.items() if codec in PAPER}
        axes.plot(list(printed), list(printed.values()), "x", color=color, markersize=9, markeredgewidth=2)
    axes.plot([], [], "x", color=INK, label="paper")
    axes.set(xlabel="N (canvas of N x N cells)", ylabel="mean descriptor tokens", xticks=CANVASES, ylim=(0, None))
    axes.legend()
    return figure


def ceilings(findings: Findings) -> Figure:
    """The best mean IoU against the size of the canvas, by size of the regions."""
    figure, axes = _axes()
    for color, (size, name) in zip((INK, *SERIES), SIZE_NAMES.items(), strict=False):
        lines = findings.ceilings_of(ALL, size)
        width = 2.4 if size == ALL else 1.4
        axes.plot([one.n for one in lines], [one.miou for one in lines], "o-", color=color, label=name, lw=width, ms=4)
    axes.set(xlabel="N (canvas of N x N cells)", ylabel="best mean IoU", xticks=CANVASES)
    axes.set(ylim=(0, 1.02), yticks=[fifth / 5 for fifth in range(6)])
    axes.legend(fontsize=9)
    return figure


SIZE_NAMES: Mapping[str, str] = {
    ALL: "all regions",
    "large": "10 % of the image or more",
    "medium": "2 to 10 %",
    "small": "0.5 to 2 %",
    "tiny": "below 0.5 %",
}
"""The size classes in words."""


def words(findings: Findings) -> Figure:
    """Words of a label."""
    return _bars(merged(source.numbers.words for source in findings.sources), "words of a label", "regions", 24)


def targets(findings: Findings) -> Figure:
    """Regions of a row."""
    return _bars(merged(source.numbers.targets for source in findings.sources), "regions of a row", "rows", 24)


def bricks(findings: Findings) -> Figure:
    """Lengths of bricks."""
    figure, axes = _axes(4.4, 3)
    for color, name in ((SERIES[0], "foreground"), (SERIES[1], "background")):
        counts = merged(getattr(source.numbers, name) for source in findings.sources)
        axes.plot(sorted(counts), [counts[length] for length in sorted(counts)], color=color, label=name)
    axes.set(xlabel="cells of a brick", ylabel="bricks (logarithmic)", yscale="log", xlim=(0, None))
    axes.legend()
    return figure


def centers(findings: Findings) -> Figure:
    """Where the boxes' centers are."""
    counts = merged(source.numbers.centers for source in findings.sources)
    figure, axes = _map(counts)
    axes.set(xlabel="across the image", ylabel="down the image", xticks=[], yticks=[])
    axes.invert_yaxis()
    return figure


def sizes(findings: Findings) -> Figure:
    """How wide and high the boxes are."""
    counts = merged(source.numbers.sizes for source in findings.sources)
    figure, axes = _map(counts)
    ticks = [-0.5, BINS / 2 - 0.5, BINS - 0.5]
    names = ["0", "half", "whole"]
    axes.set(xlabel="width of the box", ylabel="height of the box", xticks=ticks, yticks=ticks)
    axes.set_xticklabels(names)
    axes.set_yticklabels(names)
    return figure


@contextmanager
def _style() -> Iterator[None]:
    import matplotlib

    with matplotlib.rc_context():
        # Whatever a user's own settings are.
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        yield


def _axes(width: float = 4.9, height: float = 3.1) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(width, height))
    axes = figure.subplots()
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    return figure, axes


def _bars(counts: Histogram, xlabel: str, ylabel: str, most: int) -> Figure:
    figure, axes = _axes(4.4, 3)
    shown = range(min(counts, default=0), min(max(counts, default=0), most) + 1)
    heights = [counts.get(value, 0) for value in shown]
    names: Sequence[str] = [str(value) for value in shown]
    if counts and max(counts) > most:
        heights.append(sum(times for value, times in counts.items() if value > most))
        names = [*names, "more"]
    axes.bar(range(len(heights)), heights, color=SERIES[1], width=0.82)
    every = -(-len(names) // 12)
    # The name of the last bar is wider than a number.
    places = [place for place in range(0, len(shown), every) if place < len(names) - 2 or len(names) == len(shown)]
    places += range(len(shown), len(names))
    axes.set_xticks(places, [names[place] for place in places])
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.grid(axis="x", visible=False)
    return figure


def _map(counts: Histogram) -> tuple[Figure, Axes]:
    import numpy as np

    figure, axes = _axes(3.9, 3.2)
    grid = np.zeros(BINS * BINS)
    grid[list(counts)] = list(counts.values())
    drawn = axes.pcolormesh(
        np.arange(BINS + 1) - 0.5, np.arange(BINS + 1) - 0.5, grid.reshape(BINS, BINS), cmap="viridis", rasterized=True
    )
    figure.colorbar(drawn, ax=axes, label="regions").outline.set_visible(False)
    axes.set_aspect("equal")
    axes.grid(visible=False)
    return figure, axes
