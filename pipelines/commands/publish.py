"""`t4s publish`: corpus -> Hugging Face Hub."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.commands.options import Json
from pipelines.console import print_table, say, write_json


def publish(
    corpus: Annotated[Path, typer.Argument(help="a corpus folder", metavar="CORPUS")],
    repo_id: Annotated[str, typer.Option("--repo-id", help="dataset repository", metavar="ORG/NAME")],
    private: Annotated[bool, typer.Option("--private", help="make a new repository private")] = False,
    revision: Annotated[str, typer.Option(help="branch; made if it is not there", metavar="BRANCH")] = "main",
    tag: Annotated[str | None, typer.Option(help="tag for this version; never moved", metavar="TAG")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="check the corpus, list files and card, contact nobody")
    ] = False,
    json: Json = None,
) -> None:
    """Publish a corpus on the Hugging Face Hub: check, upload what changed, compare checksums, tag.

    The token is the one of `hf auth login` or HF_TOKEN. An interrupted upload goes on when the same command is
    run again.
    """
    from t4s_data.hub.publish import Target, check_corpus, file_sizes
    from t4s_data.hub.publish import publish as publish_corpus

    target = Target(repo_id, revision, tag, private)
    if dry_run:
        check_corpus(corpus)
        figures = _figures(target.repo_id, file_sizes(corpus))
        _print_plan(corpus, figures)
    else:
        # In a thread, because an upload that waits for the network would keep Ctrl-C waiting too.
        done = ThreadPoolExecutor(1).submit(publish_corpus, corpus, target).result()
        figures = _figures(target.repo_id, file_sizes(corpus))
        figures |= {"revision": revision, "tag": tag, "url": done.url, "commit": done.commit, "changed": done.changed}
        _print_done(figures)
    write_json(json, figures)


def _figures(repo_id: str, sizes: dict[str, int]) -> dict[str, Any]:
    return {"repo_id": repo_id, "files": sizes, "total_bytes": sum(sizes.values())}


def _print_plan(corpus: Path, figures: dict[str, Any]) -> None:
    sizes = figures["files"]
    title = f"{figures['repo_id']}: {len(sizes)} files, {figures['total_bytes']:,} bytes; nothing is uploaded"
    print_table(title, ["file", "bytes"], list(sizes.items()))
    print((corpus / "README.md").read_text(encoding="utf-8"))


def _print_done(figures: dict[str, Any]) -> None:
    what = "published" if figures["changed"] else "nothing to upload, the branch held it already"
    where = f"branch {figures['revision']}" + (f", tag {figures['tag']}" if figures["tag"] else "")
    size = f"{len(figures['files'])} files, {figures['total_bytes']:,} bytes"
    say(f"{figures['url']}: {what}: {where}, commit {figures['commit']}, {size}, checksums compared")
