"""Publishing, over HTTP against a stand-in of the Hub: what arrives there, what is sent again, what is refused."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from huggingface_hub import constants
from huggingface_hub.utils import close_session

from t4s_data.corpus.folder import write_checksums
from t4s_data.errors import CommandError, CorpusError, DataError, T4SError
from t4s_data.hub.errors import PublishError
from t4s_data.hub.publish import Publication, Target, publish

# huggingface_hub passes files to its HTTP library in a way that the latter warns of.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>' to upload raw:DeprecationWarning")

REPO = "org/corpus"
RECIPE = """
name = "small"
[[source]]
name = "refcoco"
split_by = "unc"
splits = ["train", "val"]
repeat = 2
[[source]]
name = "refclef"
split_by = "berkeley"
"""
# Fewer shards of the same rows under other names, a source less, and a source more.
NEXT_RECIPE = """
name = "small"
[[source]]
name = "refcoco"
split_by = "unc"
repeat = 2
[[source]]
name = "rrsis-d"
splits = ["val"]
"""
LOAD = """
import json, sys, datasets
names = datasets.get_dataset_config_names(sys.argv[1])
streamed = datasets.load_dataset(sys.argv[1], split="train", streaming=True)
ids = {name: datasets.load_dataset(sys.argv[1], name, split="train")["id"][:] for name in names}
print(json.dumps({"ids": ids, "first": next(iter(streamed))}))
"""


def _load_stand_in() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hub_stand_in", Path(__file__).parents[1] / "hub_stand_in.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["hub_stand_in"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


stand_in = _load_stand_in()


def python(*arguments: object, **environment: str) -> subprocess.Popen[str]:
    command = [sys.executable, *map(str, arguments)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env={**os.environ, **environment}, stdout=pipe, stderr=pipe, text=True)


def t4s(*arguments: object, **environment: str) -> tuple[int, str, str]:
    done = python("-m", "pipelines.cli", *arguments, **environment)
    out, err = done.communicate()
    return done.returncode, out, err


def build(recipe: str, world: Path, folder: Path) -> Path:
    (folder / "small.toml").write_text(recipe)
    code, _, errors = t4s("build", folder / "small.toml", "--data-root", world, "--out", folder / "corpus")
    assert code == 0, errors
    return folder / "corpus"


@pytest.fixture(scope="module")
def corpus(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(RECIPE, world, tmp_path_factory.mktemp("first"))


@pytest.fixture(scope="module")
def next_corpus(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(NEXT_RECIPE, world, tmp_path_factory.mktemp("next"))


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """A fresh Hub, which this process and those it starts take for the real one."""
    with stand_in.running_hub() as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        monkeypatch.setenv("HF_TOKEN", stand_in.TOKEN)
        monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
        monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
        monkeypatch.setattr(constants, "ENDPOINT", running.url)
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "home/token"))
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        yield running
        close_session()


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def published(hub: Any, revision: str = "main") -> dict[str, bytes]:
    files = hub.files(REPO, revision)
    assert files.pop(".gitattributes") == b"*.parquet filter=lfs\n"
    return files


def large_files(folder: Path) -> set[str]:
    """The digests of what goes up as an object of its own: shards and plots."""
    paths = [*folder.glob("data/*/*.parquet"), *folder.glob("assets/*.png")]
    return {sha256(path.read_bytes()).hexdigest() for path in paths}


def test_a_published_corpus_is_the_corpus_and_loads_by_its_name(corpus: Path, hub: Any, tmp_path: Path):
    report = tmp_path / "report.json"
    code, _, err = t4s("publish", corpus, "--repo-id", REPO, "--tag", "v1", "--private", "--json", report)
    assert code == 0, err
    assert published(hub) == contents(corpus)
    held = hub.repos[REPO]
    assert held.private
    assert held.tags == {"v1": held.branches["main"]}
    assert json.loads(report.read_text())["commit"] == held.branches["main"]
    assert held.branches["main"] in err

    readers = [
        python("-c", LOAD, name, HF_DATASETS_CACHE=str(tmp_path / cache))
        for name, cache in ((REPO, "remote"), (corpus, "local"))
    ]
    loaded, local = (json.loads(reader.communicate()[0]) for reader in readers)
    assert set(loaded["ids"]) == {"default", "refcoco", "refclef"}
    assert loaded == local


def test_an_interrupted_upload_goes_on_with_what_is_missing(corpus: Path, hub: Any):
    hub.uploads_left = 2
    running = python("-m", "pipelines.cli", "publish", corpus, "--repo-id", REPO, "--tag", "v1")
    assert hub.cut.wait(60)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "the same command goes on" in err
    assert not published(hub)
    first = list(hub.uploads)
    assert 0 < len(first) < len(large_files(corpus))

    hub.uploads_left = None
    code, _, err = t4s("publish", corpus, "--repo-id", REPO, "--tag", "v1")
    assert code == 0, err
    assert published(hub) == contents(corpus)
    assert sorted(hub.uploads) == sorted(large_files(corpus))
    assert hub.repos[REPO].tags == {"v1": hub.repos[REPO].branches["main"]}


def test_a_line_that_stays_dead_ends_in_one_clear_error(corpus: Path, hub: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda _: None)
    hub.uploads_left = 1
    with pytest.raises(PublishError, match=r"no connection to .* the same command goes on") as caught:
        publish(corpus, Target(REPO))
    assert stand_in.SIGNATURE not in str(caught.value)
    hub.uploads_left = None
    publish(corpus, Target(REPO))
    assert published(hub) == contents(corpus)


def test_the_same_again_uploads_nothing_and_commits_nothing(corpus: Path, hub: Any):
    first = publish(corpus, Target(REPO, tag="v1"))
    uploads, commits = list(hub.uploads), len(hub.repos[REPO].commits)
    assert first.changed
    assert publish(corpus, Target(REPO, tag="v1")) == Publication(first.url, first.commit, changed=False)
    assert (hub.uploads, len(hub.repos[REPO].commits)) == (uploads, commits)


def test_a_new_version_uploads_what_changed_and_removes_what_is_gone(corpus: Path, next_corpus: Path, hub: Any):
    publish(corpus, Target(REPO, tag="v1"))
    hub.put(REPO, "NOTES.md", b"a person's own")
    known = set(hub.uploads)
    publish(next_corpus, Target(REPO, tag="v2"))
    assert set(hub.uploads) - known == large_files(next_corpus) - large_files(corpus) != set()
    assert large_files(next_corpus) & large_files(corpus)
    assert len(hub.uploads) == len(large_files(next_corpus) | large_files(corpus))
    assert published(hub) == {**contents(next_corpus), "NOTES.md": b"a person's own"}
    assert published(hub, "v1") == contents(corpus)


def test_a_branch_is_made_and_the_main_one_left_alone(corpus: Path, next_corpus: Path, hub: Any):
    publish(corpus, Target(REPO))
    publish(next_corpus, Target(REPO, revision="next/2", tag="v2"))
    assert published(hub, "next/2") == published(hub, "v2") == contents(next_corpus)
    assert published(hub) == contents(corpus)


def test_a_tag_is_not_moved_and_nothing_is_uploaded(corpus: Path, next_corpus: Path, hub: Any):
    publish(corpus, Target(REPO, tag="v1"))
    uploads = list(hub.uploads)
    with pytest.raises(PublishError, match="tag v1 stands at another version"):
        publish(next_corpus, Target(REPO, tag="v1"))
    assert hub.uploads == uploads
    assert published(hub) == contents(corpus)


@pytest.mark.parametrize("debug", [[], ["--debug"]], ids=["", "debug"])
def test_a_wrong_token_is_named_and_never_shown(debug: list[str], corpus: Path, hub: Any):
    wrong = "hf_notTheRightOne"
    code, out, err = t4s("publish", corpus, "--repo-id", REPO, *debug, HF_TOKEN=wrong)
    assert code == 1
    assert "does not accept the token" in err
    assert "hf auth login" in err
    assert wrong not in out + err
    assert not hub.repos


@pytest.mark.parametrize(
    ("token", "says"),
    [
        ("", "hf auth login"),
        ("hf_with\x00zero", "characters that no token has"),
        ("hf_ünicode", "characters that no token has"),
        (stand_in.READ_ONLY, "may not write to org/corpus"),
    ],
)
def test_a_token_that_cannot_do_it_is_told_what_to_do(
    token: str, says: str, corpus: Path, hub: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("HF_TOKEN")
    if token:
        (Path(constants.HF_TOKEN_PATH).parent).mkdir()
        Path(constants.HF_TOKEN_PATH).write_text(token)
    with pytest.raises(PublishError, match=says) as caught:
        publish(corpus, Target(REPO))
    assert not token or token not in str(caught.value)
    assert not hub.repos


def test_another_organization_and_a_dead_endpoint_are_plain_errors(
    corpus: Path, hub: Any, monkeypatch: pytest.MonkeyPatch
):
    with pytest.raises(PublishError, match="may not write to elsewhere/corpus"):
        publish(corpus, Target("elsewhere/corpus"))
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(PublishError, match=r"no connection to http://127\.0\.0\.1:9"):
        publish(corpus, Target(REPO))


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/api/repos/create", 429, "fewer requests"),
        ("/commit/", 503, "answered 503 .*the same command goes on"),
        ("/commit/", 403, "may not write"),
        ("^/objects/", 403, "storage behind .* answered 403 to an upload"),
    ],
)
def test_a_refusal_is_told_and_the_next_run_finishes(path: str, status: int, says: str, corpus: Path, hub: Any):
    hub.answers = [(path, status)]
    with pytest.raises(PublishError, match=says) as caught:
        publish(corpus, Target(REPO))
    assert stand_in.SIGNATURE not in str(caught.value)
    publish(corpus, Target(REPO))
    assert published(hub) == contents(corpus)
    assert sorted(hub.uploads) == sorted(large_files(corpus))


def test_a_hub_that_asks_to_wait_is_asked_again(corpus: Path, hub: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda _: None)
    hub.answers = [("/preupload/", 429), ("/objects/batch", 429), ("^/objects/", 500)]
    publish(corpus, Target(REPO))
    assert hub.answers == []
    assert published(hub) == contents(corpus)


def test_what_the_hub_holds_afterwards_is_compared(corpus: Path, hub: Any):
    hub.spoils = "build.json"
    with pytest.raises(PublishError, match=r"build\.json: other content on the Hub"):
        publish(corpus, Target(REPO, tag="v1"))
    assert hub.repos[REPO].tags == {}


def test_a_corpus_that_was_touched_is_refused_before_the_hub_is_asked(corpus: Path, hub: Any, tmp_path: Path):
    altered = shutil.copytree(corpus, tmp_path / "altered")
    (altered / "build.json").write_text((corpus / "build.json").read_text() + "\n")
    with pytest.raises(CorpusError, match=r"build\.json: altered"):
        publish(altered, Target(REPO))
    assert hub.asked == []


@pytest.mark.parametrize(
    ("front", "says"),
    [
        ("license: my-own\n", "license: 'my-own'"),
        ("license: [\n", "no metadata to read"),
        ("- a list\n", "no metadata to read"),
        ("", "no metadata between"),
    ],
)
def test_a_card_that_the_hub_would_reject_is_refused(front: str, says: str, corpus: Path, hub: Any, tmp_path: Path):
    altered = shutil.copytree(corpus, tmp_path / "altered")
    (altered / "README.md").write_text(f"---\n{front}---\n\n# A card\n")
    write_checksums(altered)
    with pytest.raises(DataError, match=says):
        publish(altered, Target(REPO))
    assert hub.asked == []


def test_a_card_that_the_hub_does_reject_leaves_no_repository(corpus: Path, hub: Any):
    hub.refuses_card = "unknown field"
    with pytest.raises(DataError, match="unknown field"):
        publish(corpus, Target(REPO))
    assert not hub.repos


def test_a_repository_with_something_else_in_it_stays_as_it_is(corpus: Path, hub: Any):
    hub.put(REPO, "data/mine.parquet", b"years of work")
    before = hub.files(REPO)
    with pytest.raises(PublishError, match=r"holds data/mine\.parquet and no SHA256SUMS"):
        publish(corpus, Target(REPO))
    assert hub.files(REPO) == before
    assert hub.uploads == []


def test_private_rows_never_go_to_a_public_repository(corpus: Path, hub: Any):
    publish(corpus, Target(REPO))
    commits = len(hub.repos[REPO].commits)
    with pytest.raises(PublishError, match="exists and is public"):
        publish(corpus, Target(REPO, private=True))
    assert len(hub.repos[REPO].commits) == commits


def test_a_dry_run_lists_files_and_card_and_asks_nobody(corpus: Path, hub: Any, tmp_path: Path):
    report = tmp_path / "report.json"
    code, out, err = t4s("publish", corpus, "--repo-id", REPO, "--dry-run", "--json", report, HF_TOKEN="")
    assert code == 0, err
    sizes = {name: len(content) for name, content in contents(corpus).items()}
    figures = json.loads(report.read_text())
    assert figures["files"] == sizes
    assert figures["total_bytes"] == sum(sizes.values())
    assert all(name in out and f"{size:,}" in out for name, size in sizes.items())
    assert (corpus / "README.md").read_text() in out
    assert hub.asked == []


@pytest.mark.parametrize(
    "names",
    [
        {"repo_id": "corpus"},
        {"repo_id": "org/corpus/more"},
        {"repo_id": "org/a--b"},
        {"repo_id": REPO, "revision": "a b"},
        {"repo_id": REPO, "revision": "refs/pr/1"},
        {"repo_id": REPO, "revision": "0" * 40},
        {"repo_id": REPO, "tag": "v1..2"},
        {"repo_id": REPO, "tag": "-v1"},
        {"repo_id": REPO, "tag": ""},
    ],
)
def test_a_name_that_cannot_be_is_a_wrong_command(names: dict[str, str]):
    with pytest.raises(CommandError) as caught:
        Target(**names)
    assert isinstance(caught.value, T4SError)
    assert caught.value.exit_code == 2
