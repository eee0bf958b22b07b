"""What goes wrong between here and the Hugging Face Hub, in plain words and without secrets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from t4s_data.errors import T4SError

if TYPE_CHECKING:
    from huggingface_hub.errors import HfHubHTTPError

_AGAIN = "what is uploaded stays there, and the same command goes on from it"


class PublishError(T4SError):
    """The Hub cannot be reached, or does not take the corpus."""


def explain(error: BaseException, repo_id: str, endpoint: str) -> str:
    """An error of ``huggingface_hub`` in one line: what the Hub said, or that it was not reached."""
    from huggingface_hub.errors import HfHubHTTPError, HTTPError, OfflineModeIsEnabled

    chain = list(_chain(error))
    for link in chain:
        if isinstance(link, OfflineModeIsEnabled):
            return "HF_HUB_OFFLINE is set, and publishing needs the Hub"
        if isinstance(link, HfHubHTTPError):
            return _explain_answer(link, repo_id, endpoint)
        if isinstance(link, HTTPError | ConnectionError):
            return f"no connection to {endpoint} ({type(link).__name__}: {link or 'broken off'}); {_AGAIN}"
    return f"{repo_id}: " + ": ".join(str(link) or type(link).__name__ for link in chain)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what it was raised from: the library wraps what happens in its upload threads."""
    while error is not None:
        yield error
        error = error.__cause__


def _explain_answer(error: HfHubHTTPError, repo_id: str, endpoint: str) -> str:
    status = error.response.status_code
    if error.response.request.method == "PUT":
        # Neither the address nor the answer is shown: an upload's address is signed.
        return f"the storage behind {endpoint} answered {status} to an upload; {_AGAIN}"
    if status == 401:
        return f"{endpoint} does not accept the token: `hf auth login`, or set HF_TOKEN to one that may write"
    said = f" ({error.server_message})" if error.server_message else ""
    texts = {
        403: f"the token may not write to {repo_id}{said}",
        404: f"{repo_id} is not there, or the token may not see it{said}",
        429: f"{endpoint} asks for fewer requests{said}: wait a while; {_AGAIN}",
    }
    return texts.get(status, f"{endpoint} answered {status}{said}" + (f"; {_AGAIN}" if status >= 500 else ""))
