"""The data root is a boundary: no link below it brings a file from elsewhere into a corpus, and only files are read."""

from __future__ import annotations

import ast
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from PIL import Image as Pillow

from t4s_data.errors import OutsideError, RecordError
from t4s_data.files.images import read_image, size_of
from t4s_data.manifest.shipped import NAMES, load_manifest
from t4s_data.masks.png import read_mask
from t4s_data.reading.opening import FORMATS, Reach, digest_of, open_file, read_file, within

REPO = Path(__file__).resolve().parents[2]
RECIPE = """
name = "linked"
{files}
[images]
mode = "embed"
[quarantine]
max_share = 1
[[source]]
name = "coco-instances"
splits = ["val2017"]
{source}
"""


def picture(path: Path, kind: str = "JPEG", size: tuple[int, int] = (32, 24)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.new("RGB", size, (200, 10, 10)).save(path, kind)
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data root of three images in COCO's layout."""
    root = tmp_path / "data"
    box = [[2, 2, 20, 2, 20, 20, 2, 20]]
    names = [f"{number}.jpg" for number in range(3)]
    for name in names:
        picture(root / "coco/val2017" / name)
    file = {
        "images": [{"id": n, "file_name": name, "height": 24, "width": 32} for n, name in enumerate(names)],
        "annotations": [
            {"id": n, "image_id": n, "category_id": 1, "iscrowd": 0, "segmentation": box, "bbox": [2, 2, 18, 18]}
            for n in range(3)
        ],
        "categories": [{"id": 1, "name": "box"}],
    }
    (root / "coco/annotations").mkdir()
    (root / "coco/annotations/instances_val2017.json").write_text(json.dumps(file))
    return root


def build(data: Path, *, files: str = "", source: str = "", strict: bool = False) -> subprocess.CompletedProcess[str]:
    out = data.with_name("corpus")
    shutil.rmtree(out, ignore_errors=True)
    data.with_name("r.toml").write_text(RECIPE.format(files=files, source=source))
    command = ["build", data.with_name("r.toml"), "--data-root", data, "--out", out, "--no-audit"]
    words = [*map(str, command[:-1]), *(["--strict"] if strict else [])]
    return subprocess.run(
        [sys.executable, "-m", "pipelines.cli", *words], capture_output=True, text=True, check=False, timeout=60
    )


def quarantined(data: Path) -> list[dict[str, str]]:
    path = data.with_name("corpus") / "quarantine/coco-instances.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_an_image_that_links_out_of_the_root_is_not_embedded(data: Path, tmp_path: Path):
    secret = picture(tmp_path / "elsewhere/secret.jpg")
    (data / "coco/val2017/1.jpg").unlink()
    (data / "coco/val2017/1.jpg").symlink_to(secret)
    assert build(data).returncode == 0
    [entry] = quarantined(data)
    assert entry["reason"] == "outside-root"
    assert f"leads to {secret}, out of the data root; [files] follow_links = true" in entry["detail"]
    assert build(data, files="[files]\nfollow_links = true").returncode == 0
    assert not quarantined(data)


def test_what_the_recipe_itself_names_may_be_a_link(data: Path, tmp_path: Path):
    (data / "coco").rename(tmp_path / "elsewhere")
    (data / "mine").mkdir()
    (data / "mine/deeper").symlink_to(tmp_path / "elsewhere")
    source = 'root = "mine"\nannotations = "deeper/annotations/instances_val2017.json"\nimages = "deeper/val2017"'
    done = build(data, source=source, strict=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("linked", ["", "coco", "coco/val2017", "coco/annotations"])
def test_the_root_and_the_folders_of_layouts_may_be_links(linked: str, data: Path, tmp_path: Path):
    target = tmp_path / "elsewhere" / (linked or "data")
    target.parent.mkdir(parents=True)
    (data / linked).rename(target)
    (data / linked).symlink_to(target)
    done = build(data, strict=True)
    assert done.returncode == 0, done.stderr


def test_a_root_of_the_recipe_may_be_a_link(data: Path, tmp_path: Path):
    (data / "coco").rename(tmp_path / "elsewhere")
    (data / "mine").symlink_to(tmp_path / "elsewhere")
    done = build(data, source='root = "mine"', strict=True)
    assert done.returncode == 0, done.stderr


def test_folders_that_conversations_name_may_be_links():
    from t4s_data.recipe.reach import known_folders

    for folder in ("coco/train2017", "gqa/images", "vg/VG_100K_2", "textvqa/train_images", "ocr_vqa/images"):
        assert folder in known_folders()


def test_a_fifo_in_place_of_an_image_does_not_hold_the_build(data: Path):
    (data / "coco/val2017/0.jpg").unlink()
    os.mkfifo(data / "coco/val2017/0.jpg")
    assert build(data).returncode == 0
    [entry] = quarantined(data)
    assert entry["reason"] == "outside-root"
    assert "not a regular file" in entry["detail"]


@pytest.mark.parametrize("kind", ["fifo", "socket", "device", "link to a device"])
def test_only_regular_files_are_read(kind: str, tmp_path: Path):
    path = tmp_path / "x.png"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(path))
    else:
        path = Path("/dev/zero")
        if kind.startswith("link"):
            path = tmp_path / "link"
            path.symlink_to("/dev/zero")
    for read in (read_image, size_of, read_mask):
        with pytest.raises(RecordError) as caught:
            read(path)
        assert caught.value.reason in ("outside-root", "image-missing", "bad-mask")
    with pytest.raises((OutsideError, OSError)):
        open_file(path)


def test_an_image_in_a_format_of_no_manifest_is_not_handed_to_its_decoder(tmp_path: Path):
    # Pillow starts Ghostscript for EPS, whatever the file is called.
    path = tmp_path / "x.jpg"
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 20 20\n%%EndComments\nshowpage\n")
    with Pillow.open(path) as image:
        assert image.format == "EPS"
    with (
        pytest.raises(RecordError, match="not an image in JPEG or PNG") as caught,
        within(Reach(formats=("JPEG", "PNG"))),
    ):
        size_of(path)
    assert caught.value.reason == "image-unreadable"
    with pytest.raises(RecordError, match="not an image in"):
        size_of(path)


def test_the_formats_of_the_manifests_are_pictures():
    for name in NAMES:
        assert set(load_manifest(name).image_formats) <= set(FORMATS)


def test_an_unreadable_image_has_the_same_words_every_time(tmp_path: Path):
    path = tmp_path / "x.jpg"
    path.write_bytes(b"not an image")
    details = []
    for _ in range(2):
        with pytest.raises(RecordError) as caught:
            size_of(path)
        details.append(caught.value.detail)
    assert details[0] == details[1]
    assert " at 0x" not in details[0]
    with pytest.raises(RecordError) as caught:
        read_mask(path)
    assert " at 0x" not in caught.value.detail


def test_an_image_of_more_pixels_than_pillow_opens_is_too_large(tmp_path: Path):
    path = picture(tmp_path / "x.png", "PNG", (1, 1))
    data = bytearray(path.read_bytes())
    data[16:24] = (20_000).to_bytes(4, "big") * 2
    import zlib

    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    path.write_bytes(data)
    for read in (size_of, read_mask):
        with pytest.raises(RecordError) as caught:
            read(path)
        assert caught.value.reason == "too-large"


def test_a_digest_is_of_the_bytes_that_were_read(tmp_path: Path):
    path = tmp_path / "x"
    path.write_bytes(os.urandom(3_000_000))
    expected = digest_of(path)
    for step in (1000, 1 << 18, -1):
        limits = Reach(digests={})
        with within(limits), open_file(path) as file:
            file.read(10)
            file.seek(0)
            while file.read(step):
                pass
        assert limits.digests == {path: expected}
    limits = Reach(digests={})
    with within(limits):
        read_file(path)
        path.write_bytes(b"other")
        with pytest.raises(Exception, match="changed while it was read"):
            read_file(path)


def test_a_part_that_was_read_has_no_digest(tmp_path: Path):
    path = tmp_path / "x"
    path.write_bytes(b"x" * 100)
    limits = Reach(digests={})
    with within(limits), open_file(path) as file:
        file.read(10)
    assert limits.digests == {}


def test_reach_is_of_its_thread(tmp_path: Path):
    path = tmp_path / "x"
    path.write_bytes(b"x")
    found: list[bytes] = []
    with within(Reach((tmp_path / "y",))):
        with pytest.raises(OutsideError):
            read_file(path)
        thread = threading.Thread(target=lambda: found.append(read_file(path)))
        thread.start()
        thread.join()
    assert found == [b"x"]


ROOMS = ("files", "annotations", "sources", "masks")


def test_there_is_one_door_to_the_users_files():
    calls = {"read_bytes", "read_text", "open", "mmap"}
    for path in (path for room in ROOMS for path in (REPO / "t4s_data" / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in calls:
                owner = ast.unparse(node.func.value)
                assert owner == "mmap", f"{path}: {ast.unparse(node)}: t4s_data/reading opens what users have"


def test_a_few_texts_do_not_multiply_to_millions_of_records(tmp_path: Path):
    from t4s_data.files.location import Location
    from t4s_data.sources.earthreason import EarthReason

    source = EarthReason(Location(tmp_path, "", "train", options={"pairs": "product"}))
    with pytest.raises(RecordError, match="20,000 questions") as caught:
        source._pairs("x", {"questions": ["a?"] * 20_000, "answer": ["b"] * 20_000})
    assert caught.value.reason == "too-large"
