"""A corpus's rows under another codec or tokenizer: how long they would be, from the rows alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from t4s_data.codecs.codec import codec_or_none
from t4s_data.codecs.protocol import Codec, RegionCodec, by_region, words_around
from t4s_data.corpus.row import Row
from t4s_data.errors import CorpusError
from t4s_data.masks.canvas import REMEMBERED, cells_of
from t4s_data.masks.mask import Mask
from t4s_data.sample import Region
from t4s_data.tokens.counting import TokenCounts, conversation_tokens, count_words
from t4s_data.tokens.descriptors import describe
from t4s_data.tokens.tokenizers import Tokenizer


@dataclass(frozen=True, slots=True)
class Wording:
    """The words and regions of a row.

    ``asked`` are the turns that are not the assistant's. ``answers`` holds the words of each of its turns,
    split at their descriptors: the i-th stands before descriptor i, the last one after all. ``per_region``
    says that there is a descriptor for each region, ``masks`` that descriptors say masks.
    """

    asked: tuple[str, ...]
    answers: tuple[tuple[str, ...], ...]
    regions: tuple[Region, ...]
    per_region: bool
    masks: bool


def wording(row: Row, masks: Sequence[Mask]) -> Wording:
    """The words of a row that has a codec, apart from its descriptors.

    Raises:
        CorpusError: the answer has not as many descriptors as the row has regions.
    """
    codec = codec_or_none(row.codec)
    if codec is None:
        raise CorpusError(f"row {row.id!r} has no codec")
    answers = tuple(words_around(codec, message.content) for message in row.messages if message.role == "assistant")
    found = sum(len(words) - 1 for words in answers)
    if codec.per_region and found != len(masks):
        raise CorpusError(f"row {row.id!r}: {len(masks)} regions, but {found} descriptors in its answer")
    return Wording(
        asked=tuple(message.content for message in row.messages if message.role != "assistant"),
        answers=answers,
        regions=tuple(Region(region.label, mask) for region, mask in zip(row.regions, masks, strict=True)),
        per_region=codec.per_region,
        masks=codec.masks,
    )


def recoded_tokens(words: Wording, codec: Codec, tokenizer: Tokenizer) -> TokenCounts | None:
    """The token counts that a row would have under another codec; None where that codec cannot express it.

    The words around descriptors stay. Where a codec has one text for all regions of an answer, it stands in
    place of a list, or after a sentence, whose places then hold the labels in parentheses; and the other way round.
    """
    written = codec if words.masks else codec.boxes()
    if written is None:
        return None
    answers = words.answers
    if words.per_region and not written.per_region:
        answers = tuple(_gathered(answer, words.regions) for answer in answers)
    elif written.per_region and not words.per_region:
        answers = tuple(_spread(answer, words.regions) for answer in answers)
    described = descriptor_tokens(written, tokenizer, words.regions)
    return conversation_tokens(tokenizer, words.asked, answers, described)


def descriptor_tokens(codec: Codec, tokenizer: Tokenizer, regions: Sequence[Region]) -> int:
    """The length of the descriptors of regions with normalized labels, in the fastest exact way there is."""
    if by_region(codec):
        return sum(_entry_tokens(codec, tokenizer, region) for region in regions)
    labeled = [(codec.label(region.label).text, region.mask) for region in regions]
    counted = codec.token_count(labeled, tokenizer.count, digits_alone=tokenizer.digits_alone)
    if counted is not None:
        return counted
    return sum(descriptor.tokens for descriptor in describe(codec, tokenizer, [Region(*one) for one in labeled]))


def _entry_tokens(codec: RegionCodec, tokenizer: Tokenizer, region: Region) -> int:
    # Cut beside tokens of the vocabulary, so that what all labels of a mask share is counted once.
    around = sum(count_words(tokenizer, text) for text in codec.affixes(region.label))
    return around + _body_tokens(codec, tokenizer, region.mask)


@lru_cache(REMEMBERED)
def _body_tokens(codec: RegionCodec, tokenizer: Tokenizer, mask: Mask) -> int:
    return tokenizer.count(codec.body(cells_of(mask, codec.n).grid))


def _gathered(answer: tuple[str, ...], regions: Sequence[Region]) -> tuple[str, ...]:
    """From words between one descriptor a region to words around one descriptor for all regions."""
    first, *between, last = answer if len(answer) > 1 else (answer[0], "")
    if len(answer) > 1 and (not first or first.endswith("\n")) and all(text == "\n" for text in between):
        return first, last
    places = (f"({region.label})" for region in regions)
    named = "".join(part for text in answer for part in (text, next(places, "")))
    return f"{named}\n", ""


def _spread(answer: tuple[str, ...], regions: Sequence[Region]) -> tuple[str, ...]:
    """From words around one descriptor for all regions to words between one descriptor a region."""
    if len(answer) == 1:
        return answer
    first, last = answer[0], "".join(answer[1:])
    if not regions:
        return (first.removesuffix("\n") + last,)
    return _at_labels(first, last, regions) or (first, *("\n",) * (len(regions) - 1), last)


def _at_labels(first: str, last: str, regions: Sequence[Region]) -> tuple[str, ...] | None:
    """The words of a sentence split at its labels in parentheses, if that is what stands before the descriptor."""
    pieces, rest = [], first.removesuffix("\n")
    for region in regions:
        before, found, rest = rest.partition(f"({region.label})")
        if not found:
            return None
        pieces.append(before)
    return (*pieces, rest) if not last and first.endswith("\n") else None
