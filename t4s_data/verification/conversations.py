"""The turns of a row: who speaks when, and where its image stands."""

from __future__ import annotations

from collections.abc import Iterator

from t4s_data.corpus.row import Row
from t4s_data.tokens.tokenizers import IMAGE
from t4s_data.verification.problems import shown


def check_turns(row: Row) -> Iterator[str]:
    """Everything that is wrong with a row's messages, but for the descriptors in them."""
    roles = [message.role for message in row.messages]
    spoken = roles[1:] if roles and roles[0] == "system" else roles
    if len(spoken) < 2 or len(spoken) % 2 or spoken != ["user", "assistant"] * (len(spoken) // 2):
        yield f"messages: the roles are {shown(roles)}; expected user and assistant by turns"
    for number, message in enumerate(row.messages):
        if not message.content.strip():
            yield f"messages[{number}].content is empty"
    marks = [message.content.count(IMAGE) for message in row.messages]
    if sum(marks) != len(row.images):
        yield f"messages: {sum(marks)} marks {IMAGE} for {len(row.images)} images"
    elif sum(marks) and (at := next(n for n, role in enumerate(roles) if marks[n])) != roles.index("user"):
        yield f"messages[{at}]: {IMAGE} stands in a turn that is not the first of the user"
