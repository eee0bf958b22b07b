"""Broken records end in quarantine with a reason, and the sums agree."""

from __future__ import annotations

import json
import pickle
from collections import Counter
from pathlib import Path

import pytest

from pipelines.cli import main

SQUARE = [[10, 10, 30, 10, 30, 30, 10, 30]]


def ref(number: int, **changes: object) -> dict[str, object]:
    sentence = {"sent_id": number, "sent": f"thing {number}", "raw": "", "tokens": []}
    whole = {"ref_id": number, "ann_id": 1, "image_id": 1, "category_id": 1, "split": "train", "sentences": [sentence]}
    return {**whole, **changes}


BROKEN: list[tuple[object, str]] = [
    (ref(1, image_id=99), "unknown-image"),
    (ref(2, ann_id=99), "unknown-annotation"),
    (ref(3, ann_id=[1]), "unknown-annotation"),
    (ref(4, ann_id=2), "empty-mask"),
    (ref(5, ann_id=3), "no-mask"),
    (ref(6, ann_id=4), "bad-mask"),
    (ref(7, ann_id=5), "size-mismatch"),
    (ref(8, ann_id=6), "wrong-image"),
    (ref(9, sentences=[]), "no-texts"),
    (ref(10, sentences="all of them"), "bad-type"),
    (ref(11, sentences=[{"sent_id": 11, "sent": 5}]), "bad-type"),
    (ref(12, sentences=[{"sent_id": 12, "sent": "\u200b \t"}]), "no-texts"),
    (ref(0), "duplicate-key"),
    ("not a ref", "bad-type"),
    (ref(13, image_id=3), "bad-type"),
]


@pytest.fixture
def data_root(tmp_path: Path) -> Path:
    folder = tmp_path / "data/refer_seg/refcoco"
    folder.mkdir(parents=True)
    refs = [ref(0), *(broken for broken, _ in BROKEN)]
    (folder / "refs(unc).p").write_bytes(pickle.dumps(refs, protocol=2))
    rle = {"size": [7, 7], "counts": [40, 9]}
    masks = [SQUARE, [[150, 150, 151, 150, 151, 151]], [], [[10, 10, 1e12, 10, 20, 30]], rle]
    annotations = [{"id": n, "image_id": 1, "segmentation": mask} for n, mask in enumerate(masks, start=1)]
    annotations.append({"id": 6, "image_id": 2, "segmentation": SQUARE})
    sizes = [(1, 100, 80), (2, 50, 50), (3, 0, 50)]
    images = [{"id": n, "file_name": f"{n}.jpg", "width": w, "height": h} for n, w, h in sizes]
    (folder / "instances.json").write_text(json.dumps({"images": images, "annotations": annotations}))
    return tmp_path / "data"


def test_every_broken_record_has_its_reason_and_the_sums_agree(data_root: Path, tmp_path: Path):
    out = tmp_path / "corpus"
    with pytest.raises(SystemExit) as ending:
        main(["build", "refcoco", "--data-root", str(data_root), "--out", str(out), "--images", "path"])
    assert ending.value.code == 0
    lines = [json.loads(line) for line in (out / "quarantine/refcoco.jsonl").read_text().splitlines()]
    assert [line["reason"] for line in lines] == [reason for _, reason in BROKEN]
    account = json.loads((out / "build.json").read_text())["accounts"][0]
    assert account["quarantined"] == dict(Counter(reason for _, reason in BROKEN))
    assert (account["read"], account["used"], account["rows"]) == (len(BROKEN) + 1, 1, 1)
    assert account["images_absent"] == 1


def test_embedding_quarantines_what_has_no_image(data_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    command = ["build", "refcoco", "--data-root", str(data_root), "--out", str(tmp_path / "corpus")]
    with pytest.raises(SystemExit) as ending:
        main([*command, "--images", "embed"])
    assert ending.value.code == 1
    assert "no record could be used" in capsys.readouterr().err
    assert not (tmp_path / "corpus").exists()


def test_a_pickle_that_asks_for_code_is_refused(data_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    refs = data_root / "refer_seg/refcoco/refs(unc).p"
    refs.write_bytes(b"cos\nsystem\n(S'touch " + bytes(tmp_path / "owned") + b"'\ntR.")
    with pytest.raises(SystemExit) as ending:
        main(["build", "refcoco", "--data-root", str(data_root), "--out", str(tmp_path / "corpus")])
    assert ending.value.code == 1
    assert f"{refs}: refused: the pickle asks for os.system" in capsys.readouterr().err
    assert not (tmp_path / "owned").exists()
