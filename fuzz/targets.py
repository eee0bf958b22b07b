"""The targets by name."""

from __future__ import annotations

from collections.abc import Mapping

from fuzz import decoders, layouts, masks, pickles
from fuzz.target import Target

TARGETS: Mapping[str, Target] = {
    target.name: target for target in (decoders.TARGET, masks.TARGET, pickles.TARGET, *layouts.TARGETS)
}
