"""One shard: its rows one by one against its account, and what they add up to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from t4s_data.codecs.codec import NO_CODEC
from t4s_data.conversation.tasks import KEPT
from t4s_data.corpus.reader import read_batches, schema_of, typed_rows
from t4s_data.corpus.record import Account, Shard
from t4s_data.corpus.row import TOKEN_COLUMNS, Row, columns_of, features
from t4s_data.errors import CorpusError
from t4s_data.manifest.names import BOX_TASKS
from t4s_data.reading.opening import sha256_of
from t4s_data.tokens.tokenizers import Tokenizer, load_tokenizer
from t4s_data.verification.conversations import check_turns
from t4s_data.verification.descriptors import check_meaning
from t4s_data.verification.pictures import PictureRules, check_picture
from t4s_data.verification.problems import Problem, shown

if TYPE_CHECKING:
    import pyarrow as pa

MOST_PROBLEMS = 200
"""Problems of one shard that are told one by one."""
_BATCH_ROWS = 512
_PASS = re.compile(r"(0|[1-9][0-9]*)")


@dataclass(frozen=True, slots=True)
class Expected:
    """What is known of a shard: its line in the build record, its account, and the tokenizer of the build.

    ``tokenizer`` is a name and the tokens added to it, None where the build's own is not at hand.
    """

    shard: Shard
    account: Account
    pictures: PictureRules
    tokenizer: tuple[str, tuple[str, ...]] | None


@dataclass(slots=True)
class Found:
    """What a shard holds: what is wrong, the file's digest, the ids, and sums over the rows.

    ``passes`` counts the rows of each pass of `repeat`; regions and rescued ones are of the first pass.
    """

    shard: str
    digest: str = ""
    ids: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unsaid: int = 0
    rows: int = 0
    regions: int = 0
    rescued: int = 0
    tasks: Counter[str] = field(default_factory=Counter)
    passes: Counter[int] = field(default_factory=Counter)
    tokens: Counter[str] = field(default_factory=Counter)

    def tell(self, what: str, row: int | None = None, row_id: str = "") -> None:
        """Keep a problem, or count it once there are many."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(self.shard, what, row, row_id))
        else:
            self.unsaid += 1


def check_shard(corpus: Path, expected: Expected) -> Found:
    """Read one shard as a whole and check it; nothing is raised for what is wrong with it."""
    found = Found(expected.shard.name)
    path = corpus / expected.shard.name
    try:
        found.digest = sha256_of(path)
        size = path.stat().st_size
    except OSError as error:
        found.tell(f"named in build.json, but {error.strerror}")
        return found
    if found.digest != expected.shard.sha256:
        found.tell(f"sha256 is {found.digest}, build.json says {expected.shard.sha256}")
    if size != expected.shard.bytes:
        found.tell(f"{size} bytes, build.json says {expected.shard.bytes}")
    try:
        _check_rows(path, expected, found)
    except CorpusError as error:
        found.tell(str(error).removeprefix(f"{path}: "))
    if found.rows != expected.shard.rows:
        found.tell(f"{found.rows} rows, build.json says {expected.shard.rows}")
    return found


def _check_rows(path: Path, expected: Expected, found: Found) -> None:
    schema = features(embed=expected.pictures.embed).arrow_schema
    tokenizer = _tokenizer(expected.tokenizer)
    for number, batch in enumerate(read_batches(path, columns_of(Row), _BATCH_ROWS)):
        if number == 0:
            _check_schema(path, schema, found)
        for row in _rows_of(batch, path, found):
            row_number, found.rows = found.rows, found.rows + 1
            if row is None:
                found.ids.append("")
                continue
            _add(row, found)
            for what in _problems(row, expected, tokenizer):
                found.tell(what, row_number, row.id)


def _check_schema(path: Path, expected: pa.Schema, found: Found) -> None:
    schema = schema_of(path)
    told = [(one.metadata or {}).get(b"huggingface") for one in (schema, expected)]
    if schema.equals(expected) and told[0] == told[1]:
        return
    names = [name for name in (*schema.names, *expected.names) if (name in schema.names) != (name in expected.names)]
    if names:
        found.tell(f"its columns are not those of a corpus: {', '.join(map(shown, names))}")
    else:
        found.tell("its schema or the schema's metadata is not that of a corpus of this build")


def _rows_of(batch: pa.RecordBatch, path: Path, found: Found) -> Iterator[Row | None]:
    """The rows of a batch; None for one that is no row, which is told."""
    try:
        yield from typed_rows(batch, Row, path)
    except CorpusError:
        start = found.rows
        for number in range(batch.num_rows):
            one = batch.slice(number, 1)
            try:
                yield from typed_rows(one, Row, path)
            except CorpusError as error:
                row_id = one.column("id")[0].as_py() if "id" in one.schema.names else ""
                found.tell(str(error).removeprefix(f"{path}: "), start + number, str(row_id))
                yield None


def _add(row: Row, found: Found) -> None:
    found.ids.append(row.id)
    found.tasks[row.task] += 1
    passing = row.id.rpartition("#")[2]
    found.passes[int(passing) if _PASS.fullmatch(passing) else -1] += 1
    for column in TOKEN_COLUMNS:
        found.tokens[column] += getattr(row, column)
    if passing == "0":
        found.regions += len(row.regions)
        found.rescued += sum(region.rescued for region in row.regions)


def _problems(row: Row, expected: Expected, tokenizer: Tokenizer | None) -> Iterator[str]:
    yield from _check_identity(row, expected.account)
    yield from check_picture(row, expected.pictures)
    yield from check_turns(row)
    yield from check_meaning(row, tokenizer)


def _check_identity(row: Row, account: Account) -> Iterator[str]:
    split_id = f"{account.split_by}-{account.split}" if account.split_by else account.split
    start = f"{account.source}/{split_id}/"
    passing = row.id.rpartition("#")[2]
    if not row.id.startswith(start) or not _PASS.fullmatch(passing) or len(row.id) <= len(f"{start}#{passing}"):
        yield f"id is {shown(row.id)}, expected {start}RECORD#PASS"
    if row.source != account.source:
        yield f"source is {shown(row.source)}, the shard is of {account.source!r}"
    if row.split != account.as_split:
        yield f"split is {shown(row.split)}, the shard is of {account.as_split!r}"
    if row.task not in account.tasks:
        yield f"task is {shown(row.task)}, build.json names {', '.join(sorted(account.tasks))}"
    codec = NO_CODEC if row.task == KEPT else f"{account.codec}-box" if row.task in BOX_TASKS else account.codec
    if row.codec != codec:
        yield f"codec is {shown(row.codec)}, expected {codec!r} for {row.task}"


@lru_cache(4)
def _tokenizer(named: tuple[str, tuple[str, ...]] | None) -> Tokenizer | None:
    return load_tokenizer(*named) if named else None
