"""The law of outlines: values lie where a parser of whole texts finds them, with as many members and levels."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from t4s_data.files.json.outline import outline

TEXT = st.text() | st.sampled_from(['"', "\\", '\\"', "\\\\", "[{:}]", '":', "\\u0022"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
CONTAINERS = st.lists(VALUES, max_size=3) | st.dictionaries(TEXT, VALUES, max_size=3)


def members(value: Any) -> int:
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return (len(value) if isinstance(value, dict) else 0) + sum(map(members, inner))


def depth(value: Any) -> int:
    if not isinstance(value, dict | list):
        return 0
    return 1 + max(map(depth, value.values() if isinstance(value, dict) else value), default=0)


@given(
    values=st.lists(CONTAINERS, max_size=4),
    rest=st.sampled_from(["", "]", ' ] , "a": [{', ', {"a": "]', ', [[{"b": [']),
    indent=st.sampled_from([None, 1]),
    ascii_only=st.booleans(),
)
def test_an_outline_has_each_whole_value_in_its_place(values, rest, indent, ascii_only):
    texts = [json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "replace") for value in values]
    block = b",\n".join(texts) + rest.encode()
    found = outline(block)
    rows = list(found.rows())
    assert [block[start:end] for start, end, _, _ in rows] == texts
    assert [row[2] for row in rows] == list(map(members, values))
    assert [row[3] for row in rows] == list(map(depth, values))
    assert found.close == (len(block) - len(rest) + rest.index("]") if rest.lstrip().startswith("]") else -1)
