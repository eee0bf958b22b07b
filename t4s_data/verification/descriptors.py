"""The regions of a row, worked out again from their run lengths, and the answer that has to say the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import takewhile
from operator import eq

from t4s_data.codecs.codec import NO_CODEC, Codec, from_name
from t4s_data.codecs.labels import neutralize
from t4s_data.codecs.protocol import RegionCodec, by_region, words_around
from t4s_data.corpus.row import TOKEN_COLUMNS, Row, RowRegion
from t4s_data.errors import CodecError, CommandError, RecordError
from t4s_data.masks.canvas import REMEMBERED, cell_box, cells_of
from t4s_data.masks.mask import Bools, Mask
from t4s_data.sample import Region
from t4s_data.tokens.counting import conversation_tokens
from t4s_data.tokens.tokenizers import IMAGE, Tokenizer
from t4s_data.verification.problems import shown


def check_meaning(row: Row, tokenizer: Tokenizer | None) -> Iterator[str]:
    """Everything in which regions, answer and token counts of a row do not say the same.

    Without a tokenizer the token counts are left out.
    """
    codec = _codec(row.codec) if row.codec != NO_CODEC else None
    if isinstance(codec, str):
        yield codec
        return
    if codec is None:
        if row.regions:
            yield f"regions holds {len(row.regions)}, but codec is {NO_CODEC!r}"
        yield from _check_tokens(row, None, [], tokenizer)
        return
    masks = [_mask(region.rle, row.height or 0, row.width or 0) for region in row.regions]
    regions = list(zip(row.regions, masks, strict=True))
    problems = [
        f"regions[{number}].{problem}"
        for number, (region, mask) in enumerate(regions)
        for problem in ([f"rle: {mask}"] if isinstance(mask, str) else _differences(region, mask, codec))
    ]
    yield from problems
    labelled = [Region(region.label, mask) for region, mask in regions if isinstance(mask, Mask)]
    if len(labelled) == len(regions):
        yield from _check_answer(row, codec, labelled, tokenizer)


def _differences(region: RowRegion, mask: Mask, codec: Codec) -> Iterator[str]:
    """What a region's columns say that its mask does not."""
    if mask.rle != region.rle:
        yield f"rle is not canonical: {shown(region.rle)}"
    if mask.area != region.area:
        yield f"area is {region.area}, but the mask has {mask.area} pixels"
    cells = cells_of(mask, codec.n)
    box = list(cell_box(cells.grid))
    if box != list(region.box):
        yield f"box is {list(region.box)}, but the mask's cells lie in {box}"
    if cells.rescued != region.rescued:
        yield f"rescued is {region.rescued}, but the mask has {'no' if cells.rescued else 'a'} sampled cell"
    try:
        normal = codec.label(region.label).text
    except RecordError as error:
        yield f"label: {error.detail}"
        return
    if normal != region.label:
        yield f"label is {shown(region.label)}, normalized {shown(normal)}"


def _check_answer(row: Row, codec: Codec, regions: Sequence[Region], tokenizer: Tokenizer | None) -> Iterator[str]:
    """The answer holds exactly the descriptors that the codec writes of the regions, in their order."""
    try:
        expected = _expected(codec, regions)
    except CodecError as error:
        yield f"messages: the descriptors of its regions cannot be written and read back: {error}"
        return
    answers = [message.content for message in row.messages if message.role == "assistant"]
    found = [answer[start:end] for answer in answers for start, end in codec.spans(answer)]
    if found != expected:
        yield f"messages: {_deviation(found, expected, ''.join(answers), codec)}"
        return
    asked = [message.content.replace(IMAGE, "", 1) for message in row.messages if message.role != "assistant"]
    words = [words for answer in answers for words in words_around(codec, answer)]
    for text in (text for text in (*asked, *words) if _is_reserved(text)):
        yield f"messages: a tag, a brick or another reserved mark stands among the words: {shown(text)}"
    yield from _check_tokens(row, codec, expected, tokenizer)


def _expected(codec: Codec, regions: Sequence[Region]) -> list[str]:
    """The descriptors of regions, each of them read back into the same grid.

    Raises:
        CodecError: it cannot be written, or what is read back is another grid.
    """
    if by_region(codec):
        return [body.join(codec.affixes(region.label)) for region in regions for body in [_body(codec, region.mask)]]
    texts = codec.encode([(region.label, cells_of(region.mask, codec.n).grid) for region in regions])
    painted: dict[str, Bools] = {}
    for region in regions:
        grid = cells_of(region.mask, codec.n).grid
        painted = {label: other & ~grid for label, other in painted.items()}
        painted[region.label] = painted.get(region.label, False) | grid
    read = {region.label: region.grid for text in texts for region in codec.decode(text).regions}
    seen = {label: grid for label, grid in painted.items() if grid.any()}
    if read.keys() != seen.keys() or not all((read[label] == grid).all() for label, grid in seen.items()):
        raise CodecError("what is read is not what was written")
    return texts


@lru_cache(REMEMBERED)
def _body(codec: RegionCodec, mask: Mask) -> str:
    """What the descriptors of a mask share, read back once."""
    grid = cells_of(mask, codec.n).grid
    body = codec.body(grid)
    (read,) = codec.decode(body.join(codec.affixes("label"))).regions
    if read.box != cell_box(grid) or (codec.masks and not (read.grid == grid).all()):
        raise CodecError("what is read is not what was written")
    return body


def _deviation(found: Sequence[str], expected: Sequence[str], answer: str, codec: Codec) -> str:
    """In what an answer differs from what its regions say."""
    try:
        codec.decode_answer(answer)
    except CodecError as error:
        return f"the answer does not decode: {error}"
    if len(found) != len(expected):
        return f"{len(found)} descriptors for {len(expected)} expected of its regions"
    number = next(number for number, pair in enumerate(zip(found, expected, strict=True)) if pair[0] != pair[1])
    one, other = found[number], expected[number]
    same = sum(1 for _ in takewhile(bool, map(eq, one, other)))
    start = max(0, same - 20)
    return (
        f"descriptor {number} says {shown(one[start : same + 40])} at character {same}, "
        f"its region {shown(other[start : same + 40])}"
    )


def _check_tokens(
    row: Row, codec: Codec | None, descriptors: Sequence[str], tokenizer: Tokenizer | None
) -> Iterator[str]:
    if tokenizer is None:
        return
    asked = [message.content for message in row.messages if message.role != "assistant"]
    answers = [message.content for message in row.messages if message.role == "assistant"]
    words = [words_around(codec, answer) if codec else (answer,) for answer in answers]
    described = sum(tokenizer.count_many(descriptors)) if descriptors else 0
    counts = conversation_tokens(tokenizer, asked, words, described)
    for column, counted in zip(TOKEN_COLUMNS, (counts.descriptor, counts.answer, counts.total), strict=True):
        if (said := getattr(row, column)) != counted:
            yield f"{column} is {said}, counted {counted}"


@lru_cache(64)
def _codec(name: str) -> Codec | str:
    try:
        return from_name(name)
    except CommandError as error:
        return f"codec: {error}"


@lru_cache(REMEMBERED)
def _mask(rle: str, height: int, width: int) -> Mask | str:
    try:
        return Mask.from_rle(rle, height, width)
    except RecordError as error:
        return error.detail


@lru_cache(1 << 12)
def _is_reserved(text: str) -> bool:
    return neutralize(text).reserved > 0
