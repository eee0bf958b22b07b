"""`t4s audit`: token lengths, ceilings, content and the report of a corpus."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.commands.options import Json, Sign, Workers
from pipelines.commands.pairs import pairs
from pipelines.console import Cells, print_table, say, write_json

if TYPE_CHECKING:
    from t4s_data.audit.findings import Findings


def audit(
    corpus: Annotated[Path, typer.Argument(help="a corpus folder", metavar="CORPUS")],
    tokenizer: Annotated[
        list[str] | None,
        typer.Option(help="instead of the build's: qwen2, a tokenizer.json or a Hub name; can be repeated"),
    ] = None,
    codec: Annotated[
        str | None,
        typer.Option(help="codecs by name, with commas: own is the corpus's, others are encoded anew", metavar="NAMES"),
    ] = None,
    figure7: Annotated[
        bool, typer.Option("--figure7", help="print tokens against the canvas beside the paper's values")
    ] = False,
    sample: Annotated[
        int, typer.Option(min=0, help="regions of each source that are laid on every canvas; 0 = all", metavar="N")
    ] = 10_000,
    data_root: Annotated[
        Path | None,
        typer.Option(
            "--data-root", help="where the images of a corpus in path mode lie, for the gallery", metavar="DIR"
        ),
    ] = None,
    sign: Sign = None,
    workers: Workers = 1,
    runner: Annotated[str, typer.Option(help="local, or a Beam runner by name", metavar="NAME")] = "local",
    runner_option: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="an option of that runner; can be repeated")
    ] = None,
    json: Json = None,
) -> None:
    """Measure a corpus and write its report and card anew.

    Writes report/, assets/, README.md and SHA256SUMS, with --sign build.intoto.json, and nothing else.
    """
    import msgspec
    from tqdm import tqdm

    from pipelines.audit import AuditOptions
    from pipelines.audit import audit as run_audit
    from t4s_data.corpus.folder import SIGNATURE, read_build
    from t4s_data.corpus.signature import load_signer
    from t4s_data.corpus.signature import sign as write_signature

    signer = load_signer(sign) if sign else None
    codecs = [name for name in (codec or "").split(",") if name]
    runner_options = pairs("--runner-option", runner_option or [])
    options = AuditOptions(tokenizer or (), codecs, sample, data_root, workers, runner, runner_options)
    with tqdm(desc="auditing", unit="shard", disable=None) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        findings = run_audit(corpus, options, progress=progress)
    if signer is not None:
        write_signature(corpus, signer)
    elif (corpus / SIGNATURE).exists():
        say(f"{corpus / SIGNATURE} signs SHA256SUMS as it was before, if that changed: --sign KEY signs it anew")
    print_audit(findings)
    if figure7:
        print_figure(findings)
    if data_root is None and read_build(corpus).recipe.images.mode == "path":
        say("the gallery has no images: --data-root says where they lie")
    say(f"{corpus}/report/index.html: the report")
    write_json(json, msgspec.to_builtins(findings, str_keys=True))


def print_audit(findings: Findings) -> None:
    """Print the lengths of every source and the ceilings over all of them."""
    from t4s_data.audit.findings import ALL, advice

    columns = ["codec", "source", "text", "rows", "mean", "std", "p50", "p90", "p95", "p99", "max", "> 4096"]
    rows: list[Cells] = []
    for line in findings.lengths:
        if line.task == ALL:
            t = line.tokens
            source = "all" if line.source == ALL else line.source
            figures: Cells = [t.count, t.mean, t.std, t.p50, t.p90, t.p95, t.p99, t.max, f"{t.above[2]:.2%}"]
            rows.append([line.codec, source, line.text, *figures])
    print_table(f"{findings.name}: text tokens", columns, rows)
    if lines := findings.ceilings_of(ALL):
        columns = ["N", "regions", "mIoU", "cIoU", "gIoU", "Acc@0.5", "rescued"]
        shares = [[one.miou, one.ciou, one.giou or 0.0, one.box_accuracy, one.rescued] for one in lines]
        rows = [
            [one.n, one.regions, *(f"{share:.3f}" for share in figures)]
            for one, figures in zip(lines, shares, strict=True)
        ]
        print_table(f"{findings.name}: the best that decoding the truth reaches", columns, rows)
        print(advice(findings))


def print_figure(findings: Findings) -> None:
    """Print Figure 7: mean descriptor tokens by codec, beside the paper's values, and the reductions.

    The source that the paper measured, if it is there, then all.
    """
    from t4s_data.audit.findings import ALL, PAPER, REDUCTIONS

    for source in dict.fromkeys((findings.figure_source, ALL)):
        lines = [line for line in findings.figure if line.source == source]
        rows: list[Cells] = [
            [line.codec, line.rows, line.tokens, f"{PAPER[line.codec]:,.1f}" if line.codec in PAPER else ""]
            for line in lines
        ]
        name = "all sources" if source == ALL else source
        print_table(f"Figure 7, {name}", ["codec", "rows", "mean descriptor tokens", "paper (RefCOCO)"], rows)
    ours = findings.figure_of(findings.figure_source)
    factors: list[Cells] = [
        [one, other, f"{PAPER[one] / PAPER[other]:.2f}", f"{ours[one] / ours[other]:.2f}"]
        for one, other in REDUCTIONS
        if ours
    ]
    print_table("Reductions", ["from", "to", "paper", "here"], factors)
