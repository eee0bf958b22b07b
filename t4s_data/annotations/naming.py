"""What classes are called in a corpus, from what their data set calls them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping

_SEPARATOR = re.compile(r"\s*[,;]\s*")


def first_names(classes: Mapping[int, str]) -> dict[int, str]:
    """The first of each class's synonyms; classes that would share it keep the whole list.

    >>> first_names({1: "bus, autobus, coach", 2: "screen, silver screen", 3: "screen door; screen"})
    {1: 'bus', 2: 'screen', 3: 'screen door'}
    """
    firsts = {value: synonyms(name)[0] for value, name in classes.items()}
    counts = Counter(firsts.values())
    return {value: first if counts[first] == 1 else classes[value] for value, first in firsts.items()}


def drawn_names(classes: Mapping[int, str], choose: Callable[[int], int]) -> dict[int, str]:
    """One synonym of each class, of those that no other class has: the one that its number leads to.

    >>> drawn_names({1: "bus, autobus", 2: "screen, silver screen", 3: "screen door; screen"}, lambda value: 1)
    {1: 'autobus', 2: 'silver screen', 3: 'screen door'}
    """
    counts = Counter(name for names in classes.values() for name in dict.fromkeys(synonyms(names)))
    own = {value: [name for name in synonyms(names) if counts[name] == 1] for value, names in classes.items()}
    return {value: names[choose(value) % len(names)] if names else classes[value] for value, names in own.items()}


def synonyms(name: str) -> list[str]:
    """The names in a list as ADE20K has them, separated by commas or semicolons.

    >>> synonyms("bus, autobus;coach")
    ['bus', 'autobus', 'coach']
    """
    return [part for part in _SEPARATOR.split(name.strip()) if part] or [name]
