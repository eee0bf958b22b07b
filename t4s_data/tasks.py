"""What each task asks of a sample, before it is put into words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from t4s_data.errors import RecordError
from t4s_data.sample import Region, Sample


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question's fields and the regions of its answer.

    ``fields`` fill the template; ``regions`` are encoded in this order; ``ask`` and ``reply`` name the
    forms of the template that fit (see :class:`t4s_data.prompts.Template`).
    """

    fields: Mapping[str, str]
    regions: tuple[Region, ...]
    ask: str = "question"
    reply: str = "answer"


@dataclass(frozen=True, slots=True)
class Task:
    """How a task uses a sample, and whether its answer draws masks or gives boxes alone."""

    exchange: Callable[[Sample], Exchange]
    masks: bool = True


def refer(sample: Sample) -> Exchange:
    """One referring expression and the one region it means.

    Raises:
        RecordError: the sample has no region (`no-target`).
    """
    if not sample.regions:
        raise RecordError("no-target", f"nothing is left for {sample.query!r}")
    return Exchange({"expression": sample.query}, sample.regions)


TASKS: Mapping[str, Task] = {
    "referring-segmentation": Task(refer),
    "referring-comprehension": Task(refer, masks=False),
}
"""The tasks by name."""
