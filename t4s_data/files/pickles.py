"""Pickles of plain data, read without ever running what they ask for."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from t4s_data.errors import DataError, UnsafePickleError
from t4s_data.files.texts import shown
from t4s_data.reading.opening import open_file


class _PlainUnpickler(pickle.Unpickler):
    """Builds lists, tuples, dicts, strings, numbers, booleans and None; refuses every name."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        # Python 2 wrote `str` as bytes. UTF-8 reads the ASCII of nearly all of them, and the escaped
        # rest stays recognisable, so that a reader can decode or reject it record by record.
        super().__init__(file, encoding="utf-8", errors="surrogateescape")
        self._path = path

    def find_class(self, module: str, name: str) -> NoReturn:
        raise UnsafePickleError(f"{self._path}: refused: the pickle asks for {module}.{name}; only plain data is read")

    def persistent_load(self, pid: Any) -> NoReturn:
        raise UnsafePickleError(f"{self._path}: refused: the pickle asks for the external object {shown(pid)}")


def load_plain(path: Path) -> Any:
    """The object in a pickle of plain containers, strings and numbers.

    Byte strings of Python 2 come back as UTF-8 text, with bytes that are not UTF-8 as lone surrogates
    (``surrogateescape``).

    Raises:
        UnsafePickleError: the stream names a class, a function or an external object.
        DataError: the stream is not a whole pickle.
    """
    try:
        with open_file(path) as file:
            return _PlainUnpickler(file, path).load()
    except UnsafePickleError:
        raise
    except (pickle.UnpicklingError, EOFError, ValueError, TypeError, KeyError, IndexError, AttributeError,
            OverflowError, MemoryError, RecursionError, OSError) as error:  # fmt: skip
        raise DataError(f"{path}: not a whole pickle: {type(error).__name__}: {error}") from error
