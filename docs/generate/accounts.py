"""The reasons for which a record is not used."""

from __future__ import annotations

from docs.generate.markdown import code, table
from t4s_data.sample import REASONS


def reasons() -> str:
    """Every quarantine reason and what it means."""
    return table(["reason", "meaning"], ([code(reason), meaning] for reason, meaning in REASONS.items()))
