from __future__ import annotations

import io
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from t4s_data.audit.findings import Findings
from t4s_data.report import figures

PLOTS = [
    figures.lengths,
    figures.figure7,
    figures.ceilings,
    figures.words,
    figures.targets,
    figures.bricks,
    figures.centers,
    figures.sizes,
]


@pytest.fixture(scope="module")
def findings(corpus: Path) -> Findings:
    return Findings.load(corpus)


@pytest.mark.parametrize("plot", PLOTS, ids=lambda plot: plot.__name__)
def test_plots_are_the_same_every_time(plot: figures.Plot, findings: Findings):
    data = figures.png(plot, findings)
    assert data == figures.png(plot, findings)
    image = Image.open(io.BytesIO(data))
    assert image.info.keys() <= {"dpi"}
    assert len(image.convert("L").getcolors(1 << 20)) > 8
    text = figures.svg(plot, findings)
    assert text == figures.svg(plot, findings)
    assert not re.search(r"\d{4}-\d\d-\d\dT|matplotlib\.org|matplotlib v", text, re.IGNORECASE)
    assert "currentColor" in text
    assert figures.INK not in text
    ElementTree.fromstring(text.replace("xlink:href", "href"))


def test_a_user_s_own_settings_change_nothing(findings: Findings):
    import matplotlib

    expected = figures.png(figures.lengths, findings)
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red"}):
        assert figures.png(figures.lengths, findings) == expected


def test_figure7_draws_the_figures_and_the_paper(findings: Findings):
    axes = figures.figure7(findings).axes[0]
    lines = {line.get_label(): line for line in axes.get_lines()}
    ours = findings.figure_of("refcoco")
    assert list(lines["B-SD"].get_ydata()) == [ours[f"bsd-{n}"] for n in (16, 24, 32, 48, 64, 80)]
    crosses = [tuple(point) for line in axes.get_lines() if line.get_marker() == "x" for point in line.get_xydata()]
    assert sorted(crosses) == [(16, 154), (64, 150.4), (64, 283.0), (64, 767.6)]
