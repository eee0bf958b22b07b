"""Errors of workers, as the process that reports them sees them."""

from __future__ import annotations

from t4s_data import errors
from t4s_data.build.work import Work
from t4s_data.errors import DataError


def reported(work: Work, error: Exception) -> Exception:
    """The error that a worker kept, as its own type, or the runner's error where there is none."""
    kept = work.failure()
    if kept is None:
        return error
    name, text = kept
    kind = getattr(errors, name, DataError)
    return kind(text) if kind is not errors.RecordError and kind is not errors.CodecError else DataError(text)
