"""Errors of workers, as the process that reports them sees them."""

from __future__ import annotations

from t4s_data import errors
from t4s_data.build.work import Work
from t4s_data.errors import DataError


def reported(work: Work, error: Exception) -> Exception:
    """The exception that a worker saved, with its own type, or else the runner's."""
    kept = work.failure()
    if kept is None:
        return error
    name, text = kept
    kind = getattr(errors, name, DataError)
    return kind(text) if kind is not errors.RecordError and kind is not errors.CodecError else DataError(text)
