"""A corpus in the format of a trainer: records as a stream, images by path, the tokens, and how to train on it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from t4s_data.corpus.folder import BUILD, read_build
from t4s_data.corpus.record import Build
from t4s_data.corpus.selection import Selection, shards_of
from t4s_data.export.examples import read_examples
from t4s_data.export.folder import MARK, check_free, put_in_place
from t4s_data.export.format import DATA_ROOT, Facts, Format
from t4s_data.export.pictures import FOLDER, Pictures
from t4s_data.export.streams import to_json
from t4s_data.recipe.parts import vocabulary_of
from t4s_data.tokens.vocabulary import write_vocabulary

__all__ = ["Exported", "Order", "export"]


@dataclass(frozen=True, slots=True)
class Order:
    """What to export: a corpus, in a format, which of its rows, and what stands before its image paths.

    ``prefix`` ends with ``/`` where it is a folder; it does not concern embedded images.
    """

    corpus: Path
    format: Format
    selection: Selection = field(default_factory=Selection)
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Exported:
    """A finished export: its rows by split, the command to run in its folder, and what becomes of the tokens.

    ``reserved`` counts the texts that a model would take for its own marks and that were neutralized.
    """

    rows: Mapping[str, int]
    command: str
    tokens: str
    reserved: int = 0


def export(order: Order, out: Path, *, force: bool = False) -> Exported:
    """Write an export to the folder ``out``, which appears when it is complete.

    Memory does not grow with the corpus. The same order gives the same bytes, wherever ``out`` is.

    Raises:
        CommandError: the corpus has no such split or source.
        CorpusError: the corpus is not whole, a row has no place in the format, or something is at ``out``:
            only another export is replaced, and only with ``force``.
    """
    check_free(out, force=force)
    build = read_build(order.corpus)
    shards = shards_of(build, order.selection)
    work = out.with_name(f".{out.name}.partial")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    written = {split: _write_split(order, build, work, split, names) for split, names in shards.items()}
    rows = {split: count for split, (count, _) in written.items()}
    facts = Facts(build.recipe.name, rows, _image_folder(order, work), len(build.vocabulary))
    done = Exported(
        rows, order.format.command(facts), order.format.tokens(facts), sum(found for _, found in written.values())
    )
    write_vocabulary(work / "tokens", vocabulary_of(build.recipe))
    texts = {
        **order.format.companions(facts),
        "README.md": _page(order, facts, done),
        MARK: _record(order, build, done),
    }
    for name, text in texts.items():
        (work / name).write_text(text, encoding="utf-8", newline="\n")
    put_in_place(work, out)
    return done


def _write_split(order: Order, build: Build, work: Path, split: str, shards: list[str]) -> tuple[int, int]:
    """How many rows there were, and how many reserved marks in them."""
    reserved = 0

    def records() -> Iterator[Mapping[str, Any]]:
        nonlocal reserved
        pictures = Pictures(work, order.prefix)
        for example in read_examples(order.corpus, shards, pictures, order.selection.limit, build.vocabulary):
            reserved += example.reserved
            yield order.format.record(example)

    return order.format.write(work / order.format.file(split), records()), reserved


def _image_folder(order: Order, work: Path) -> str:
    """The folder that the image paths start in, as :class:`Facts` has it."""
    if (work / FOLDER).exists():
        return "."
    return "" if order.prefix.startswith("/") or "://" in order.prefix else DATA_ROOT


def _page(order: Order, facts: Facts, done: Exported) -> str:
    rows = "".join(f"| {split} | `{order.format.file(split)}` | {count:,} |\n" for split, count in done.rows.items())
    root = f"\n`{DATA_ROOT}` is the folder that the image paths start in.\n" if facts.images == DATA_ROOT else ""
    marks = f"\n{done.reserved:,} texts that models read as marks were neutralized.\n" if done.reserved else ""
    return (
        f"# {facts.corpus} for {order.format.name}\n\n| split | file | rows |\n|---|---|---|\n{rows}\n"
        f"To train on it, in this folder:\n\n```sh\n{done.command}\n```\n{root}{marks}\n{done.tokens}\n"
    )


def _record(order: Order, build: Build, done: Exported) -> str:
    return to_json(
        {
            "format": order.format.name,
            "corpus": build.recipe.name,
            "build_sha256": sha256((order.corpus / BUILD).read_bytes()).hexdigest(),
            "splits": list(order.selection.splits),
            "sources": list(order.selection.sources),
            "limit": order.selection.limit,
            "prefix": order.prefix,
            "rows": dict(done.rows),
            "reserved_text": done.reserved,
        }
    )
