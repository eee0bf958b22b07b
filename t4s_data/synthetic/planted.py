"""What was planted where: the counts that a build of the synthetic world has to come to."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Planted:
    """The records of one source by split (with ``split_by`` in front where the layout has it), and its quirks.

    ``kept`` records can be used; ``quarantined`` ones cannot, for a reason of
    :data:`t4s_data.sample.REASONS`; of the kept ones, those in ``embedded`` cannot either as soon as image
    bytes are needed; ``quirks`` count oddities that a reader has to cope with.
    """

    kept: Counter[str] = field(default_factory=Counter)
    quarantined: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    embedded: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    quirks: Counter[str] = field(default_factory=Counter)

    def keep(self, split: str, records: int = 1) -> None:
        """Count usable records."""
        self.kept[split] += records

    def drop(self, split: str, reason: str, records: int = 1) -> None:
        """Count records that have to end in quarantine."""
        if records:
            self.quarantined[split][reason] += records

    def drop_embedded(self, split: str, reason: str) -> None:
        """Count a usable record that has to end in quarantine when images are embedded."""
        self.embedded[split][reason] += 1

    def quirk(self, name: str, times: int = 1) -> None:
        """Count an oddity."""
        self.quirks[name] += times

    def report(self) -> dict[str, Any]:
        """The counts as plain, sorted data.

        >>> planted = Planted()
        >>> planted.keep("train", 2)
        >>> planted.report()
        {'splits': {'train': {'kept': 2, 'quarantined': {}, 'embedded': {}}}, 'quirks': {}}
        """
        splits = sorted(self.kept.keys() | self.quarantined.keys())
        return {
            "splits": {
                split: {
                    "kept": self.kept[split],
                    "quarantined": dict(sorted(self.quarantined[split].items())),
                    "embedded": dict(sorted(self.embedded[split].items())),
                }
                for split in splits
            },
            "quirks": dict(sorted(self.quirks.items())),
        }
