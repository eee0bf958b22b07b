"""The outline of JSON text: where the values of a list lie, found for a whole block at a time with numpy.

Only quotes, brackets and colons are looked at. No text is read as a value here, so that nothing that a file
holds can make a parser recurse, allocate or fail before its bounds are known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

QUOTE, COLON, BACKSLASH = b'":\\'
SPACE = b" \t\r\n"

Bytes = NDArray[np.uint8]
Offsets = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Outline:
    """The objects and arrays that stand in a block, side by side.

    ``starts`` and ``ends`` (exclusive) are the byte offsets of those that are whole, ``members`` and ``depths``
    how many members and how many nested levels each has, itself included. ``close`` is the offset of the
    bracket that closes the list around them, or -1 where the block ends before it.

    >>> found = outline(b'{"a": [1]}, [] ], {')
    >>> found.starts.tolist(), found.ends.tolist(), found.members.tolist(), found.depths.tolist(), found.close
    ([0, 12], [10, 14], [1, 0], [2, 1], 15)
    """

    starts: Offsets
    ends: Offsets
    members: Offsets
    depths: Offsets
    close: int

    def rows(self) -> Iterator[tuple[int, int, int, int]]:
        """Start, end, members and depth of each."""
        columns = (self.starts, self.ends, self.members, self.depths)
        return zip(*[column.tolist() for column in columns], strict=True)


def outline(block: bytes) -> Outline:
    """The outline of a block that begins between two values of a list."""
    data = np.frombuffer(block, np.uint8)
    places = _outside_of_strings(block, data)
    signs = data[places]
    # "[" and "{" differ in one bit alone, and so do "]" and "}".
    opens, colons = (signs | 0x20) == ord("{"), signs == COLON
    steps = np.where(opens, 1, np.where(colons, 0, -1))
    levels = steps.cumsum()
    over = np.flatnonzero(levels < 0)
    count = int(over[0]) if over.size else len(places)
    firsts = np.flatnonzero(opens[:count] & (levels[:count] == 1))
    lasts = np.flatnonzero((steps[:count] == -1) & (levels[:count] == 0))
    whole = firsts[: len(lasts)]
    return Outline(
        starts=places[whole],
        ends=places[lasts] + 1,
        members=_between(colons, whole, lasts),
        depths=np.maximum.reduceat(levels[: lasts[-1]], whole) if len(whole) else np.zeros(0, np.int64),
        close=int(places[count]) if over.size else -1,
    )


def _outside_of_strings(block: bytes, data: Bytes) -> Offsets:
    """The offsets of the brackets and colons that are not part of a string."""
    folded = data | 0x20
    places = np.flatnonzero((data == QUOTE) | (folded == ord("{")) | (folded == ord("}")) | (data == COLON))
    quotes = data[places] == QUOTE
    if b"\\" in block:
        escaped = quotes & _escaped(data, places)
        places, quotes = places[~escaped], quotes[~escaped]
    inside = quotes.cumsum() & 1
    return places[~quotes & (inside == 0)]


def _escaped(data: Bytes, places: Offsets) -> NDArray[np.bool_]:
    """Which bytes stand behind an odd number of backslashes."""
    slashes = np.flatnonzero(data == BACKSLASH)
    breaks = np.flatnonzero(np.diff(slashes) != 1)
    starts = slashes[np.concatenate(([0], breaks + 1))]
    ends = slashes[np.concatenate((breaks, [len(slashes) - 1]))] + 1
    odd = ends[(ends - starts) % 2 == 1]
    marks = np.zeros(len(data) + 1, np.bool_)
    marks[odd] = True
    return marks[places]


def _between(flags: NDArray[np.bool_], firsts: Offsets, lasts: Offsets) -> Offsets:
    """How many flags are set between each first and its last place."""
    sums = flags.cumsum()
    return sums[lasts] - sums[firsts]
