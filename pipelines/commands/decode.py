"""`t4s decode`: answers -> masks."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.commands.answers import ImageRoot, RefinerName, Strict, print_repairs
from pipelines.commands.options import Json
from pipelines.console import Cells, print_table, say, write_json
from t4s_data.errors import CodecError, CommandError, CorpusError, DataError

if TYPE_CHECKING:
    from t4s_data.evaluation.answers import Answer
    from t4s_data.evaluation.frame import Frame, Frames
    from t4s_data.evaluation.predictions import Prediction
    from t4s_data.evaluation.refiner import Refiner


def decode(
    predictions: Annotated[
        Path | None,
        typer.Argument(
            help="JSON lines {id, text, codec, height, width, image}; without it --text or standard input is one text",
            metavar="PREDICTIONS",
        ),
    ] = None,
    text: Annotated[str | None, typer.Option(help="one answer")] = None,
    codec: Annotated[
        str | None, typer.Option(help="how answers are written, e.g. bsd-64", metavar="NAME", show_default=False)
    ] = None,
    height: Annotated[int | None, typer.Option(min=1, help="pixels of the image", show_default=False)] = None,
    width: Annotated[int | None, typer.Option(min=1, help="pixels of the image", show_default=False)] = None,
    image: Annotated[Path | None, typer.Option(help="the image, below --data-root", metavar="FILE")] = None,
    corpus: Annotated[
        Path | None, typer.Option(help="find codec and size by the ids of a corpus", metavar="CORPUS")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="folder for PNG masks", metavar="DIR")] = None,
    united: Annotated[bool, typer.Option("--united", help="one PNG an answer instead of one a region")] = False,
    coco: Annotated[Path | None, typer.Option(help="COCO JSON with RLE, labels and boxes", metavar="FILE")] = None,
    strict: Strict = False,
    refiner: RefinerName = None,
    data_root: ImageRoot = None,
    json: Json = None,
) -> None:
    """Turn answers back into masks: PNG files, or COCO run lengths in a JSON file."""
    from t4s_data.evaluation.coco_file import CocoFile
    from t4s_data.evaluation.frame import Frames, rows_of
    from t4s_data.evaluation.png_folder import PngFolder
    from t4s_data.evaluation.refiner import load_refiner

    _check(predictions, text, [out, coco])
    redraw = load_refiner(refiner) if refiner else None
    asked = list(_read(predictions, text))
    rows = rows_of(corpus, asked, images=refiner is not None) if corpus else {}
    picture = str(image) if image else None
    frames = Frames(codec, (height, width), picture, data_root, redraw is not None, rows)
    folder, file, summary = PngFolder(out, united) if out else None, CocoFile(), _Summary()
    for name, frame, answer in _answers(asked, frames, redraw, strict=strict):
        if folder:
            folder.add(name, answer, frame.size)
        if coco:
            file.add(name, answer, frame.size, frame.path)
        summary.add(answer)
    if coco:
        file.write(coco)
    summary.show(alone=predictions is None)
    write_json(json, summary.figures())


class _Summary:
    def __init__(self) -> None:
        self._counts = Counter(answers=0, regions=0, empty=0, repaired=0)
        self._repairs: Counter[str] = Counter()
        self._last: Answer | None = None

    def add(self, answer: Answer) -> None:
        regions = len(answer.regions)
        self._counts.update(answers=1, regions=regions, empty=not regions, repaired=bool(answer.repairs))
        self._repairs.update({repair.kind for repair in answer.repairs})
        self._last = answer

    def show(self, *, alone: bool) -> None:
        if alone and self._last:
            rows: list[Cells] = [[region.label, str(region.box), region.cover.area] for region in self._last.regions]
            print_table("Regions", ["label", "box in pixels", "pixels"], rows)
        say(", ".join(f"{name} {count:,}" for name, count in self._counts.items()))
        print_repairs(self._repairs)

    def figures(self) -> dict[str, object]:
        return {**self._counts, "repairs": dict(sorted(self._repairs.items()))}


def _check(predictions: Path | None, text: str | None, outputs: list[Path | None]) -> None:
    if predictions and text is not None:
        raise CommandError("PREDICTIONS and --text exclude each other")
    if not any(outputs):
        raise CommandError("nothing to write: name --out DIR, --coco FILE or both")
    folder = outputs[0]
    if folder is not None and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CorpusError(f"{folder} exists; masks go to a new or empty folder, so that none is left of another run")


def _read(path: Path | None, text: str | None) -> Iterator[Prediction]:
    from t4s_data.evaluation.predictions import Prediction, read_predictions

    if path:
        yield from read_predictions(path)
    elif text is not None:
        yield Prediction("--text", text)
    else:
        yield Prediction("standard input", sys.stdin.read())


def _answers(
    asked: list[Prediction], frames: Frames, refiner: Refiner | None, *, strict: bool
) -> Iterator[tuple[str, Frame, Answer]]:
    """Each answer with its name: its id, or its number from 0 where it has none."""
    seen: dict[str, str] = {}
    for number, prediction in enumerate(asked):
        name = prediction.id or str(number)
        if (first := seen.setdefault(name, prediction.place)) != prediction.place:
            raise DataError(f"{prediction.place}: id {name!r} stands at {first} already")
        frame = frames.of(prediction)
        yield name, frame, _answer(prediction, frame, refiner, strict=strict)


def _answer(prediction: Prediction, frame: Frame, refiner: Refiner | None, *, strict: bool) -> Answer:
    from functools import partial

    from t4s_data.evaluation.answers import Reader
    from t4s_data.evaluation.refiner import refine

    redraw = partial(refine, refiner, frame.image) if refiner and frame.image is not None else None
    try:
        return Reader(frame.codec, not strict, redraw).read(prediction.text, frame.size)
    except CodecError as error:
        raise DataError(f"{prediction.place}: {error}") from None
