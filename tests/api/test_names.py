"""What `import t4s_data` costs and shows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import t4s_data

LOADED = (
    "import sys; before = set(sys.modules); {}; print(*sorted({{n.split('.')[0] for n in set(sys.modules) - before}}))"
)
HEAVY = {"apache_beam", "datasets", "matplotlib", "pyarrow", "torch", "transformers", "pandas", "tokenizers"}


def loaded_by(statement: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", LOADED.format(statement)], capture_output=True, text=True, check=True)
    return set(done.stdout.split()) - set(sys.stdlib_module_names)


def test_importing_it_imports_nothing_else():
    assert loaded_by("import t4s_data as t4s") == {"t4s_data"}
    assert loaded_by("import t4s_data as t4s; dir(t4s); t4s.T4SError") == {"t4s_data"}


def test_a_codec_needs_numbers_and_no_pipelines():
    loaded = loaded_by("import t4s_data as t4s; t4s.codec('bsd-64')")
    assert "numpy" in loaded
    assert not loaded & HEAVY


def test_a_corpus_needs_no_reader_of_any_source():
    statement = "import t4s_data as t4s; t4s.Corpus"
    assert not loaded_by(statement) & {"apache_beam", "datasets", "matplotlib", "torch"}
    code = f"import sys; {statement}; print(*(name for name in sys.modules if name.startswith('t4s_data.sources')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    readers = {"coco_panoptic", "refer", "muse", "llava", "mask_folder", "reasonseg"}
    assert not {name.rpartition(".")[2] for name in done.stdout.split()} & readers


def test_every_name_is_there_and_another_is_told():
    assert dir(t4s_data) == sorted(t4s_data.__all__)
    for name in t4s_data.__all__:
        assert getattr(t4s_data, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'encode'; it has Corpus, "):
        t4s_data.encode  # noqa: B018


USER = """
import numpy as np
import t4s_data as t4s

codec = t4s.codec("bsd-64")
reveal_type(codec)
[region] = codec.decode_masks("", height=1, width=1)
reveal_type(region.mask.shape)
reveal_type(t4s.Corpus("x")["y"].masks)
for sample in t4s.open_source("refcoco", "DATA"):
    reveal_type(sample)
codec.encode_masks(7)
t4s.nothing
"""


def test_a_users_type_checker_sees_the_types(tmp_path: Path):
    (tmp_path / "user.py").write_text(USER)
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--cache-dir",
        tmp_path / "cache",
        "--config-file",
        "",
        tmp_path / "user.py",
    ]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, cwd=tmp_path, check=False)
    lines = [line.partition("user.py:")[2] for line in done.stdout.splitlines() if "user.py:" in line]
    assert 'note: Revealed type is "t4s_data.api.codec.MaskCodec"' in lines[0]
    assert "tuple" in lines[1]
    assert "list[" in lines[2]
    assert "t4s_data.sample.Sample" in lines[3]
    assert "encode_masks" in lines[4]
    assert 'Module has no attribute "nothing"' in lines[5]
