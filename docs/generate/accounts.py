"""The reasons for which a record is not used."""

from __future__ import annotations

from docs.generate.markdown import code, table
from t4s_data.sample import REASONS, RULES


def reasons() -> str:
    """Every quarantine reason and every rule, and what it means."""
    quarantined = table(["reason", "meaning"], ([code(reason), meaning] for reason, meaning in REASONS.items()))
    left_out = table(["rule", "meaning"], ([code(rule), meaning] for rule, meaning in RULES.items()))
    return f"{quarantined}\n\n{left_out}"
