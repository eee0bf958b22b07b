"""A corpus on the Hugging Face Hub: checked, uploaded, compared with what the Hub then holds, tagged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from t4s_data.corpus.folder import CHECKSUMS, UNLISTED, read_build, read_checksums, verify
from t4s_data.errors import CommandError, CorpusError, DataError, T4SError
from t4s_data.hub.card import check_metadata
from t4s_data.hub.errors import PublishError, explain

if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import FolderVerification, GitRefs

MAIN = "main"
CARD = "README.md"
# What stands in these folders of the repository comes from a corpus, so an older corpus's files are removed there.
FOLDERS = ("assets", "data", "quarantine", "report", "tokens")
# What a new repository can hold before anything is published to it.
_OF_NEW_REPOS = {".gitattributes", CARD, "LICENSE"}
_REF = re.compile(r"\w[\w.-]*(/\w[\w.-]*)*", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a corpus goes: dataset repository ``ORG/NAME``, branch, and the tag it gets there.

    >>> Target("someone/corpus", tag="v1").revision
    'main'

    Raises:
        CommandError: a name is not one that the Hub or git allows.
    """

    repo_id: str
    revision: str = MAIN
    tag: str | None = None
    private: bool = False

    def __post_init__(self) -> None:
        _check_repo_id(self.repo_id)
        _check_ref("--revision", self.revision)
        if self.tag is not None:
            _check_ref("--tag", self.tag)


@dataclass(frozen=True, slots=True)
class Publication:
    """A published corpus; ``changed`` is whether the branch did not hold the same files already."""

    url: str
    commit: str
    changed: bool


def publish(corpus: Path, target: Target) -> Publication:
    """Upload a corpus to the Hub, where its folders then hold what the corpus holds and nothing else.

    Whatever the Hub has already is not sent again, be it of an older version or of an interrupted run.

    Raises:
        CorpusError: files are missing, altered or not listed.
        DataError: the card's metadata is refused.
        PublishError: there is no valid token, the Hub cannot be reached or refuses, the repository holds something
            else, or the tag stands at another version; nothing is uploaded in the last two cases.
    """
    from huggingface_hub import HfApi

    check_corpus(corpus)
    token = _find_token()
    api = HfApi(token=token)
    with _in_plain_words(target, api.endpoint, token):
        _validate_card(corpus)
        api.create_repo(target.repo_id, repo_type="dataset", private=target.private or None, exist_ok=True)
        _refuse_public(api, target)
        refs = api.list_repo_refs(target.repo_id, repo_type="dataset")
        head = _head(refs, target.revision)
        _refuse_foreign(api, target, head)
        tagged = _check_tag(api, corpus, target, refs)
        commit = _upload(api, corpus, target)
        if not tagged and target.tag is not None:
            api.create_tag(target.repo_id, tag=target.tag, revision=commit, repo_type="dataset")
        return Publication(f"{api.endpoint}/datasets/{target.repo_id}", commit, commit != head)


def check_corpus(corpus: Path) -> None:
    """Make sure that a corpus may be published, as far as that shows without the Hub.

    Raises:
        CorpusError: files are missing, altered or not listed, or the card has no metadata.
        DataError: the card's metadata holds a value that the Hub does not know.
    """
    from huggingface_hub.repocard import metadata_load
    from yaml import YAMLError

    if problems := verify(corpus):
        raise CorpusError("\n".join(f"{corpus}: {problem}" for problem in problems))
    try:
        metadata = metadata_load(corpus / CARD)
    except (FileNotFoundError, ValueError, YAMLError) as error:
        raise CorpusError(f"{corpus / CARD}: no metadata to read: {error}") from error
    if not metadata:
        raise CorpusError(f"{corpus / CARD}: no metadata between two lines of '---' at its top")
    check_metadata(metadata)


def file_sizes(corpus: Path) -> dict[str, int]:
    """Every file that is uploaded, by its path in the repository, with its size in bytes."""
    names = [*read_checksums(corpus), *(name for name in UNLISTED if (corpus / name).exists())]
    return {name: (corpus / name).stat().st_size for name in sorted(names)}


def _check_repo_id(repo_id: str) -> None:
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id

    try:
        validate_repo_id(repo_id)
    except HFValidationError as error:
        raise CommandError(f"--repo-id {repo_id}: {error}") from error
    if "/" not in repo_id:
        raise CommandError(f"--repo-id {repo_id}: written ORG/NAME, where ORG is a user or an organization")


def _check_ref(option: str, name: str) -> None:
    bad = ".." in name or name.startswith("refs/") or name.endswith((".", ".lock"))
    if bad or not _REF.fullmatch(name) or _COMMIT.fullmatch(name):
        raise CommandError(f"{option} {name}: not a name of a branch or tag (letters, digits, and '.', '-', '_', '/')")


def _find_token() -> str:
    from huggingface_hub import get_token

    token = get_token()
    if token is None:
        raise PublishError("no token for the Hub: run `hf auth login`, or set HF_TOKEN to one that may write")
    # An HTTP library shows a header that it cannot send, and the token with it.
    if not re.fullmatch(r"[!-~]+", token):
        raise PublishError("the token for the Hub (HF_TOKEN or `hf auth login`) holds characters that no token has")
    return token


@contextmanager
def _in_plain_words(target: Target, endpoint: str, token: str) -> Iterator[None]:
    from huggingface_hub.errors import HTTPError

    try:
        yield
    except T4SError:
        raise
    except (HTTPError, OSError, RuntimeError, ValueError) as error:
        raise PublishError(explain(error, target.repo_id, endpoint).replace(token, "<token>")) from error


def _validate_card(corpus: Path) -> None:
    """Ask the Hub itself before a repository is made."""
    from huggingface_hub import DatasetCard

    try:
        DatasetCard.load(corpus / CARD).validate()
    except ValueError as error:
        raise DataError(f"{corpus / CARD}: the Hub refuses its metadata: {error}") from error


def _refuse_public(api: HfApi, target: Target) -> None:
    if target.private and not api.dataset_info(target.repo_id).private:
        raise PublishError(
            f"{target.repo_id} exists and is public, and --private is for a new repository: "
            "make it private in its settings, or leave --private out"
        )


def _head(refs: GitRefs, branch: str) -> str | None:
    """The commit that a branch stands at, or will: a new one starts where the main branch stands."""
    heads = {ref.name: ref.target_commit for ref in refs.branches}
    return heads.get(branch, heads.get(MAIN))


def _refuse_foreign(api: HfApi, target: Target, commit: str | None) -> None:
    """Never write over a repository that somebody filled with something else."""
    names = set(api.list_repo_files(target.repo_id, repo_type="dataset", revision=commit))
    if CHECKSUMS not in names and (others := sorted(names - _OF_NEW_REPOS)):
        raise PublishError(
            f"{target.repo_id} holds {others[0]} and no {CHECKSUMS}, so it is no published corpus and stays as it is: "
            "empty it yourself, or choose another name"
        )


def _check_tag(api: HfApi, corpus: Path, target: Target, refs: GitRefs) -> bool:
    """Whether the tag is there already; it may be, at a commit with the same files."""
    commits = [ref.target_commit for ref in refs.tags if ref.name == target.tag]
    if commits and (differences := _differences(api, corpus, target, commits[0])):
        raise PublishError(
            f"{target.repo_id}: tag {target.tag} stands at another version (commit {commits[0][:8]}; "
            f"{differences[0]}) and is not moved: choose another tag"
        )
    return bool(commits)


def _upload(api: HfApi, corpus: Path, target: Target) -> str:
    """Bring the branch to the corpus's files and compare; the commit."""
    if target.revision != MAIN:
        api.create_branch(target.repo_id, branch=target.revision, repo_type="dataset", exist_ok=True)
    commit = api.upload_folder(
        repo_id=target.repo_id,
        repo_type="dataset",
        folder_path=corpus,
        revision=target.revision,
        commit_message=f"Publish {read_build(corpus).recipe.name}",
        delete_patterns=[f"{folder}/*" for folder in FOLDERS],
    ).oid
    if differences := _differences(api, corpus, target, commit):
        listed = "\n".join(differences)
        raise PublishError(f"{target.repo_id} does not hold the corpus after the upload:\n{listed}")
    return commit


def _differences(api: HfApi, corpus: Path, target: Target, commit: str) -> list[str]:
    """How a commit's files differ from the corpus, one phrase each."""
    found: FolderVerification = api.verify_repo_checksums(
        target.repo_id, repo_type="dataset", revision=commit, local_dir=corpus
    )
    left = [name for name in found.missing_paths if name.split("/")[0] in FOLDERS]
    return [
        *(f"{mismatch['path']}: other content on the Hub" for mismatch in found.mismatches),
        *(f"{name}: not on the Hub" for name in found.extra_paths),
        *(f"{name}: on the Hub only" for name in left),
    ]
