"""Where an export goes: only to a free place, or in the place of another export."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from t4s_data.corpus import folder as corpus
from t4s_data.errors import CorpusError

MARK = "export.json"
"""The file that makes a folder an export."""


def check_free(out: Path, *, force: bool) -> None:
    """Make sure that an export may be put at ``out``.

    Raises:
        CorpusError: something is there and ``force`` is not set, or it is no export: that is never removed.
    """
    if not _taken(out):
        return
    if not force:
        raise CorpusError(f"{out} exists; --force replaces an export")
    if out.is_symlink() or not (out / MARK).is_file():
        raise CorpusError(f"{out} is no export (no {MARK}), so --force does not replace it; remove it yourself")


def put_in_place(work: Path, out: Path) -> None:
    """Rename the finished folder ``work`` to ``out``; an old export there stands aside until that is done."""
    aside = out.with_name(f".{out.name}.old")
    replaced = _taken(out)
    if replaced:
        shutil.rmtree(aside, ignore_errors=True)
        out.rename(aside)
    try:
        corpus.put_in_place(work, out, force=False)
    except BaseException:
        if replaced:
            aside.rename(out)
        raise
    if replaced:
        shutil.rmtree(aside)


def _taken(out: Path) -> bool:
    return os.path.lexists(out) and not (out.is_dir() and not any(out.iterdir()))
