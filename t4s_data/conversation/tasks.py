"""What each task asks of a sample, before it is put into words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from t4s_data.conversation.classes import Classes, askable, listable
from t4s_data.errors import RecordError
from t4s_data.masks.mask import Mask, union
from t4s_data.sample import Region, Sample

MOST_ASKED = 4
"""Most present categories of a conditioned question."""
ALL_ABSENT_EVERY = 10
"""One conditioned question in so many asks for absent categories alone."""


_ANONYMOUS = re.compile(r"roi[0-9]+")


class Chance(Protocol):
    """A uniform 64-bit number for each name, fixed by the recipe's seed and the row (:func:`t4s_data.choice.draw`)."""

    def __call__(self, *parts: str) -> int:
        """The number of that name."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What is asked of a sample and what its answer holds.

    ``fields`` fill the template and ``regions`` are written in this order. ``ask`` and ``reply`` name the
    forms of the template that fit (see :class:`t4s_data.conversation.prompts.Template`). ``words`` are the source's own
    answer in place of a reply: ``words[i]`` stands before region i and the last item after all. ``trimmed``
    names the form that asks for the largest regions alone; it is empty where an answer with fewer regions
    would be wrong. ``listed`` classes stand in the question, of which the answer says that ``missing`` ones are
    absent.
    """

    fields: Mapping[str, str]
    regions: tuple[Region, ...]
    ask: str = "question"
    reply: str = "answer"
    words: tuple[str, ...] = ()
    trimmed: str = ""
    listed: int = 0
    missing: int = 0

    @property
    def numbers(self) -> dict[str, int]:
        """What templates are worded by (:data:`t4s_data.conversation.prompts.NUMBERS`)."""
        regions = len(self.regions)
        return {"categories": self.listed, "absent": self.missing, "count": regions, "regions": regions}

    def largest(self, count: int) -> Exchange:
        """The exchange about its first ``count`` regions, of a sample whose largest come first."""
        fields = {**self.fields, "count": str(count)}
        return replace(self, ask=self.trimmed, fields=fields, regions=self.regions[:count])


@dataclass(frozen=True, slots=True)
class Task:
    """How a task uses a sample whose texts are normalized, and whether its answer draws masks or gives boxes alone.

    ``exchange`` raises :class:`RecordError` for a sample that lacks what the task asks about: `no-target`,
    `no-texts` or `answer-mismatch`.
    """

    exchange: Callable[[Sample, Chance], Exchange]
    masks: bool = True


def refer(sample: Sample, _chance: Chance) -> Exchange:
    """One referring expression and the region it means."""
    _check_target(sample)
    _check_query(sample)
    if any(_ANONYMOUS.fullmatch(region.label) for region in sample.regions):
        raise RecordError("no-texts", f"a question and no expression, which reasoning tasks ask: {sample.query!r:.80}")
    return Exchange({"expression": sample.query}, sample.regions)


def refer_generally(sample: Sample, _chance: Chance) -> Exchange:
    """One referring expression and every region it means, which may be none.

    The expression names the regions together, not each of them (none of two is called `both men`): each
    has a number, as where a source gives no labels, and the expression stands in the question alone.
    """
    _check_query(sample)
    reply = "answer" if sample.regions else "no_target"
    return Exchange({"expression": sample.query}, _anonymous(sample.regions), reply=reply)


def name_all(sample: Sample, _chance: Chance) -> Exchange:
    """Every region of an image."""
    _check_target(sample)
    return Exchange({}, sample.regions, trimmed="trimmed")


def name_asked(sample: Sample, chance: Chance) -> Exchange:
    """The regions of some categories, of which some may be absent.

    Drawn are 1 to :data:`MOST_ASKED` of the present categories and at most as many absent ones; one
    question in :data:`ALL_ABSENT_EVERY` asks for absent ones alone, where the source says which those are. The
    order in which they are asked is drawn as well: it says nothing of which are present.
    """
    _check_target(sample)
    classes = askable(sample)
    if not classes.whole and not classes.absent:
        raise RecordError("no-target", f"no class has all its regions: {_names(sample)}")
    found, missing = _asked(classes.whole, classes.absent, chance)
    asked = sorted(found + missing, key=lambda name: chance("order", name))
    fields = {"categories": ", ".join(asked), "absent": ", ".join(name for name in asked if name in missing)}
    regions = tuple(region for region in sample.regions if region.label in found)
    reply = "no_target" if not found else "partial" if missing else "answer"
    trimmed = "trimmed" if found else ""
    return Exchange(fields, regions, reply=reply, trimmed=trimmed, listed=len(asked), missing=len(missing))


def name_classes(sample: Sample, chance: Chance) -> Exchange:
    """One region a class, largest first; the question lists classes or, as often, none.

    Listed are the classes of the image and those that it does not have, as far as the source says which they
    are, in its order. Where something that the image shows was left out, only a list can be asked for.
    """
    _check_target(sample)
    classes = listable(sample)
    if not classes.whole:
        raise RecordError("no-target", f"no class has all its regions: {_names(sample)}")
    masks: dict[str, list[Mask]] = {label: [] for label in classes.whole}
    for region in sample.regions:
        masks.get(region.label, []).append(region.mask)
    united = [Region(label, parts[0] if len(parts) == 1 else union(parts)) for label, parts in masks.items()]
    regions = tuple(sorted(united, key=lambda region: -region.mask.area))
    if classes.complete and chance("open") % 2:
        return Exchange({}, regions, ask="open", trimmed="open_trimmed")
    listed = _listed(sample, classes, chance)
    return Exchange({"categories": ", ".join(listed)}, regions, trimmed="trimmed", listed=len(listed))


def _listed(sample: Sample, classes: Classes, chance: Chance) -> list[str]:
    """The names in the source's order; those that it does not list, or all where it lists none, in a drawn one."""
    named = {*classes.whole, *classes.absent}
    listed = [name for name in dict.fromkeys(sample.categories) if name in named]
    others = sorted(named.difference(listed), key=lambda name: chance("order", name))
    return [*listed, *others]


def reason(sample: Sample, _chance: Chance) -> Exchange:
    """A question and the region that answers it, with the source's reason, or else its answer, where it has one."""
    _check_target(sample)
    _check_query(sample)
    fields, regions = {"question": sample.query}, _anonymous(sample.regions)
    if explanation := _prose((sample.explanation,)):
        return Exchange({**fields, "explanation": explanation}, regions, ask="explain", reply="explained")
    if prose := _prose(sample.answer):
        return Exchange({**fields, "answer": prose}, regions, ask="tell", reply="told")
    return Exchange(fields, regions)


def reason_inline(sample: Sample, _chance: Chance) -> Exchange:
    """A question and the source's own answer, with every region after the phrase that it belongs to."""
    _check_target(sample)
    _check_query(sample)
    if not sample.answer:
        raise RecordError("no-texts", f"no answer to {sample.query!r:.80}")
    if len(sample.answer) != len(sample.regions) + 1:
        places = len(sample.answer) - 1
        raise RecordError("answer-mismatch", f"{places} places in the answer for {len(sample.regions)} regions")
    return Exchange({"question": sample.query}, _anonymous(sample.regions), words=sample.answer)


def reason_from_above(sample: Sample, _chance: Chance) -> Exchange:
    """A question about a remote-sensing image, the source's answer and its region; either may be missing."""
    _check_query(sample)
    fields, prose = {"question": sample.query}, _prose(sample.answer)
    if not sample.regions:
        return Exchange(fields, (), reply="no_target", words=(prose,) if prose else ())
    if not prose:
        raise RecordError("no-texts", f"no answer to {sample.query!r:.80}")
    return Exchange({**fields, "answer": prose}, _anonymous(sample.regions))


TASKS: Mapping[str, Task] = {
    "panoptic-segmentation": Task(name_all),
    "semantic-segmentation": Task(name_classes),
    "conditioned-segmentation": Task(name_asked),
    "referring-segmentation": Task(refer),
    "referring-comprehension": Task(refer, masks=False),
    "generalized-referring-segmentation": Task(refer_generally),
    "reasoning-segmentation": Task(reason),
    "multi-reasoning-segmentation": Task(reason_inline),
    "geospatial-reasoning-segmentation": Task(reason_from_above),
}
"""The tasks that ask something, by name."""
KEPT = "visual-understanding"
"""The task whose conversations are the source's own: it asks nothing, and its rows have no codec."""


def _check_target(sample: Sample) -> None:
    if not sample.regions:
        raise RecordError("no-target", f"nothing to segment for {sample.query!r:.80}" if sample.query else "no region")


def _check_query(sample: Sample) -> None:
    if not sample.query:
        raise RecordError("no-texts", "no expression or question")


def _names(sample: Sample) -> str:
    """The names of a sample's regions, for messages."""
    return f"{', '.join(dict.fromkeys(region.label for region in sample.regions)):.80}"


def _asked(present: Sequence[str], absent: Sequence[str], chance: Chance) -> tuple[list[str], list[str]]:
    if not present or (absent and chance("all absent") % ALL_ABSENT_EVERY == 0):
        return [], _some(absent, 1 + chance("absent") % min(MOST_ASKED, len(absent)), chance, "absent")
    found = 1 + chance("present") % min(MOST_ASKED, len(present))
    missing = min(chance("absent") % (found + 1), len(absent))
    return _some(present, found, chance, "present"), _some(absent, missing, chance, "absent")


def _some(names: Sequence[str], count: int, chance: Chance, what: str) -> list[str]:
    """The first cards of a shuffled pack."""
    pack = list(names)
    for place in range(count):
        other = place + chance(what, str(place)) % (len(pack) - place)
        pack[place], pack[other] = pack[other], pack[place]
    return pack[:count]


def _anonymous(regions: Sequence[Region]) -> tuple[Region, ...]:
    return tuple(Region(f"roi{number}", region.mask) for number, region in enumerate(regions))


def _prose(words: Sequence[str]) -> str:
    return " ".join(" ".join(words).split())
