"""`t4s show`: one row as a picture and in the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.console import say

if TYPE_CHECKING:
    from PIL.Image import Image
    from rich.console import Console

    from t4s_data.corpus.row import Row
    from t4s_data.masks.mask import Bools

DataRootOfImages = Annotated[
    Path | None, typer.Option("--data-root", help="where the images of a corpus in path mode lie", metavar="DIR")
]


def show(
    corpus: Annotated[Path, typer.Argument(help="a corpus folder", metavar="CORPUS")],
    row_id: Annotated[str, typer.Argument(help="the row's id", metavar="ID")],
    out: Annotated[
        Path | None, typer.Option("--out", help="picture to write; default: the id with .png", metavar="FILE")
    ] = None,
    data_root: DataRootOfImages = None,
) -> None:
    """Draw one row: its regions on the image, the canvas that its answer decodes to, and the conversation."""
    from rich.console import Console

    from t4s_data.corpus.reader import find_row, open_image
    from t4s_data.report.overlay import picture, true_regions, with_regions

    row = find_row(corpus, row_id)
    image = open_image(row, data_root)
    target = out or Path(row_id.replace("/", "_").replace("#", "-") + ".png")
    picture(row, image).save(target)
    console = Console(highlight=False)
    if image is not None and console.is_terminal:
        _print_picture(console, with_regions(image, true_regions(row)))
    else:
        _print_canvas(console, row)
    _print_words(console, row)
    if image is None and row.images:
        say(f"without the image {row.images[0].path}: --data-root says where it lies")
    say(f"{target}: the picture")


def _print_picture(console: Console, image: Image) -> None:
    """The image in half blocks: two pixels one above the other make a character."""
    from rich.color import Color
    from rich.style import Style
    from rich.text import Text

    columns = min(console.width - 1, 96)
    rows = max(1, round(columns * image.height / image.width / 2))
    data = image.resize((columns, 2 * rows)).tobytes()
    colors = [Color.from_rgb(*data[at : at + 3]) for at in range(0, len(data), 3)]
    for y in range(rows):
        pairs = zip(colors[2 * y * columns :][:columns], colors[(2 * y + 1) * columns :][:columns], strict=True)
        line = Text.assemble(*(("▀", Style(color=above, bgcolor=below)) for above, below in pairs))
        console.print(line, soft_wrap=True)


def _print_canvas(console: Console, row: Row) -> None:
    from t4s_data.report.overlay import decoded_regions

    regions = decoded_regions(row)
    if regions:
        grid = regions[0].grid.copy()
        for region in regions[1:]:
            grid |= region.grid
        console.print(blocks(grid), markup=False, soft_wrap=True)


def blocks(grid: Bools) -> str:
    """A grid as text, two canvas rows a line.

    >>> import numpy as np
    >>> blocks(np.array([[True, False], [True, True]]))
    '█▄'
    """
    rows = [row.tolist() for row in grid]
    if len(rows) % 2:
        rows.append([False] * len(rows[0]))
    lines = ("".join("·▄▀█"[2 * up + down] for up, down in zip(*pair, strict=True)) for pair in _pairs(rows))
    return "\n".join(lines)


def _pairs(rows: list[list[bool]]) -> list[tuple[list[bool], list[bool]]]:
    return list(zip(rows[::2], rows[1::2], strict=True))


def _print_words(console: Console, row: Row) -> None:
    console.print(f"[bold]{row.id}[/]  {row.source}, {row.split}, {row.task}, {row.codec}")
    for message in row.messages:
        console.print(f"[bold]{message.role}:[/] ", end="")
        console.print(message.content, markup=False, soft_wrap=True)
    tokens = f"descriptor {row.descriptor_tokens:,}, answer {row.answer_tokens:,}, total {row.total_tokens:,}"
    console.print(f"text tokens: {tokens}", soft_wrap=True)
