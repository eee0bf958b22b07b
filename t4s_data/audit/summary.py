"""The audit of one shard: a summary that adds up with those of the others, whatever is cut between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import msgspec

from t4s_data.audit.ceilings import CANVASES, Ceiling, region_ceiling, row_ceiling, size_class
from t4s_data.audit.content import Content, ContentCounter, Group
from t4s_data.audit.picks import Picks
from t4s_data.audit.recoding import Wording, descriptor_tokens, recoded_tokens, wording
from t4s_data.choice import draw
from t4s_data.codecs.codec import NO_CODEC, codec_or_none, from_name
from t4s_data.corpus.reader import read_shard
from t4s_data.corpus.regions import masks_of
from t4s_data.corpus.row import Row
from t4s_data.counts import Histogram, add
from t4s_data.files.writing import write_whole
from t4s_data.masks.mask import Mask
from t4s_data.sample import Region
from t4s_data.tokens.counting import TokenCounts, conversation_tokens
from t4s_data.tokens.tokenizers import Tokenizer, load_tokenizer

OWN = "own"
"""In place of a codec's name: the codec that each row is written in."""
FIGURE_CODECS = (
    "isd-16-full",
    *(f"isd-{n}-rrle" for n in CANVASES),
    *(f"bsd-{n}-text" for n in CANVASES),
    *(f"bsd-{n}" for n in CANVASES),
)
"""What Figure 7 of the Text4Seg++ paper compares."""
COMMON = "bsd-256"
"""The codec whose added tokens serve every codec that adds no others: no text of those holds one by accident."""
TEXTS = ("descriptor", "answer", "total")
"""The texts that are measured, as the rows' token columns name them."""


@dataclass(frozen=True, slots=True)
class Measures:
    """What an audit measures.

    ``counters`` are the pairs of tokenizer and codec (or :data:`OWN`) whose token lengths are wanted. Under the
    build's own ``tokenizer`` the rows' columns already hold them. ``codec`` is the build's. ``studied`` is the
    sampling rate per source, as a threshold on a 64-bit hash of the image.
    ``key_limit`` is a threshold on a 64-bit hash of a row's content, below which rows are looked at for repeats.
    """

    tokenizer: str
    codec: str
    counters: tuple[tuple[str, str], ...]
    studied: Mapping[str, int]
    key_limit: int


class FigureSum(msgspec.Struct):
    """Rows, and the tokens of their descriptors under one codec."""

    rows: int = 0
    tokens: int = 0

    def merge(self, other: FigureSum) -> None:
        """Take over what another has summed up."""
        self.rows += other.rows
        self.tokens += other.tokens


class Summary(msgspec.Struct):
    """Sums and histograms over rows, from which an audit's figures are made; those of parts merge into the whole's.

    ``lengths`` maps tokenizer, codec, source, task, split and text to a histogram of rows by tokens;
    ``regions`` maps source, canvas and size class, ``rows`` source and canvas to ceilings; ``figure`` maps
    source and codec to sums; ``picks`` are the rows that a gallery can draw from.
    """

    content: Content = msgspec.field(default_factory=Content)
    lengths: dict[tuple[str, str, str, str, str, str], Histogram] = {}
    regions: dict[tuple[str, int, str], Ceiling] = {}
    rows: dict[tuple[str, int], Ceiling] = {}
    figure: dict[tuple[str, str], FigureSum] = {}
    picks: Picks = msgspec.field(default_factory=Picks)

    def merge(self, other: Summary) -> None:
        """Take over what another has found."""
        self.content.merge(other.content)
        for key, histogram in other.lengths.items():
            add(self.lengths.setdefault(key, {}), histogram)
        for region, ceiling in other.regions.items():
            self.regions.setdefault(region, Ceiling()).add(ceiling)
        for row, ceiling in other.rows.items():
            self.rows.setdefault(row, Ceiling()).add(ceiling)
        for codec, figure in other.figure.items():
            self.figure.setdefault(codec, FigureSum()).merge(figure)
        self.picks.merge(other.picks)

    def save(self, path: Path) -> None:
        """Write the summary to a file that appears when it is complete."""
        write_whole(path, msgspec.msgpack.encode(self))

    @classmethod
    def load(cls, path: Path) -> Summary:
        """Read a summary that was saved."""
        return msgspec.msgpack.decode(path.read_bytes(), type=cls)


def audit_shard(corpus: Path, shard: str, measures: Measures) -> Summary:
    """Summarize one shard, a thousand rows at a time; image bytes are not read.

    Raises:
        CorpusError: a row contradicts itself.
    """
    auditor = _Auditor(measures)
    for number, row in enumerate(read_shard(corpus / shard, Row, pictures=False)):
        auditor.add(row, shard, number)
    return auditor.result()


class _Auditor:
    def __init__(self, measures: Measures) -> None:
        self._measures = measures
        self._summary = Summary()
        self._content = ContentCounter(measures.key_limit)
        self._figure_tokenizer = tokenizer_for(measures.counters[0][0], FIGURE_CODECS[-1])

    def add(self, row: Row, shard: str, number: int) -> None:
        self._content.add(row)
        self._summary.picks.offer(row, shard, number)
        self._add_lengths(row)
        if row.codec != NO_CODEC and self._is_studied(row):
            self._study(row, masks_of(row))

    def result(self) -> Summary:
        self._summary.content = self._content.result()
        return self._summary

    def _add_lengths(self, row: Row) -> None:
        words = None if row.codec == NO_CODEC or self._has_all(row) else wording(row, masks_of(row))
        for tokenizer, codec in self._measures.counters:
            counts = self._counts(row, words, tokenizer, codec)
            if counts is not None:
                self._count(row, counts, tokenizer, codec)

    def _has_all(self, row: Row) -> bool:
        return all(self._has(row, *counter) for counter in self._measures.counters)

    def _has(self, row: Row, tokenizer: str, codec: str) -> bool:
        """Whether the row's own columns hold these counts."""
        if tokenizer != self._measures.tokenizer:
            return False
        if row.codec == NO_CODEC:
            return codec == OWN or own_tokens(codec) == own_tokens(self._measures.codec)
        return codec == OWN or row.codec in {codec, f"{codec}-box"}

    def _counts(self, row: Row, words: Wording | None, tokenizer: str, codec: str) -> TokenCounts | None:
        if self._has(row, tokenizer, codec):
            return TokenCounts(row.descriptor_tokens, row.answer_tokens, row.total_tokens)
        if words is None:
            return _plain_lengths(row, tokenizer_for(tokenizer, self._measures.codec if codec == OWN else codec))
        if codec == OWN:
            own = codec_or_none(row.codec)
            return recoded_tokens(words, own, tokenizer_for(tokenizer, row.codec)) if own else None
        return recoded_tokens(words, from_name(codec), tokenizer_for(tokenizer, codec))

    def _count(self, row: Row, counts: TokenCounts, tokenizer: str, codec: str) -> None:
        group: Group = (row.source, row.task, row.split)
        for text in TEXTS:
            histogram = self._summary.lengths.setdefault((tokenizer, codec, *group, text), {})
            length = getattr(counts, text)
            histogram[length] = histogram.get(length, 0) + 1

    def _is_studied(self, row: Row) -> bool:
        image = (row.images[0].path or "") if row.images else row.id
        return draw(0, "study", row.source, image) < self._measures.studied[row.source]

    def _study(self, row: Row, masks: Sequence[Mask]) -> None:
        """Lay the regions on every canvas."""
        source = row.source
        self._content.add_bricks(row)
        for n in CANVASES:
            self._summary.rows.setdefault((source, n), Ceiling()).add(row_ceiling(masks, n))
            for mask in masks:
                key = (source, n, size_class(mask))
                self._summary.regions.setdefault(key, Ceiling()).add(region_ceiling(mask, n))
        if masks:
            regions = [Region(region.label, mask) for region, mask in zip(row.regions, masks, strict=True)]
            for name in FIGURE_CODECS:
                tokens = descriptor_tokens(from_name(name), self._figure_tokenizer, regions)
                self._summary.figure.setdefault((source, name), FigureSum()).merge(FigureSum(1, tokens))


@lru_cache(256)
def tokenizer_for(name: str, codec_name: str) -> Tokenizer:
    """The tokenizer with the tokens that this codec adds; codecs whose texts cannot tell the difference share one.

    A tokenizer takes long to load, and one for all codecs counts the same; but a bare brick is a word that
    other codecs write as text.
    """
    return load_tokenizer(name, own_tokens(codec_name) or from_name(COMMON).vocabulary)


@lru_cache(256)
def own_tokens(codec_name: str) -> tuple[str, ...]:
    """The codec's tokens if some are not among the common ones; bare bricks are words that any text may hold."""
    tokens = () if codec_name in {OWN, NO_CODEC} else from_name(codec_name).vocabulary
    return () if set(tokens) <= set(from_name(COMMON).vocabulary) else tokens


def _plain_lengths(row: Row, tokenizer: Tokenizer) -> TokenCounts:
    answers = [(message.content,) for message in row.messages if message.role == "assistant"]
    others = [message.content for message in row.messages if message.role != "assistant"]
    return conversation_tokens(tokenizer, others, answers)
