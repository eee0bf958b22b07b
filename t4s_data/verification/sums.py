"""What the rows add up to, against the build record and the card."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from t4s_data.corpus.folder import BUILD
from t4s_data.corpus.record import Account, Build
from t4s_data.errors import T4SError
from t4s_data.recipe.parts import vocabulary_of
from t4s_data.verification.problems import Problem, shown
from t4s_data.verification.shards import Found

CARD = "README.md"
VOCABULARY = "tokens/new_special_tokens.txt"


def check_accounts(build: Build, found: Mapping[str, Found]) -> Iterator[Problem]:
    """The accounts of the build record against the rows of their shards."""
    for number, account in enumerate(build.accounts):
        shards = [found[shard.name] for shard in account.shards if shard.name in found]
        for what in _account_problems(account, shards):
            yield Problem(BUILD, f"accounts[{number}], {account.source} {account.split}: {what}")


def _account_problems(account: Account, shards: Sequence[Found]) -> Iterator[str]:
    tasks: Counter[str] = Counter()
    passes: Counter[int] = Counter()
    tokens: Counter[str] = Counter()
    for shard in shards:
        tasks.update(shard.tasks)
        passes.update(shard.passes)
        tokens.update(shard.tokens)
    said = {
        "rows": (account.rows, sum(shard.rows for shard in shards)),
        "tasks": (dict(sorted(account.tasks.items())), dict(sorted(tasks.items()))),
        "regions": (account.regions, sum(shard.regions for shard in shards)),
        "rescued": (account.rescued, sum(shard.rescued for shard in shards)),
        "used": (account.used, passes[0]),
        "tokens.descriptor": (account.tokens.descriptor, tokens["descriptor_tokens"]),
        "tokens.answer": (account.tokens.answer, tokens["answer_tokens"]),
        "tokens.total": (account.tokens.total, tokens["total_tokens"]),
    }
    for name, (there, counted) in said.items():
        if there != counted:
            yield f"{name} is {there}, its shards hold {counted}"
    if sorted(passes) != list(range(len(passes))) or len(set(passes.values())) > 1:
        yield f"its shards hold another number of rows in each pass: {dict(sorted(passes.items()))}"


def check_record(corpus: Path, build: Build) -> Iterator[Problem]:
    """What the build record says twice, in itself and in the folder."""
    if build.seed != build.recipe.seed:
        yield Problem(BUILD, f"seed is {build.seed}, its recipe's is {build.recipe.seed}")
    try:
        vocabulary = tuple(vocabulary_of(build.recipe))
    except T4SError as error:
        yield Problem(BUILD, f"recipe: {error}")
        return
    if build.vocabulary != vocabulary:
        yield Problem(BUILD, f"vocabulary is {shown(build.vocabulary)}, its recipe adds {shown(vocabulary)}")
    try:
        listed = (corpus / VOCABULARY).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        yield Problem(VOCABULARY, f"cannot be read: {error}")
        return
    if listed != "".join(f"{token}\n" for token in build.vocabulary):
        yield Problem(VOCABULARY, f"does not hold the {len(build.vocabulary)} tokens of {BUILD}")


def check_card(corpus: Path, build: Build) -> Iterator[Problem]:
    """The split sizes of the card, which `datasets` trusts, against the build record."""
    try:
        metadata = _metadata((corpus / CARD).read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        yield Problem(CARD, f"no metadata to read: {error}")
        return
    expected = _sizes(build)
    infos = metadata.get("dataset_info") or []
    told = {info.get("config_name"): info for info in (infos if isinstance(infos, list) else [infos])}
    for config in sorted(expected.keys() | told.keys(), key=str):
        if config not in told or config not in expected:
            yield Problem(CARD, f"dataset_info: {shown(config)} is {'not' if config not in told else 'only'} there")
            continue
        splits = {split["name"]: (split["num_examples"], split["num_bytes"]) for split in told[config]["splits"]}
        sizes = {split: (rows, data) for split, (rows, data, _) in expected[config].items()}
        if splits != sizes:
            yield Problem(CARD, f"dataset_info of {config}: splits {splits}, {BUILD} says {sizes} (rows, bytes)")
        if (said := told[config].get("download_size")) != (size := sum(one[2] for one in expected[config].values())):
            yield Problem(CARD, f"dataset_info of {config}: download_size {said}, {BUILD} says {size}")


def _metadata(card: str) -> dict[str, Any]:
    head = card.split("---\n", 2)
    if len(head) < 3 or head[0]:
        raise ValueError("it does not begin with a block between two lines of '---'")
    found = yaml.safe_load(head[1])
    if not isinstance(found, dict):
        raise ValueError(f"expected keys and values, found {shown(found)}")
    return found


def _sizes(build: Build) -> dict[str, dict[str, tuple[int, int, int]]]:
    """Rows, bytes in memory and bytes on disk by config and split."""
    sizes: dict[str, dict[str, tuple[int, int, int]]] = defaultdict(dict)
    for account in build.accounts:
        for config in ("default", account.source) if account.rows else ():
            old = sizes[config].get(account.as_split, (0, 0, 0))
            more = [(shard.rows, shard.data_bytes, shard.bytes) for shard in account.shards]
            sizes[config][account.as_split] = tuple(map(sum, zip(old, *more, strict=True)))  # type: ignore[assignment]
    return dict(sizes)
