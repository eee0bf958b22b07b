"""A sample and what a recipe wants of it -> a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from t4s_data.choice import draw, pick_weighted
from t4s_data.codecs.codec import NO_CODEC, codec_of
from t4s_data.codecs.labels import Label, neutralize, neutralizer_of
from t4s_data.codecs.protocol import Codec, by_region
from t4s_data.conversation.prompts import Template, load_prompts
from t4s_data.conversation.tasks import KEPT, TASKS, Exchange
from t4s_data.conversation.turns import answer, question
from t4s_data.corpus.row import Row, RowImage, RowRegion
from t4s_data.counts import add
from t4s_data.errors import RecordError
from t4s_data.files.images import read_checked, size_of
from t4s_data.masks.canvas import REMEMBERED, cell_box, cells_of
from t4s_data.masks.mask import Mask
from t4s_data.recipe.parts import Part
from t4s_data.sample import Image, Region, Sample, Turn
from t4s_data.tokens.counting import TokenCounts, conversation_tokens
from t4s_data.tokens.descriptors import Descriptor, describe
from t4s_data.tokens.tokenizers import Tokenizer, load_tokenizer


@dataclass(frozen=True, slots=True)
class _Draft:
    """What a row holds beside its identity and image; ``notes`` count what was left out or repaired."""

    task: str
    codec: str
    messages: list[Turn]
    regions: list[RowRegion]
    counts: TokenCounts
    notes: Mapping[str, int]


class RowMaker:
    """Makes the rows of one part in one pass of `repeat`.

    A record is used in every pass or in none: where passes could come to different ends, all are tried.
    """

    def __init__(self, part: Part, passing: int) -> None:
        self._part = part
        self._passing = passing
        self._tokenizer = load_tokenizer(part.tokenizer, part.vocabulary)
        self._codecs = {task: codec_of(part.codec, masks=TASKS[task].masks) for task in part.tasks if task != KEPT}
        codec, self._neutral = codec_of(part.codec), neutralizer_of(part.vocabulary)
        # Captions and class names come again and again.
        self._label = lru_cache(1 << 12)(lambda text: self._neutral(codec.label(text)))
        alike = len(part.tasks) == 1 and not part.limits.answer_tokens
        self._passes = (passing,) if alike else tuple(range(part.repeat))

    def make(self, sample: Sample) -> tuple[Row, dict[str, int]]:
        """The row of one sample, and counts of what was rescued, left out or repaired in it.

        Raises:
            RecordError: the sample cannot be used for a task that it drew, or its answer is `too-long`.
        """
        part = self._part
        clean, reserved = _normalized(sample, self._label, self._neutral)
        drafts = {passing: self._draft(clean, passing) for passing in self._passes}
        made = drafts[self._passing]
        picture = _picture(sample.image, part.location.data_root, embed=part.embed)
        row = Row(
            id=f"{part.name}/{sample.key}#{self._passing}",
            source=part.source,
            split=part.as_split,
            task=made.task,
            images=picture.images,
            width=picture.width,
            height=picture.height,
            messages=made.messages,
            regions=made.regions,
            codec=made.codec,
            descriptor_tokens=made.counts.descriptor,
            answer_tokens=made.counts.answer,
            total_tokens=made.counts.total,
            image_id=sample.image_id,
            license=sample.license,
        )
        notes = {**made.notes, "images-absent": int(picture.is_absent)}
        add(notes, sample.notes)
        add(notes, {"reserved-text": reserved})
        return row, notes

    def _draft(self, sample: Sample, passing: int) -> _Draft:
        part, record = self._part, f"{self._part.name}/{sample.key}"
        row_id = f"{record}#{passing}"
        task = self._task(record, passing)
        if task == KEPT:
            return _kept_draft(sample, self._tokenizer)
        exchange = TASKS[task].exchange(sample, partial(draw, part.seed, row_id))
        # Counted within the task, so that a record's words repeat only when all of the task's are used.
        before = sum(self._task(record, earlier) == task for earlier in range(passing))
        template = load_prompts(task).choose(part.seed, record, before)
        once = _each_once(exchange, self._codecs[task], self._tokenizer)
        draft = self._fitted(task, once, template)
        merged = len(exchange.regions) - len(once.regions)
        return replace(draft, notes={**draft.notes, "merged": merged}) if merged else draft

    def _task(self, record: str, passing: int) -> str:
        return pick_weighted(self._part.tasks, self._part.seed, f"{record}#{passing}", "task")

    def _fitted(self, task: str, exchange: Exchange, template: Template) -> _Draft:
        """The whole answer, or the one of the most regions that keeps to the recipe's limit."""
        limits = self._part.limits
        whole = self._worded(task, exchange, template)
        if not limits.answer_tokens or whole.counts.answer <= limits.answer_tokens:
            return whole
        fits, fewest, most = None, 1, len(exchange.regions) - 1
        while limits.over == "trim" and exchange.trimmed and fewest <= most:
            count = (fewest + most) // 2
            trimmed = self._worded(task, exchange.largest(count), template)
            if trimmed.counts.answer <= limits.answer_tokens:
                fits, fewest = trimmed, count + 1
            else:
                most = count - 1
        if fits is None:
            raise RecordError("too-long", f"{whole.counts.answer} tokens in the answer, {limits.answer_tokens} allowed")
        cut = {"answers-trimmed": 1, "regions-trimmed": len(whole.regions) - len(fits.regions)}
        return replace(fits, notes={**fits.notes, **cut})

    def _worded(self, task: str, exchange: Exchange, template: Template) -> _Draft:
        codec = self._codecs[task]
        descriptors = describe(codec, self._tokenizer, exchange.regions)
        asked = question(exchange, template)
        words = answer(exchange, template, together=not codec.per_region)
        regions = [_region(one, codec.n) for one in exchange.regions]
        return _Draft(
            task,
            codec.name,
            [Turn("user", asked), Turn("assistant", _interleaved(words, descriptors))],
            regions,
            conversation_tokens(self._tokenizer, [asked], [words], sum(one.tokens for one in descriptors)),
            {"regions": len(regions), "rescued": sum(region.rescued for region in regions)},
        )


def _each_once(exchange: Exchange, codec: Codec, tokenizer: Tokenizer) -> Exchange:
    """The exchange without regions whose entry another one writes too: small neighbours may fall on one cell.

    The largest of them stays, in the place of the first. Where the source's own words name each, all stay.
    """
    regions = exchange.regions
    if exchange.words or not by_region(codec) or len({region.label for region in regions}) == len(regions):
        return exchange
    kept: dict[str, Region] = {}
    for region, entry in zip(regions, describe(codec, tokenizer, regions), strict=True):
        first = kept.setdefault(entry.text, region)
        if region.mask.area > first.mask.area:
            kept[entry.text] = region
    return exchange if len(kept) == len(regions) else replace(exchange, regions=tuple(kept.values()))


def _normalized(
    sample: Sample, label_of: Callable[[str], Label], neutral: Callable[[Label], Label]
) -> tuple[Sample, int]:
    """The sample with its texts as they may stand in a conversation, and how many reserved marks they had.

    The one place where labels, expressions, questions and class names are normalized. The source's own
    answer words and conversations keep their white space.
    """
    query = label_of(sample.query) if sample.query else Label("", 0)
    labels = [label_of(region.label) for region in sample.regions]
    categories = [label_of(name) for name in sample.categories]
    words = [neutral(neutralize(text)) for text in (sample.explanation, *sample.answer)]
    turns = [neutral(Label(turn.content, 0)) for turn in sample.turns]
    clean = Sample(
        sample.key,
        sample.image,
        regions=tuple(map(Region, [label.text for label in labels], [region.mask for region in sample.regions])),
        query=query.text,
        answer=tuple([label.text for label in words[1:]]),
        explanation=words[0].text,
        categories=tuple([label.text for label in categories]),
        unsure=tuple([label_of(name).text for name in sample.unsure]),
        incomplete=tuple([label_of(name).text for name in sample.incomplete]),
        covers=sample.covers,
        turns=tuple(map(Turn, [turn.role for turn in sample.turns], [label.text for label in turns])),
    )
    return clean, sum([label.reserved for label in (query, *labels, *categories, *words, *turns)])


def _kept_draft(sample: Sample, tokenizer: Tokenizer) -> _Draft:
    """The source's own conversation, which its reader has made safe."""
    if not sample.turns:
        raise RecordError("no-texts", "the conversation has no turns")
    answers = [(turn.content,) for turn in sample.turns if turn.role == "assistant"]
    others = [turn.content for turn in sample.turns if turn.role != "assistant"]
    return _Draft(KEPT, NO_CODEC, list(sample.turns), [], conversation_tokens(tokenizer, others, answers), {})


def _interleaved(words: Sequence[str], descriptors: Sequence[Descriptor]) -> str:
    rest = (part for descriptor, text in zip(descriptors, words[1:], strict=True) for part in (descriptor.text, text))
    return "".join([words[0], *rest])


def _region(region: Region, n: int) -> RowRegion:
    cells = cells_of(region.mask, n)
    return RowRegion(region.label, *_of_mask(region.mask, n), cells.rescued)


@lru_cache(REMEMBERED)
def _of_mask(mask: Mask, n: int) -> tuple[list[int], str, int]:
    """The box in cells, run lengths and area of a mask, not to be changed: all rows on it share them."""
    return list(cell_box(cells_of(mask, n).grid)), mask.rle, mask.area


class _Picture(NamedTuple):
    """The columns of an image, not to be changed, and whether its file is absent."""

    images: list[RowImage]
    width: int | None
    height: int | None
    is_absent: bool


@lru_cache(4)
def _picture(image: Image | None, root: Path, *, embed: bool) -> _Picture:
    if image is None:
        return _Picture([], None, None, is_absent=False)
    if embed and image.width is None:
        # Some sources do not say how large their images are.
        image = Image(image.path, *size_of(root / image.path))
    data = read_checked(image, root) if embed else None
    name = PurePosixPath(image.path).name if embed else image.path
    is_absent = not embed and not (root / image.path).is_file()
    return _Picture([RowImage(name, data)], image.width, image.height, is_absent)
