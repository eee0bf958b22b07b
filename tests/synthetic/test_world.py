"""Laws of a whole world: one seed and scale give the same bytes, and nothing else in the folder is harmed."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from t4s_data.errors import CommandError
from t4s_data.manifest.shipped import NAMES, load_manifest
from t4s_data.sample import REASONS
from t4s_data.synthetic.generate import MARKER, WRITERS, write_world

SCRIPT = """
import sys
from pathlib import Path
from t4s_data.synthetic.generate import write_world
write_world(Path(sys.argv[1]), scale=1e-5, seed=int(sys.argv[2]))
"""


def digests(root):
    files = (path for path in root.rglob("*") if path.is_file() and path.name != MARKER)
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def written(root, hash_seed, seed):
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed)}
    subprocess.run([sys.executable, "-c", SCRIPT, str(root), str(seed)], check=True, env=environment)
    return digests(root)


def test_bytes_depend_on_seed_and_scale_alone(tmp_path):
    first = written(tmp_path / "a", 1, 5)
    assert written(tmp_path / "b", 2, 5) == first
    for source in ("muse", "llava", "pix2cap", "refcocog", "mask-folder"):
        root = tmp_path / source
        write_world(root, scale=1e-5, seed=5, sources=[source])
        alone = digests(root)
        assert alone
        assert alone.items() <= first.items()
    write_world(tmp_path / "c", scale=1e-5, seed=6, sources=["refcoco"])
    assert not set(digests(tmp_path / "c").values()) & set(first.values())


def test_without_pictures_the_annotations_are_the_same(small, tmp_path):
    reports = write_world(tmp_path, scale=0.0003, seed=3, images=False)
    assert reports == small.reports
    bare, full = digests(tmp_path), digests(small.root)
    assert bare.items() < full.items()
    assert not [name for name in full.keys() - bare.keys() if not name.endswith(".jpg")]


def test_every_source_and_every_listed_split_has_records(small):
    assert set(small.reports) == set(NAMES)
    for name, report in small.reports.items():
        listed = {f"{split.by}-{split.name}" if split.by else split.name for split in load_manifest(name).split}
        assert listed <= report["splits"].keys(), name
        assert all(split["kept"] > 0 for split in report["splits"].values()), name


def test_every_planted_reason_is_one_that_records_can_have(small):
    reasons = {
        reason
        for report in small.reports.values()
        for split in report["splits"].values()
        for reason in split["quarantined"] | split["embedded"]
    }
    assert reasons <= REASONS.keys()
    assert {"no-texts", "no-mask", "unknown-image", "unknown-annotation", "answer-mismatch"} <= reasons


def test_every_quirk_occurs_in_a_small_world(small):
    for name, report in small.reports.items():
        assert all(report["quirks"].values()), name


def test_a_world_grows_by_sources_and_says_what_it_has(tmp_path):
    first = write_world(tmp_path, scale=1e-5, sources=["refcoco"], images=False)
    second = write_world(tmp_path, scale=1e-5, sources=["refcoco+"], images=False)
    marker = json.loads((tmp_path / MARKER).read_text())
    assert marker == {"seed": 0, "scale": 1e-5, "sources": {**first, **second}}


@pytest.mark.parametrize("present", ["refer_seg", "coco"])
def test_other_data_is_never_touched(tmp_path, present):
    own = tmp_path / present / "mine.json"
    own.parent.mkdir()
    own.write_text("precious")
    with pytest.raises(CommandError, match=present):
        write_world(tmp_path, scale=1e-5)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [own]


def test_another_world_is_never_mixed_in(tmp_path):
    write_world(tmp_path, scale=1e-5, sources=["muse"], images=False)
    before = digests(tmp_path)
    with pytest.raises(CommandError, match="muse"):
        write_world(tmp_path, scale=1e-5, seed=1, sources=["muse"], images=False)
    assert digests(tmp_path) == before


@pytest.mark.parametrize("scale", [0, -1, float("nan")])
def test_scales_that_make_no_world_are_refused(tmp_path, scale):
    with pytest.raises(CommandError, match="scale"):
        write_world(tmp_path, scale=scale)


def test_unknown_sources_are_refused_by_name(tmp_path):
    with pytest.raises(CommandError, match="no synthetic source 'imagenet'"):
        write_world(tmp_path, sources=["imagenet"])
    assert set(WRITERS) <= set(NAMES)


def test_memory_does_not_grow_with_a_split():
    code = """
import resource, sys, tempfile
from pathlib import Path
from t4s_data.synthetic.generate import write_world
with tempfile.TemporaryDirectory() as folder:
    write_world(Path(folder) / "a", scale=0.0005, sources=["refcoco", "muse", "llava"], images=False)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    write_world(Path(folder) / "b", scale=0.004, sources=["refcoco", "muse", "llava"], images=False)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    size = sum(path.stat().st_size for path in (Path(folder) / "b").rglob("*.*"))
print(after - before, size // 1024)
"""
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=Path.cwd())
    grown, written_kilobytes = map(int, run.stdout.split())
    assert grown < written_kilobytes / 4
