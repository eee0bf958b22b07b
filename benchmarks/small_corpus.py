"""A corpus of hand-made rows, as many as one likes: answers of one region and of several, conversations about an
image and about none, in two sources and two splits. It is laid out as a build lays it out."""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from t4s_data.codecs.bsd import BoxCodec
from t4s_data.codecs.labels import normalize
from t4s_data.corpus.folder import BUILD, write_checksums
from t4s_data.corpus.record import Account, Build, Shard, Totals
from t4s_data.corpus.row import Row, RowImage, RowRegion
from t4s_data.corpus.shards import write_shard
from t4s_data.masks.canvas import cell_box
from t4s_data.masks.mask import Mask
from t4s_data.recipe.spec import ImagesSpec, Recipe, SourceSpec
from t4s_data.sample import Turn
from t4s_data.tokens.vocabulary import write_vocabulary

CODEC = BoxCodec()
SIDE = 128
SHARD_ROWS = 8192
WORDS = ("left dog", "the man in the red shirt", "cfg12.yaml on the screen", "a <seg> sign", "Größe “café”", "犬 🐕")
"""Labels with what corpora hold: words like bricks, reserved marks, letters of many scripts."""


@lru_cache(maxsize=64)
def grid(number: int) -> np.ndarray:
    y, x = np.ogrid[: CODEC.n, : CODEC.n]
    return ((x - 12 - number % 40) / (5 + number % 9)) ** 2 + ((y - 20 - number % 25) / (4 + number % 7)) ** 2 <= 1


def picture(number: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (SIDE, SIDE), (number % 256, number // 256 % 256, 90)).save(file, "JPEG")
    return file.getvalue()


@lru_cache(maxsize=512)
def entry(label: str, number: int) -> tuple[str, RowRegion]:
    cells = grid(number)
    mask = Mask.from_dense(np.kron(cells, np.ones((SIDE // CODEC.n,) * 2, bool)))
    return CODEC.encode([(label, cells)])[0], RowRegion(label, list(cell_box(cells)), mask.rle, mask.area, False)


def segmentation(number: int) -> tuple[str, list[Turn], list[RowRegion]]:
    labels = [normalize(WORDS[(number + k) % len(WORDS)]).text for k in range(1 + number % 3)]
    entries = [entry(label, (number + k) % 50) for k, label in enumerate(labels)]
    question = f"<image>\nSegment {labels[0]}, please. ({number})"
    answer = "Sure:\n" + "\n".join(text for text, _ in entries)
    return (
        "referring-segmentation",
        [Turn("user", question), Turn("assistant", answer)],
        [region for _, region in entries],
    )


def talk(number: int, *, image: bool) -> tuple[str, list[Turn], list[RowRegion]]:
    first = f"{'<image>' if image else ''}{chr(10) if image else ''}What is {number}?"
    turns = [
        Turn("user", first),
        Turn("assistant", "A number.\n\nIt has\tdigits."),
        Turn("user", "Which?"),
        Turn("assistant", f"{number}"),
    ]
    return "visual-understanding", turns, []


def make_row(source: str, split: str, number: int, *, embed: bool) -> Row:
    image = source != "llava" or number % 3 > 0
    task, turns, regions = segmentation(number) if source != "llava" else talk(number, image=image)
    place = f"{source}/images/{number // 2:06d}.jpg"
    column = RowImage(Path(place).name, picture(number // 2)) if embed else RowImage(place)
    return Row(
        id=f"{source}/{split}/{number}#0",
        source=source,
        split=split,
        task=task,
        images=[column] if image else [],
        width=SIDE if image else None,
        height=SIDE if image else None,
        messages=turns,
        regions=regions,
        codec=CODEC.name if regions else "none",
        descriptor_tokens=0,
        answer_tokens=0,
        total_tokens=0,
        image_id=None,
        license=None,
    )


def write_corpus(folder: Path, sizes: dict[tuple[str, str], int], *, embed: bool = False) -> Path:
    """The rows of each (source, split); see :func:`write_images` for those that are not embedded."""
    accounts = [_account(folder, source, split, size, embed=embed) for (source, split), size in sizes.items()]
    sources = [
        SourceSpec(name=source, splits=[split], as_split=split)  # type: ignore[arg-type]
        for source, split in sizes
    ]
    build = Build(
        recipe=Recipe(name="small", images=ImagesSpec(mode="embed" if embed else "path"), source=sources),
        code="0",
        seed=0,
        tokenizer="none",
        vocabulary=CODEC.vocabulary,
        libraries={},
        accounts=tuple(accounts),
        totals=Totals.of(tuple(accounts)),
    )
    (folder / BUILD).write_text(build.to_json(), encoding="utf-8")
    write_vocabulary(folder / "tokens", {token: CODEC.meaning(token) for token in CODEC.vocabulary})
    write_checksums(folder)
    return folder


def write_images(data_root: Path, sizes: dict[tuple[str, str], int]) -> Path:
    """The files that the rows of a corpus in path mode name."""
    for (source, _), size in sizes.items():
        for number in range((size + 1) // 2):
            path = data_root / f"{source}/images/{number:06d}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(picture(number))
    return data_root


def _account(folder: Path, source: str, split: str, size: int, *, embed: bool) -> Account:
    starts = range(0, size, SHARD_ROWS)
    shards = []
    for index, start in enumerate(starts):
        name = f"data/{source}/{split}-{index:05d}-of-{len(starts):05d}.parquet"
        rows = (make_row(source, split, n, embed=embed) for n in range(start, min(size, start + SHARD_ROWS)))
        stats = write_shard(folder / name, rows, embed=embed)
        shards.append(
            Shard(name=name, rows=stats.rows, bytes=stats.bytes, data_bytes=stats.data_bytes, sha256=stats.sha256)
        )
    task = "visual-understanding" if source == "llava" else "referring-segmentation"
    return Account(
        source=source,
        split=split,
        as_split=split,
        codec=CODEC.name,
        read=size,
        used=size,
        rows=size,
        tasks={task: size},  # type: ignore[dict-item]
        shards=tuple(shards),
    )
