"""Recipe -> corpus: stage, build, assemble, audit."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from pipelines.audit import AuditOptions, audit
from pipelines.failures import reported
from pipelines.runners import LOCAL, make_pipeline, run
from pipelines.workers import LocalWorkers
from t4s_data.build.assembly import Assembly, assemble, put_corpus_in_place
from t4s_data.build.work import Work
from t4s_data.corpus.folder import check_free
from t4s_data.corpus.record import Build
from t4s_data.corpus.signature import load_signer, sign
from t4s_data.errors import CorpusError, DataError
from t4s_data.leaks.protected import hold_out, protected_parts
from t4s_data.leaks.visual_genome import read_coco_ids
from t4s_data.recipe.inputs import check_inputs
from t4s_data.recipe.parts import Part


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a build runs; nothing here changes its bytes. ``sign``, a private key, adds ``build.intoto.json``."""

    workers: int = 1
    runner: str = LOCAL
    runner_options: Mapping[str, str] = field(default_factory=dict)
    force: bool = False
    strict: bool = False
    sign: Path | None = None


def build(assembly: Assembly, out: Path, options: RunOptions, *, progress: Callable[[Work], None]) -> Build:
    """Build a corpus at `out`, going on with what an interrupted build of the same left in its work folder.

    `progress` is called several times a second while workers run.

    Raises:
        DataError: the data is not right, or `out` is in the way.
    """
    check_free(out, force=options.force)
    signer = load_signer(options.sign) if options.sign else None
    check_inputs(assembly.parts)
    work = Work.beside(out)
    work.root.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(work.root / "lock", timeout=0):
            assembly = _with_holdout(assembly, work)
            # What is read is held to one state of the input files, whatever becomes of them.
            assembly = replace(assembly, parts=[part.sealed() for part in assembly.parts])
            _drop_stale(assembly.parts, work)
            _run(assembly.parts, work, options, progress)
            record = assemble(assembly, work)
            audit(work.corpus, _audit_options(assembly, options))
            if signer is not None:
                sign(work.corpus, signer)
            put_corpus_in_place(work, out, force=options.force)
            return record
    except Timeout:
        raise CorpusError(f"{out}: another build is writing it") from None
    except OSError as error:
        if error.filename:
            raise
        # A write to a full disk names no file.
        raise DataError(
            f"{work.root}: {error.strerror or error}; what is done is kept: run the command again"
        ) from error


def _with_holdout(assembly: Assembly, work: Work) -> Assembly:
    """The assembly with what its recipe holds out looked up and laid into the work folder, for the workers."""
    spec = assembly.recipe.holdout
    if spec.mode == "off":
        return assembly
    data_root = assembly.parts[0].location.data_root
    visual_genome = read_coco_ids(Path(spec.vg)) if spec.vg else None
    holdout = hold_out(protected_parts(assembly.recipe, data_root), map(Path, spec.ids), visual_genome)
    digest = holdout.digest()
    holdout.save(work.held(digest))
    return replace(assembly, parts=[replace(part, held=digest) for part in assembly.parts])


def _audit_options(assembly: Assembly, options: RunOptions) -> AuditOptions:
    return AuditOptions(
        data_root=assembly.parts[0].location.data_root,
        workers=options.workers,
        runner=options.runner,
        runner_options=options.runner_options,
    )


def _drop_stale(parts: Sequence[Part], work: Work) -> None:
    """Remove work of builds with other settings, code or inputs, and the errors of earlier runs."""
    (work.root / "error.json").unlink(missing_ok=True)
    current = {work.folder(part) for part in parts}
    for folder in (work.root / "parts").glob("*"):
        if folder not in current:
            shutil.rmtree(folder)


def _run(parts: Sequence[Part], work: Work, options: RunOptions, progress: Callable[[Work], None]) -> None:
    local = LocalWorkers(work.root / "workers.log")
    pipeline = make_pipeline(options.runner, workers=options.workers, options=options.runner_options, local=local)
    wire(pipeline, parts, work, strict=options.strict)
    try:
        run(pipeline, local, lambda: progress(work))
    except Exception as error:
        raise reported(work, error) from error


def wire(pipeline: Any, parts: Sequence[Part], work: Work, *, strict: bool) -> None:
    """Put the steps of a build on a pipeline."""
    import apache_beam as beam

    from pipelines.transforms import BuildShard, StageSource

    (
        pipeline
        | "Sources" >> beam.Create(_staged_together(parts))
        | "Stage" >> beam.ParDo(StageSource(parts, work))
        | "Spread" >> beam.Reshuffle()
        | "Build" >> beam.ParDo(BuildShard(parts, work, strict=strict))
    )


def _staged_together(parts: Sequence[Part]) -> list[tuple[int, ...]]:
    """The numbers of the parts, those together that share one limit."""
    groups: dict[tuple[int, int], list[int]] = {}
    for number, part in enumerate(parts):
        groups.setdefault((part.table, number if part.limit == 0 else -1), []).append(number)
    return [tuple(group) for group in groups.values()]
