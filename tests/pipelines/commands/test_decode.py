"""The command turns text into PNG masks and COCO JSON, from every input it takes."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image
from pycocotools import mask as coco

from t4s_data.codecs.codec import from_name
from t4s_data.masks.canvas import grid_of, pixels
from t4s_data.masks.mask import Mask

TEXT = "Here: <ref>cat</ref><box>[[1 1 2 2]]</box><seg><fg2>\n<bg1><fg1></seg>."
FRAME = ("--codec", "bsd-4", "--height", 40, "--width", 80)
Answers = dict[str, dict[str, str]]


def cat() -> np.ndarray:
    mask = np.zeros((40, 80), dtype=bool)
    mask[10:20, 20:60] = mask[20:30, 40:60] = True
    return mask


def png(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image)


@pytest.mark.parametrize("way", ["option", "stdin", "file"])
def test_one_text_by_every_way_in(way: str, t4s: Any, tmp_path: Path):
    (tmp_path / "answers.jsonl").write_text(json.dumps({"text": TEXT}))
    arguments, text = {
        "option": (["--text", TEXT], None),
        "stdin": ([], TEXT + "\n"),
        "file": ([tmp_path / "answers.jsonl"], None),
    }[way]
    done = t4s("decode", *arguments, *FRAME, "--out", tmp_path / "out", "--coco", tmp_path / "c.json", text=text)
    assert done.returncode == 0, done.stderr
    assert (png(tmp_path / "out/0-0.png") == np.where(cat(), 255, 0)).all()
    (annotation,) = json.loads((tmp_path / "c.json").read_text())["annotations"]
    assert (coco.decode(annotation["segmentation"]) == cat()).all()
    assert annotation["bbox"] == [20, 10, 40, 20]


def test_ids_of_a_corpus_give_codec_and_size(t4s: Any, corpus: Path, answers: Answers, tmp_path: Path):
    rows = [row for path in corpus.glob("data/refcoco+/*") for row in pq.read_table(path).to_pylist()]
    row = next(row for row in rows if not row["codec"].endswith("-box"))
    path = tmp_path / "answers.jsonl"
    path.write_text(json.dumps({"id": row["id"], "text": answers["val"][row["id"]]}))
    done = t4s("decode", path, "--corpus", corpus, "--out", tmp_path / "out", "--united", "--json", tmp_path / "f.json")
    assert done.returncode == 0, done.stderr
    size = row["height"], row["width"]
    (grid,) = (grid_of(Mask.from_rle(one["rle"], *size), from_name(row["codec"]).n).grid for one in row["regions"])
    assert ((png(tmp_path / f"out/{row['id']}.png") > 0) == pixels(grid, *size)).all()
    figures = json.loads((tmp_path / "f.json").read_text())
    assert figures == {"answers": 1, "regions": 1, "empty": 0, "repaired": 0, "repairs": {}}


def test_an_image_gives_the_size_and_a_refiner_sees_it(t4s: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "shrink_of_a_test.py").write_text(
        "def shrink(image, mask):\n    return mask & (image[..., 0] > 100)\n", encoding="utf-8"
    )
    bright = np.zeros((40, 80), dtype=np.uint8)
    bright[:, 50:] = 255
    Image.fromarray(bright).save(tmp_path / "image.png")
    arguments = ("--text", TEXT, "--codec", "bsd-4", "--image", "image.png", "--out", "out")
    done = t4s("decode", *arguments, "--refiner", "shrink_of_a_test:shrink")
    assert done.returncode == 0, done.stderr
    assert ((png(tmp_path / "out/0-0.png") > 0) == (cat() & (bright > 0))).all()


@pytest.mark.parametrize(
    ("lines", "arguments", "message"),
    [
        ([{"text": TEXT}, {"text": TEXT + "<seg>"}], [*FRAME, "--strict"], "line 2: at character"),
        ([{"text": TEXT}, {"nothing": 1}], FRAME, "line 2: no 'text'"),
        ([{"text": TEXT}], FRAME[2:], "line 1: no codec"),
        ([{"text": TEXT}], FRAME[:4], "line 1: no height and width"),
        ([{"text": TEXT, "codec": "bsd-1"}], FRAME, "line 1: no codec 'bsd-1'"),
        ([{"text": TEXT, "height": 0, "id": "a"}, {"text": TEXT, "id": "a"}], FRAME, "line 2: id 'a' stands at"),
        ([{"text": TEXT, "image": "absent.jpg"}], FRAME[:2], "line 1: image-missing: absent.jpg"),
        (
            [{"text": TEXT}],
            [*FRAME, "--refiner", "t4s_data.evaluation.refiner:random_walk"],
            "line 1: a refiner needs the image",
        ),
    ],
)
def test_bad_lines_are_named(lines: list[Any], arguments: Any, message: str, t4s: Any, tmp_path: Path):
    path = tmp_path / "answers.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = t4s("decode", path, *arguments, "--coco", tmp_path / "c.json")
    assert done.returncode == 1
    assert f"{path}, {message}" in done.stderr
    assert not (tmp_path / "c.json").exists()


def test_what_cannot_be_asked_is_a_command_error(t4s: Any, tmp_path: Path):
    assert t4s("decode", "--text", TEXT, *FRAME).returncode == 2
    assert t4s("decode", "x.jsonl", "--text", TEXT, *FRAME, "--out", tmp_path).returncode == 2
    assert t4s("decode", "--text", TEXT, *FRAME, "--out", tmp_path, "--refiner", "x:y").returncode == 2
