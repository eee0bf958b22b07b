"""The dataset card: metadata that `datasets` and the Hub read, and the text around the build's figures."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from t4s_data.audit.findings import ALL, PAPER, Findings, advice
from t4s_data.audit.summary import OWN
from t4s_data.codecs.codec import from_name
from t4s_data.corpus.record import Account, Build
from t4s_data.corpus.row import features
from t4s_data.errors import DataError
from t4s_data.manifest.shipped import shipped_folder
from t4s_data.manifest.source import LicenseText, Manifest
from t4s_data.sample import REASONS, RULES

if TYPE_CHECKING:
    from datasets import DatasetInfo
    from datasets.info import DatasetInfosDict
    from datasets.utils.metadata import MetadataConfigs
    from huggingface_hub import DatasetCardData


@dataclass(frozen=True, slots=True)
class CardFacts:
    """Everything a card is made of.

    ``manifests`` by source name, ``findings`` of the audit, if there was one.
    """

    build: Build
    manifests: Mapping[str, Manifest]
    findings: Findings | None = None

    @property
    def embed(self) -> bool:
        """Whether rows hold image bytes."""
        return self.build.recipe.images.mode == "embed"

    @property
    def sources(self) -> list[str]:
        """The sources that have rows, in the order they come in the recipe."""
        return list(dict.fromkeys(account.source for account in self.build.accounts if account.rows))

    @property
    def splits(self) -> list[str]:
        """The corpus splits that have rows, in the order they come in the recipe."""
        return list(dict.fromkeys(account.as_split for account in self.build.accounts if account.rows))


def render_card(facts: CardFacts) -> str:
    """The whole README.md of a corpus.

    Raises:
        DataError: a metadata value is not one that the Hub knows.
    """
    data = card_data(facts)
    check_metadata(data.to_dict())
    return f"---\n{data.to_yaml(line_break=chr(10))}\n---\n\n{_render_text(facts)}"


def card_data(facts: CardFacts) -> DatasetCardData:
    """The metadata: licence, tasks, and per config its files, features and split sizes."""
    from huggingface_hub import DatasetCardData

    hub = _hub()
    values = {value for account in facts.build.accounts for task in account.tasks for value in hub["tasks"][task]}
    data = DatasetCardData(
        pretty_name=facts.build.recipe.name,
        language=["en"],
        size_categories=[_size_category(facts.build.totals.rows)],
        task_categories=sorted(values & set(hub["task_categories"])),
        task_ids=sorted(values & set(hub["task_ids"])) or None,
        tags=["referring-segmentation", "text-as-mask", "text4seg"],
        **_license_of(facts),
    )
    _infos(facts).to_dataset_card_data(data)
    _configs(facts).to_dataset_card_data(data)
    return data


def check_metadata(data: Mapping[str, Any]) -> None:
    """Make sure that the Hub knows every value it has a list for.

    Raises:
        DataError: names the field, the value and what is allowed.
    """
    lists = {"task_categories": "task_categories", "task_ids": "task_ids", "license": "licenses"}
    lists |= {"language": "languages", "size_categories": "size_categories"}
    for name, list_name in lists.items():
        given = data.get(name) or []
        for value in [given] if isinstance(given, str) else given:
            if value not in _hub()[list_name]:
                allowed = ", ".join(_hub()[list_name])
                raise DataError(f"dataset card: {name}: {value!r} is not on the Hub's list as kept here: {allowed}")


@cache
def _hub() -> dict[str, Any]:
    return tomllib.loads(shipped_folder().joinpath("hub.toml").read_text(encoding="utf-8"))


def _size_category(rows: int) -> str:
    below = [1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000]
    return str(_hub()["size_categories"][sum(rows >= bound for bound in below)])


def _license_of(facts: CardFacts) -> dict[str, Any]:
    """One licence for the card where all sources have the same one, which the Hub knows."""
    texts = [
        text
        for name in facts.sources
        for text in (facts.manifests[name].license_annotations, facts.manifests[name].license_images)
    ]
    names = {(text.spdx or "other").lower() if text else "other" for text in texts}
    if len(names) == 1 and (name := names.pop()) in _hub()["licenses"] and name != "other":
        return {"license": name}
    return {"license": "other", "license_name": "as-of-each-source"}


def _infos(facts: CardFacts) -> DatasetInfosDict:
    from datasets.info import DatasetInfosDict

    accounts = facts.build.accounts
    infos = {"default": _info(accounts, embed=facts.embed)}
    for source in facts.sources:
        infos[source] = _info([account for account in accounts if account.source == source], embed=facts.embed)
    return DatasetInfosDict(infos)


def _info(accounts: Sequence[Account], *, embed: bool) -> DatasetInfo:
    from datasets import DatasetInfo, SplitDict, SplitInfo

    splits = SplitDict()
    for name in dict.fromkeys(account.as_split for account in accounts if account.rows):
        shards = [shard for account in accounts if account.as_split == name for shard in account.shards]
        size = sum(shard.data_bytes for shard in shards)
        splits.add(SplitInfo(name=name, num_bytes=size, num_examples=sum(shard.rows for shard in shards)))
    download = sum(shard.bytes for account in accounts for shard in account.shards)
    size = sum(split.num_bytes for split in splits.values())
    return DatasetInfo(features=features(embed=embed), splits=splits, download_size=download, dataset_size=size)


def _configs(facts: CardFacts) -> MetadataConfigs:
    from datasets.utils.metadata import MetadataConfigs

    configs = {"default": _data_files("*", facts.splits)}
    for source in facts.sources:
        accounts = [account for account in facts.build.accounts if account.source == source and account.rows]
        configs[source] = _data_files(source, list(dict.fromkeys(account.as_split for account in accounts)))
    return MetadataConfigs(configs)


def _data_files(folder: str, splits: Sequence[str]) -> dict[str, Any]:
    return {"data_files": [{"split": split, "path": f"data/{folder}/{split}-*.parquet"} for split in splits]}


def _render_text(facts: CardFacts) -> str:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)
    environment.filters["number"] = lambda value: f"{value:,}"
    environment.filters["cell"] = lambda text: " ".join(str(text).split()).replace("|", "\\|")
    template = shipped_folder().joinpath("card.md.j2").read_text(encoding="utf-8")
    return environment.from_string(template).render(_text_values(facts)).strip() + "\n"


def _text_values(facts: CardFacts) -> dict[str, Any]:
    build = facts.build
    codecs = sorted({account.codec for account in build.accounts} - {"none"})
    return {
        "name": build.recipe.name,
        "totals": build.totals,
        "codecs": codecs,
        "formats": list(dict.fromkeys(from_name(codec).about for codec in codecs)),
        "first_split": facts.splits[0],
        "embed": facts.embed,
        "accounts": [_account_line(facts, account) for account in build.accounts],
        "tasks": _task_rows(build),
        "paper": _paper_lines(facts),
        "tokenizer": build.tokenizer,
        "audit": _audit_values(facts.findings) if facts.findings else None,
        "holdout": _holdout(facts.build),
        "dropped": [line for account in build.accounts for line in _dropped_lines(account)],
        "notes": [line for account in build.accounts for line in _note_lines(account)],
        "regions": sum(account.regions for account in build.accounts),
        "rescued": sum(account.rescued for account in build.accounts),
        "sources": [_source_line(facts.manifests[name]) for name in facts.sources],
        "citations": _citations(facts),
        "code": build.code,
        "seed": build.seed,
        "command": facts.build.command,
    }


def _audit_values(findings: Findings) -> dict[str, Any]:
    """What the card shows of an audit: lengths under the first codec, Figure 7, and ceilings over all regions."""
    first = findings.lengths[0]
    lines = [line for line in findings.lengths if (line.tokenizer, line.codec) == (first.tokenizer, first.codec)]
    ours = findings.figure_of(findings.figure_source)
    return {
        "tokenizer": first.tokenizer.partition(" sha256:")[0],
        "codec": "" if first.codec == OWN else first.codec,
        "lengths": [line for line in lines if line.task != ALL and line.split == ALL],
        "paper": [(codec, printed, ours[codec]) for codec, printed in PAPER.items() if ours],
        "figure_source": findings.figure_source,
        "ceilings": findings.ceilings_of(ALL),
        "large": {line.n: line.miou for line in findings.ceilings_of(ALL, "large")},
        "tiny": {line.n: line.miou for line in findings.ceilings_of(ALL, "tiny")},
        "advice": advice(findings),
        "studied": findings.studied,
        "regions": findings.regions,
    }


def _part(account: Account) -> str:
    return f"{account.split_by}-{account.split}" if account.split_by else account.split


def _account_line(facts: CardFacts, account: Account) -> dict[str, Any]:
    lost = {"quarantined": sum(account.quarantined.values()), "left_out": sum(account.left_out.values())}
    counts = {"read": account.read, "used": account.used, **lost, "rows": account.rows}
    return {"title": facts.manifests[account.source].title, "part": _part(account), **counts}


def _task_rows(build: Build) -> list[tuple[str, int]]:
    names = sorted({task for account in build.accounts for task in account.tasks})
    return [(name, sum(account.tasks.get(name, 0) for account in build.accounts)) for name in names]


def _paper_lines(facts: CardFacts) -> list[dict[str, Any]]:
    """One line for each row of Table I; the sources that share a row are added up."""
    lines: dict[str, dict[str, Any]] = {}
    for account in facts.build.accounts:
        paper = facts.manifests[account.source].paper
        if paper and account.as_split == "train":
            new = {"name": paper.row, "samples": paper.samples, "rows": 0, "rule": paper.rule, "status": paper.status}
            lines.setdefault(paper.row, new)["rows"] += account.rows
    return list(lines.values())


def _dropped_lines(account: Account) -> list[dict[str, Any]]:
    return [
        {"source": account.source, "part": _part(account), "reason": reason, "meaning": meaning, "count": count}
        for known, counts in ((REASONS, account.quarantined), (RULES, account.left_out))
        for reason, count in sorted(counts.items())
        if count and (meaning := known[reason])
    ]


def _holdout(build: Build) -> dict[str, Any] | None:
    """What is also in evaluation splits, a line for each pair; None where nothing was looked up."""
    if build.recipe.holdout.mode == "off":
        return None
    lines = [
        {"source": account.source, "part": _part(account), "in": name, **count.model_dump()}
        for account in build.accounts
        for name, count in account.held_out.items()
    ]
    unchecked = sum(account.unchecked for account in build.accounts)
    return {"mode": build.recipe.holdout.mode, "lines": lines, "unchecked": unchecked}


def _note_lines(account: Account) -> list[dict[str, Any]]:
    counts = dict(sorted(account.notes.items())) | {"images that were absent": account.images_absent}
    part = {"source": account.source, "part": _part(account)}
    return [{**part, "what": what, "count": count} for what, count in counts.items() if count]


def _source_line(manifest: Manifest) -> dict[str, str]:
    texts = {"annotations": manifest.license_annotations, "images": manifest.license_images}
    return {"name": manifest.name, "title": manifest.title} | {key: _license_text(text) for key, text in texts.items()}


def _license_text(text: LicenseText | None) -> str:
    if text is None:
        return "not stated"
    return f"[{text.text}]({text.url})" if text.url else text.text


def _citations(facts: CardFacts) -> list[str]:
    """Each BibTeX entry once; sources share papers."""
    entries = (
        "@" + entry.strip()
        for name in facts.sources
        for entry in facts.manifests[name].citation.strip().lstrip("@").split("\n@")
        if entry.strip()
    )
    return list(dict.fromkeys(entries))
