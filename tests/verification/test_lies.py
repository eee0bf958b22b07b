"""Every column of a row is changed in turn by every kind of lie, all digests made to fit: each is found and named."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from t4s_data.masks.mask import Mask
from t4s_data.verification.whole import Rules, verify

Row = dict[str, Any]


def any_row(_: Row) -> bool:
    return True


def one_region(row: Row) -> bool:
    return len(row["regions"]) == 1 and "<fg" in row["messages"][-1]["content"]


def two_regions(row: Row) -> bool:
    boxes = [tuple(region["box"]) for region in row["regions"]]
    return len(boxes) > 1 and len(set(boxes)) == len(boxes)


@dataclass(frozen=True)
class Lie:
    """A change to a row of a source, and what is said of it."""

    name: str
    tell: Callable[[Row], None]
    said: str
    source: str = "refcoco"
    wanted: Callable[[Row], bool] = one_region


def at(path: str, value: Any) -> Callable[[Row], None]:
    """A lie that sets a place as `regions.0.area` to a value, or to what a function makes of it."""

    def tell(row: Row) -> None:
        *way, last = (int(part) if part.isdigit() else part for part in path.split("."))
        place: Any = row
        for part in way:
            place = place[part]
        place[last] = value(place[last]) if callable(value) else value

    return tell


def answer(pattern: str, instead: str | Callable[[re.Match[str]], str]) -> Callable[[Row], None]:
    def tell(row: Row) -> None:
        before = row["messages"][-1]["content"]
        row["messages"][-1]["content"] = re.sub(pattern, instead, before, count=1, flags=re.DOTALL)
        assert row["messages"][-1]["content"] != before

    return tell


def other_mask(row: Row) -> None:
    pixels = np.zeros((row["height"], row["width"]), bool)
    pixels[: row["height"] // 3, : row["width"] // 2] = True
    row["regions"][0]["rle"] = Mask.from_dense(pixels).rle


def smaller_picture(row: Row) -> None:
    file = io.BytesIO()
    Image.new("RGB", (row["width"] - 1, row["height"])).save(file, "JPEG")
    row["images"][0]["bytes"] = file.getvalue()


def exchange(name: str) -> Callable[[Row], None]:
    def tell(row: Row) -> None:
        row[name][0], row[name][1] = row[name][1], row[name][0]

    return tell


def next_brick(match: re.Match[str]) -> str:
    return f"<{match[1]}{int(match[2]) - 1 or 2}>"


LIES = [
    Lie("id of no pass", at("id", lambda old: old.rpartition("#")[0]), "id is 'refcoco/"),
    Lie("id of another source", at("id", lambda old: old.replace("refcoco/", "refcocog/")), "id is 'refcocog/"),
    Lie("id without a record", at("id", "refcoco/unc-train/#0"), "id is 'refcoco/unc-train/#0'"),
    Lie("id of a pass that is written otherwise", at("id", lambda old: f"{old[:-1]}00"), "expected refcoco/unc-train"),
    Lie("source", at("source", "grefcoco"), "source is 'grefcoco', the shard is of 'refcoco'"),
    Lie("split", at("split", "validation"), "split is 'validation', the shard is of 'train'"),
    Lie("task", at("task", "reasoning-segmentation"), "task is 'reasoning-segmentation', build.json names"),
    Lie("image bytes gone", at("images.0.bytes", None), "images: no bytes in a corpus whose images are embedded"),
    Lie("image bytes cut", at("images.0.bytes", lambda old: old[:40]), "image-unreadable"),
    Lie("image bytes of a text", at("images.0.bytes", b"GIF"), "image-unreadable"),
    Lie("image of another size", smaller_picture, "pixels, the row says"),
    Lie("image with a folder", at("images.0.path", "../x.jpg"), "images: path '../x.jpg'"),
    Lie("image without a name", at("images.0.path", None), "images: path None is empty"),
    Lie("no image", at("images", []), "width and height are"),
    Lie("two images", at("images", lambda old: old * 2), "images holds 2"),
    Lie("width", at("width", lambda old: old + 1), "pixels, the row says"),
    Lie("height", at("height", lambda old: old - 1), "pixels, the row says"),
    Lie("no width", at("width", None), "width and height are None and"),
    Lie("no size", lambda row: row.update(width=None, height=None), "no image has 0 x 0 pixels"),
    Lie("roles changed about", exchange("messages"), "messages: the roles are ['assistant', 'user']"),
    Lie("role twice", at("messages.1.role", "user"), "messages: the roles are ['user', 'user']"),
    Lie("role of nobody", at("messages.0.role", "human"), "'human'"),
    Lie("last turn gone", at("messages", lambda old: old[:1]), "messages: the roles are ['user']"),
    Lie("no turns", at("messages", []), "messages"),
    Lie("image's mark gone", at("messages.0.content", lambda old: old.replace("<image>", "")), "0 marks <image> for 1"),
    Lie("image's mark twice", at("messages.0.content", lambda old: f"<image>{old}"), "2 marks <image> for 1"),
    Lie("image's mark in the answer", answer("^", "<image>"), "marks <image> for 1"),
    Lie("empty question", at("messages.0.content", "<image>\n "), "tokens is"),
    Lie("empty answer", at("messages.1.content", " "), "messages[1].content is empty"),
    Lie("label in the text alone", answer("<ref>", "<ref>not "), "descriptor 0 says '<ref>not "),
    Lie("label in the regions alone", at("regions.0.label", lambda old: f"{old} one"), "descriptor 0 says"),
    Lie("label that is not normal", at("regions.0.label", lambda old: f" {old}"), "label is ' "),
    Lie("label of nothing", at("regions.0.label", "\u200b"), "label: no visible character"),
    Lie("a brick of another length", answer(r"<([fb]g)([0-9]+)>", next_brick), "the answer does not decode: at char"),
    Lie("a brick of the other kind", answer(r"<seg><bg", "<seg><fg"), "the answer does not decode: at character"),
    Lie("a row of bricks gone", answer(r"\n[^\n]*</seg>", "</seg>"), "the answer does not decode: at character"),
    Lie("a box of the text", answer(r"\[\[[0-9]+", "[[0"), "the answer does not decode: at character"),
    Lie("no descriptor", answer(r"<ref>.*</(seg|box)>", "it"), "0 descriptors for 1 expected of its regions"),
    Lie("a descriptor twice", answer(r"(<ref>.*</(?:seg|box)>)", r"\1\n\1"), "2 descriptors for 1 expected"),
    Lie("a tag among the words", answer("^", "<box>"), "messages"),
    Lie("a brick in the question", at("messages.0.content", lambda old: f"{old}<fg3>"), "a tag, a brick or another"),
    Lie("more words in the answer", answer("$", " Yes."), "answer_tokens is"),
    Lie("more words in the question", at("messages.0.content", lambda old: f"{old} Yes."), "total_tokens is"),
    Lie("another box", at("regions.0.box.0", lambda old: old - 1 if old else 1), "regions[0].box is ["),
    Lie("another mask", other_mask, "regions[0].area is"),
    Lie("run lengths that do not add up", at("regions.0.rle", lambda old: f"{old}0"), "regions[0].rle: "),
    Lie("run lengths of no alphabet", at("regions.0.rle", "é"), "regions[0].rle: run lengths do not add up"),
    Lie("no run lengths", at("regions.0.rle", ""), "regions[0].rle: counts are not COCO run lengths"),
    Lie("area", at("regions.0.area", lambda old: old + 1), "but the mask has"),
    Lie("rescued", at("regions.0.rescued", lambda old: not old), "regions[0].rescued is True"),
    Lie("no region", at("regions", []), "1 descriptors for 0 expected of its regions"),
    Lie("a region twice", at("regions", lambda old: old * 2), "1 descriptors for 2 expected of its regions"),
    Lie("another canvas", at("codec", "bsd-32"), "codec is 'bsd-32', expected 'bsd-64"),
    Lie("a codec that there is not", at("codec", "bsd"), "no codec 'bsd'"),
    Lie("no codec", at("codec", "none"), "regions holds 1, but codec is 'none'"),
    Lie("descriptor tokens", at("descriptor_tokens", lambda old: old + 1), "descriptor_tokens is"),
    Lie("answer tokens", at("answer_tokens", lambda old: old - 1), "answer_tokens is"),
    Lie("total tokens", at("total_tokens", lambda old: old + 1), "total_tokens is"),
    Lie("regions changed about", exchange("regions"), "descriptor 0 says", "coco-panoptic", two_regions),
    Lie("a region fewer", at("regions", lambda old: old[1:]), "descriptors for", "coco-panoptic", two_regions),
    Lie("regions of a talk", at("codec", "bsd-64"), "codec is 'bsd-64', expected 'none'", "llava", any_row),
    Lie("a talk's tokens", at("total_tokens", lambda old: old + 1), "total_tokens is", "llava", any_row),
    Lie("a talk's turn gone", at("messages", lambda old: old[1:]), "the roles are ['assistant'", "llava", any_row),
]


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.name.replace(" ", "-"))
def test_a_lie_is_found(liar, lie: Lie):
    shard, number, _ = liar.change(lie.source, lie.wanted, lie.tell)
    problems = [problem for problem in verify(liar.corpus).problems if (problem.file, problem.row) == (shard, number)]
    assert any(lie.said in problem.what for problem in problems), [str(problem) for problem in problems]


MAP_LIES = [
    Lie("a label of the map", answer(r"<seg>([^*|\n]+)\*", r"<seg>somewhat\1*"), "descriptor 0 says '<seg>somewhat"),
    Lie("a run's length", answer(r"\*([0-9]+)", lambda m: f"*{int(m[1]) + 1}"), "the answer does not decode: at char"),
    Lie("path above the root", at("images.0.path", "../secret.jpg"), "images: path '../secret.jpg' leaves the data"),
    Lie("path from the top", at("images.0.path", "/etc/passwd"), "images: path '/etc/passwd' is not relative with /"),
    Lie("path of Windows", at("images.0.path", "coco\\1.jpg"), "is not relative with /"),
    Lie("path of a drive", at("images.0.path", "C:/1.jpg"), "is not relative with /"),
    Lie("path with a NUL", at("images.0.path", "a\0.jpg"), "is not relative with /"),
    Lie("path of nothing", at("images.0.path", ""), "images: path '' is empty"),
    Lie("path with a detour", at("images.0.path", lambda old: f"x/../{old}"), "leaves the data root"),
    Lie("bytes in path mode", at("images.0.bytes", b"JPEG"), "images: bytes in a corpus whose images are paths"),
]


@pytest.mark.parametrize("lie", MAP_LIES, ids=lambda lie: lie.name.replace(" ", "-"))
def test_a_lie_about_maps_and_paths_is_found(path_liar, lie: Lie):
    shard, number, _ = path_liar.change(lie.source, lambda row: bool(row["regions"]), lie.tell)
    problems = verify(path_liar.corpus).problems
    problems = [problem for problem in problems if (problem.file, problem.row) == (shard, number)]
    assert any(lie.said in problem.what for problem in problems), [str(problem) for problem in problems]


def test_a_good_corpus_has_no_problem(corpus: Path, path_corpus: Path, data_root: Path):
    for report in (verify(corpus), verify(corpus, Rules(workers=2)), verify(path_corpus)):
        assert (report.problems, report.unsaid, report.unchecked) == ((), 0, ())
        assert report.rows > 100


def test_an_image_below_the_data_root_is_opened(path_liar, data_root: Path):
    gone = path_liar.change("refcoco", any_row, at("images.0.path", "coco/no.jpg"))
    wide = path_liar.change("grefcoco", any_row, at("width", lambda old: old + 1))
    told = verify(path_liar.corpus).problems
    assert not [problem for problem in told if "image-missing" in problem.what]
    told = verify(path_liar.corpus, Rules(data_root=data_root)).problems
    assert {(gone[0], gone[1]), (wide[0], wide[1])} <= {(problem.file, problem.row) for problem in told}
    assert any("coco/no.jpg: image-missing" in problem.what for problem in told)
    assert any("pixels, the row says" in problem.what for problem in told)


def test_a_sample_of_images_is_opened(path_liar, data_root: Path):
    shard = path_liar.shards("llava")[0]
    rows = path_liar.rows(shard)
    for number, row in enumerate(row for row in rows if row["images"]):
        row["images"][0]["path"] = f"coco/no-{number}.jpg"
    path_liar.write(shard, rows)
    found = [
        sum("image-missing" in one.what for one in verify(path_liar.corpus, Rules(data_root, sample)).problems)
        for sample in (0, 40)
    ]
    assert 0 < found[1] < found[0]
