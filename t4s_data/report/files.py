"""The files that an audit writes into a corpus, and no others."""

from __future__ import annotations

import shutil
from pathlib import Path

from t4s_data.audit.findings import Findings
from t4s_data.audit.picks import Picks
from t4s_data.corpus.folder import read_build, write_checksums
from t4s_data.hub.card import CardFacts, render_card
from t4s_data.manifest.shipped import load_manifest
from t4s_data.report import figures
from t4s_data.report.gallery import gallery
from t4s_data.report.page import REPORT, render_report


def write_audit(corpus: Path, findings: Findings, picks: Picks, *, data_root: Path | None) -> None:
    """Write ``report/``, ``assets/``, ``README.md`` and ``SHA256SUMS`` anew, once all of it is made."""
    build = read_build(corpus)
    report = render_report(build, findings, gallery(corpus, picks.places(), data_root))
    assets = {name: figures.png(plot, findings) for name, plot in _assets(findings).items()}
    manifests = {name: load_manifest(name) for name in dict.fromkeys(one.source for one in build.accounts)}
    card = render_card(CardFacts(build, manifests, findings))
    for folder in ("report", "assets"):
        shutil.rmtree(corpus / folder, ignore_errors=True)
        (corpus / folder).mkdir()
    findings.save(corpus)
    _write(corpus / REPORT, report)
    for name, data in assets.items():
        (corpus / "assets" / f"{name}.png").write_bytes(data)
    _write(corpus / "README.md", card)
    shards = (shard for account in build.accounts for shard in account.shards)
    write_checksums(corpus, {shard.name: shard.sha256 for shard in shards})


def _assets(findings: Findings) -> dict[str, figures.Plot]:
    plots: dict[str, figures.Plot] = {"lengths": figures.lengths}
    if findings.studied:
        plots |= {"figure7": figures.figure7, "ceilings": figures.ceilings}
    return plots


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
