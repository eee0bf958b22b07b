"""The law of pickles: plain data comes back as it is, and nothing that a stream asks for is ever looked up or run."""

from __future__ import annotations

import pickle
import pickletools
import subprocess
import sys
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from t4s_data.errors import DataError, UnsafePickleError
from t4s_data.files.pickles import _scanned, load_plain

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """Where the tests of this module write their pickle."""
    return tmp_path_factory.mktemp("pickles") / "refs.p"


def load(file, data):
    file.write_bytes(data)
    return load_plain(file)


@given(value=PLAIN, protocol=st.integers(2, pickle.HIGHEST_PROTOCOL))
def test_plain_data_comes_back_in_every_protocol(file, value, protocol):
    assert load(file, pickle.dumps(value, protocol)) == value


@pytest.mark.parametrize("protocol", [0, 1])
def test_plain_data_of_the_oldest_protocols_comes_back(file, protocol):
    value = [{"ref_id": 1, "sent": "left one", "split": "train", "box": [1.5, -2], "tokens": ["left", None, True]}]
    assert load(file, pickle.dumps(value, protocol)) == value


@pytest.mark.parametrize(
    "data",
    [b"(lp0\n(dp1\nS'sent'\np2\nS'caf\\xc3\\xa9'\np3\nsa.", b"\x80\x02](}(U\x04sentT\x05\x00\x00\x00caf\xc3\xa9ue."],
)
def test_strings_of_python_2_are_text(file, data):
    assert load(file, data) == [{"sent": "café"}]


def test_bytes_of_python_2_that_are_not_utf_8_stay_recognizable(file):
    assert load(file, b"U\x04caf\xe9.") == "caf\udce9"


class Evil:
    """Pickles into a call of what it is given."""

    def __init__(self, *call):
        self._call = call

    def __reduce__(self):
        return self._call


def marker_of(file):
    return file.with_name("executed")


STREAMS = {
    "reduce": lambda path: pickle.dumps(Evil(open, (str(path), "w")), 2),
    "reduce-0": lambda path: pickle.dumps(Evil(open, (str(path), "w")), 0),
    "stack-global": lambda path: pickle.dumps([Evil(open, (str(path), "w"))], 4),
    "eval": lambda path: pickle.dumps(Evil(eval, (f"open({str(path)!r}, 'w')",)), 2),
    "inst": lambda path: b"(S'" + str(path).encode() + b"'\nS'w'\ni__builtin__\nopen\n.",
    "obj": lambda path: b"(c__builtin__\nopen\nS'" + str(path).encode() + b"'\nS'w'\no.",
    "newobj": lambda path: b"\x80\x02cpathlib\nPath\n(S'x'\nt\x81.",
    "newobj-ex": lambda path: b"\x80\x04cpathlib\nPath\n(S'x'\nt}\x92.",
    "object": lambda path: pickle.dumps(date(2000, 1, 1)),
    "class": lambda path: pickle.dumps(dict),
    "numpy": lambda path: b"cnumpy.core.multiarray\nscalar\n.",
    "deep": lambda path: pickle.dumps([{"sentences": [{"sent": Evil(open, (str(path), "w"))}]}], 2),
}


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_that_names_anything_is_refused_before_it_runs(file, name):
    with pytest.raises(UnsafePickleError, match=r"refs\.p: refused: the pickle asks for .+; only plain data"):
        load(file, STREAMS[name](marker_of(file)))
    assert not marker_of(file).exists()


def test_the_streams_above_would_have_run(file):
    pickle.loads(STREAMS["reduce"](marker_of(file))).close()
    assert marker_of(file).exists()
    marker_of(file).unlink()


@pytest.mark.parametrize("data", [b"Psomething\n.", b"S'something'\nQ."])
def test_external_objects_are_refused(file, data):
    with pytest.raises(UnsafePickleError, match="external object 'something'"):
        load(file, data)


@pytest.mark.parametrize("data", [b"\x82\x01.", b"\x83\x01\x00.", b"\x84\x01\x00\x00\x00."])
def test_registered_extensions_are_refused(file, data):
    with pytest.raises(DataError, match=r"refs\.p"):
        load(file, data)


def test_an_object_cannot_be_given_a_state(file):
    with pytest.raises(DataError, match="not a whole pickle"):
        load(file, b"\x80\x02}}U\x01aK\x01sb.")


WHOLE = pickle.dumps([{"ref_id": 1, "sentences": [{"sent": "left one", "sent_id": 2**40}]}], 2)


@pytest.mark.parametrize("end", range(len(WHOLE)))
def test_a_stream_that_is_cut_off_is_named(file, end):
    with pytest.raises(DataError, match=r"refs\.p: not a whole pickle"):
        load(file, WHOLE[:end])


@pytest.mark.parametrize("data", [b"[]", b"not a pickle", b"\x80\x09.", b"\x80\x02}]K\x01s.", b"t.", b"0" * 9, b"\xff"])
def test_a_file_that_is_no_pickle_is_named(file, data):
    with pytest.raises(DataError, match=r"refs\.p: not a whole pickle"):
        load(file, data)


@given(data=st.data())
def test_a_damaged_stream_is_data_or_a_data_error(file, data):
    damaged = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    with suppress(DataError):
        load(file, bytes(damaged))


def test_a_folder_is_named(tmp_path):
    with pytest.raises(DataError, match="not a whole pickle"):
        load_plain(tmp_path)


def laughing(levels):
    """Lists of ten times the same list each: a few hundred bytes that come to ten to the power of the levels."""
    value = ["x"]
    for _ in range(levels):
        value = [value] * 10
    return value


def sharing():
    sentences = [{"sent": "left one", "sent_id": n} for n in range(300)]
    return [{"ref_id": n, "sentences": sentences} for n in range(1000)]


BOMBS = {
    "a memo of gigabytes": b"Nr\xff\xff\xff\x0f.",
    "a memo in words": b"Np268435455\n.",
    "nested tuples": b")" + b"\x85" * 200_000 + b".",
    "nested tuples that are a key": b"})" + b"\x85" * 200_000 + b"Ns.",
    "more tuples than are read": b"})" + b"\x85" * 300_000 + b"Ns.",
    "nested lists": b"]" * 100_000 + b"a" * 99_999 + b".",
    "a list that holds itself": b"]q\x00h\x00a.",
    "a billion laughs": pickle.dumps(laughing(12), 2),
    "refs that share their sentences": pickle.dumps(sharing(), 2),
    "bytearrays": pickle.dumps([bytearray(9)], 5),
    "a state of nothing": b"}NN\x86b.",
    "sets": pickle.dumps({1, 2}, 4),
}
LOAD = """
import resource, sys
from pathlib import Path
from t4s_data.errors import DataError
from t4s_data.files.pickles import load_plain
resource.setrlimit(resource.RLIMIT_DATA, (1 << 30,) * 2)
try:
    print(type(load_plain(Path(sys.argv[1]))))
except DataError as error:
    print(error)
"""


@pytest.mark.parametrize("name", BOMBS)
def test_a_small_pickle_takes_neither_all_memory_nor_the_process(name, tmp_path):
    (tmp_path / "refs.p").write_bytes(BOMBS[name])
    command = [sys.executable, "-c", LOAD, str(tmp_path / "refs.p")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "refs.p: " in done.stdout


def test_plain_tuples_and_shared_strings_are_nothing_special(file):
    value = [{"box": (1, 2, 3, n), "split": "train", "raw": "long " * 100} for n in range(20_000)]
    for protocol in (0, 2, 4, 5):
        assert load(file, pickle.dumps(value, protocol)) == value


@given(value=PLAIN, protocol=st.integers(0, pickle.HIGHEST_PROTOCOL))
def test_the_scan_goes_through_to_the_end_of_what_python_writes(value, protocol):
    data = pickle.dumps(value, protocol)
    opcodes = [opcode.name for opcode, _, _ in pickletools.genops(data)]
    tuples = sum(name in {"TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"} for name in opcodes)
    assert _scanned(data, Path("x")) == tuples


def test_real_refs_are_read_as_ever(real):
    for path in real.rglob("*.p"):
        assert load_plain(path) == pickle.loads(path.read_bytes(), encoding="utf-8", errors="surrogateescape")
