"""Corpus -> findings, report and card: a summary for each shard, added up in the shards' order."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from pipelines.failures import reported
from pipelines.runners import LOCAL, make_pipeline, run
from pipelines.workers import LocalWorkers
from t4s_data.audit.findings import Findings
from t4s_data.audit.summary import OWN, Measures, Summary, own_tokens, tokenizer_for
from t4s_data.audit.tabulation import findings_of
from t4s_data.build.work import Work
from t4s_data.codecs.codec import from_name
from t4s_data.corpus.folder import read_build
from t4s_data.corpus.reader import shard_names
from t4s_data.corpus.record import Build
from t4s_data.errors import CorpusError
from t4s_data.report.files import write_audit

SAMPLE = 10_000
"""Regions of each source that are encoded on every canvas, unless `--sample` says otherwise."""
MOST_KEYS = 1 << 22
"""Rows up to which repeated ones are counted exactly."""


@dataclass(frozen=True, slots=True)
class AuditOptions:
    """What is measured and how it runs; ``workers`` and ``runner`` change nothing in the files.

    Without ``tokenizers`` or ``codecs`` those of the build. ``sample`` regions of each source, in whole images
    drawn by hash, are laid on every canvas; 0 means all. ``data_root`` is where the images of a corpus
    without embedded ones lie, for the gallery.
    """

    tokenizers: Sequence[str] = ()
    codecs: Sequence[str] = ()
    sample: int = SAMPLE
    data_root: Path | None = None
    workers: int = 1
    runner: str = LOCAL
    runner_options: Mapping[str, str] = field(default_factory=dict)


def audit(corpus: Path, options: AuditOptions, *, progress: Callable[[int, int], None] = lambda *_: None) -> Findings:
    """Audit a corpus whose shards and ``build.json`` are in place, and write everything that follows from it.

    That is ``report/``, ``assets/``, ``README.md`` and ``SHA256SUMS``; nothing else changes. ``progress`` is
    called with the shards that are done and all of them, several times a second.

    Raises:
        CommandError: a tokenizer, codec or runner that there is not.
        CorpusError: the corpus is not whole, or a row contradicts itself.
    """
    # Workers may have another working directory.
    corpus = corpus.absolute()
    build = read_build(corpus)
    measures = measures_of(build, options)
    work = Work(corpus.with_name(corpus.name + ".audit"))
    work.root.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(work.root / "lock", timeout=0):
            _clean(work)
            summary = summarize(corpus, measures, work, options, progress)
            findings = findings_of(summary, build, measures)
            write_audit(corpus, findings, summary.picks, data_root=options.data_root)
            shutil.rmtree(work.root)
    except Timeout:
        raise CorpusError(f"{corpus}: another audit is running") from None
    return findings


def _clean(work: Work) -> None:
    """Remove the partial results of an interrupted audit: its options may have been others."""
    for path in work.root.iterdir():
        if path.name != "lock":
            path.unlink()


def measures_of(build: Build, options: AuditOptions) -> Measures:
    """What an audit of this corpus measures: tokenizers, codecs and sampling rates.

    Raises:
        CommandError: no tokenizer or codec has a name that was asked for.
    """
    own = build.recipe.tokenizer.name
    tokenizers = tuple(dict.fromkeys(options.tokenizers)) or (own,)
    codecs = tuple(dict.fromkeys(options.codecs)) or (OWN,)
    for codec in codecs:
        if codec != OWN:
            from_name(codec)
    same = {name for name in tokenizers if tokenizer_for(name, OWN).identity == build.tokenizer}
    return Measures(
        # The columns of the rows are under the very tokenizer of the build, not another of its name.
        tokenizer=next(iter(same), ""),
        codec=max((account.codec for account in build.accounts), key=lambda name: bool(own_tokens(name))),
        counters=tuple((tokenizer, codec) for tokenizer in tokenizers for codec in codecs),
        studied=_shares(build, options.sample),
        key_limit=min(1 << 64, (MOST_KEYS << 64) // max(1, build.totals.rows)),
    )


def _shares(build: Build, sample: int) -> dict[str, int]:
    """Sampling rate per source, as a threshold on a 64-bit hash: images below it are measured on every canvas."""
    regions: dict[str, int] = {}
    for account in build.accounts:
        passes = account.rows / account.used if account.used else 0
        regions[account.source] = regions.get(account.source, 0) + round(account.regions * passes)
    return {
        source: min(1 << 64, (sample << 64) // count) if sample and count else 1 << 64
        for source, count in regions.items()
    }


def summarize(
    corpus: Path, measures: Measures, work: Work, options: AuditOptions, progress: Callable[[int, int], None]
) -> Summary:
    """The summary of all shards, made by a pipeline and added up here.

    Raises:
        CorpusError: there is no shard, or a row contradicts itself.
    """
    parts = {shard: work.root / f"{number:05d}.summary" for number, shard in enumerate(shard_names(corpus))}
    local = LocalWorkers(work.root / "workers.log")
    pipeline = make_pipeline(options.runner, workers=options.workers, options=options.runner_options, local=local)
    wire(pipeline, corpus, parts, measures, work)
    try:
        run(pipeline, local, lambda: progress(sum(part.exists() for part in parts.values()), len(parts)))
    except Exception as error:
        raise reported(work, error) from error
    total = Summary()
    for part in parts.values():
        total.merge(Summary.load(part))
    return total


def wire(pipeline: Any, corpus: Path, parts: Mapping[str, Path], measures: Measures, work: Work) -> None:
    """Put the steps of an audit on a pipeline; summaries stay in files, which are added up in a fixed order."""
    import apache_beam as beam

    from pipelines.transforms import AuditShard

    (
        pipeline
        | "Shards" >> beam.Create([(shard, str(part)) for shard, part in parts.items()])
        | "Spread" >> beam.Reshuffle()
        | "Audit" >> beam.ParDo(AuditShard(corpus, measures, work))
    )
