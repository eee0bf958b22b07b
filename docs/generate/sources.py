"""A page for each source, from its manifest."""

from __future__ import annotations

from docs.generate.markdown import code, table
from t4s_data.manifest.shipped import NAMES, load_manifest
from t4s_data.manifest.source import LicenseText, Manifest, ManifestSplit


def source_table() -> str:
    """All sources with their tasks, each a link to its page."""
    rows = []
    for manifest in map(load_manifest, NAMES):
        tasks = [task for task, weight in manifest.tasks.items() if weight > 0]
        rows.append([f"[{code(manifest.name)}]({manifest.name}.md)", manifest.title, ", ".join(tasks)])
    return table(["source", "data set", "tasks by default"], rows)


def source_pages() -> dict[str, str]:
    """The page of every source by its name."""
    return {name: _page(load_manifest(name)) for name in NAMES}


def _page(manifest: Manifest) -> str:
    parts = [
        f"# {manifest.title}",
        f'In recipes: `name = "{manifest.name}"`. Layout: `{manifest.layout}`. '
        f"Folder below `--data-root`, unless the recipe sets `root`: `{manifest.root}`.",
        "## How to get it",
        f'<div class="words" markdown>\n\n```text\n{manifest.get.strip()}\n```\n\n</div>',
        "## Where it lies",
        _files(manifest),
        "## Splits",
        _splits(manifest),
        "## Tasks",
        _tasks(manifest),
        "## Known defects",
        "\n".join(f"- {_prose(defect)}" for defect in manifest.defects) or "None is known.",
        "## Licences",
        _licences(manifest),
        *_paper(manifest),
        *_citation(manifest),
    ]
    return "\n\n".join(parts) + "\n"


def _files(manifest: Manifest) -> str:
    rows = [
        [role, code(file.path), "<br>".join(map(code, file.alternatives)), "no" if file.optional else "yes"]
        for role, file in manifest.files.items()
    ]
    images = f"\n\nFile names in the annotations are relative to `{manifest.images}`." if manifest.images else ""
    return table(["what", "path below the data root", "or", "needed"], rows) + images


def _splits(manifest: Manifest) -> str:
    if not manifest.split:
        return "Yours: a split is what the folders and files are called."
    rows = [[split.by or "", split.name, *_counts(split)] for split in manifest.split]
    default = f"\n\n`split_by` is `{manifest.default_split_by}` unless the recipe sets it."
    own = "\n\nSplits of your own may be named too." if manifest.other_splits else ""
    counts = table(["split_by", "split", "records", "refs", "images"], rows) + _where(manifest)
    return counts + (default if manifest.default_split_by else "") + own


def _counts(split: ManifestSplit) -> list[str]:
    return ["" if count is None else f"{count:,}" for count in (split.records, split.refs, split.images)]


def _where(manifest: Manifest) -> str:
    """What each kind of count is taken from."""
    said = {(kind, text) for split in manifest.split for kind, text in split.where.items()}
    lines = [f"- {kind}: {f'<{text}>' if text.startswith('http') else text}" for kind, text in sorted(said)]
    return "\n\nThe counts are from:\n\n" + "\n".join(lines) if lines else ""


def _tasks(manifest: Manifest) -> str:
    rows = [[code(task), f"{weight:g}" if weight else "only if asked for"] for task, weight in manifest.tasks.items()]
    return table(["task", "default weight"], rows)


def _licences(manifest: Manifest) -> str:
    rows = [
        [what, licence.text, code(licence.spdx or ""), f"<{licence.url}>" if licence.url else ""]
        for what, licence in (("annotations", manifest.license_annotations), ("images", manifest.license_images))
        if isinstance(licence, LicenseText)
    ]
    return (
        table(["of", "licence", "SPDX", "stands at"], rows) if rows else "None is stated; your data has your licence."
    )


def _paper(manifest: Manifest) -> list[str]:
    paper = manifest.paper
    if paper is None:
        return []
    line = f"Row {paper.row}: {paper.images:,} images, {paper.samples:,} samples. How they come about: {paper.rule} "
    return ["## In Table I of Text4Seg++", f"{line}({paper.status})."]


def _citation(manifest: Manifest) -> list[str]:
    return ["## Citation", f"```bibtex\n{manifest.citation.strip()}\n```"] if manifest.citation.strip() else []


def _prose(text: str) -> str:
    return text.replace("<", "&lt;")
