"""Files of the user's data, opened in one place: regular ones within the data root, with a digest of what was read."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property
from hashlib import file_digest, sha256
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import Any, BinaryIO

from t4s_data.errors import DataError, OutsideError, RecordError

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF")
"""The image formats that a manifest can name, as Pillow calls them."""
# Opened so, a FIFO that nobody writes to does not hold its reader.
_BUFFER = 1 << 18
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class FileDigest:
    """A file as it was when it was read: its size in bytes and the SHA-256 of its bytes in hex."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Reach:
    """What may be opened, and what was.

    ``roots`` are the files and folders in which every opened file must lie once links are followed, and which may
    be links themselves; without roots it may lie anywhere, and so it may with ``follow_links``. Images are opened in
    ``formats`` alone. ``digests``, where there are any, get every file that is read to its end, by path.
    """

    roots: tuple[Path, ...] = ()
    follow_links: bool = False
    formats: tuple[str, ...] = FORMATS
    digests: dict[Path, FileDigest] | None = None

    @cached_property
    def _real_roots(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(map(os.path.realpath, self.roots)))

    def check(self, path: Path) -> None:
        """Make sure that a file lies within the roots.

        Raises:
            OutsideError: it does not.
        """
        if not self.roots or self.follow_links:
            return
        real = os.path.realpath(path)
        if not any(real == root or real.startswith(root.rstrip(os.sep) + os.sep) for root in self._real_roots):
            raise OutsideError(
                f"{path}: a link leads to {real}, out of the data root; [files] follow_links = true in the recipe "
                "allows that"
            )

    def note(self, path: Path, read: FileDigest) -> None:
        """Keep the digest of a file that was read.

        Raises:
            DataError: it was read before, and had other bytes.
        """
        if self.digests is not None and self.digests.setdefault(path, read) != read:
            raise DataError(f"{path}: changed while it was read; run the command again")


_REACH: ContextVar[Reach] = ContextVar("reach")
_ANYWHERE = Reach()


def reach() -> Reach:
    """What may be opened here."""
    return _REACH.get(_ANYWHERE)


@contextmanager
def within(limits: Reach) -> Iterator[Reach]:
    """What may be opened in this block."""
    token = _REACH.set(limits)
    try:
        yield limits
    finally:
        _REACH.reset(token)


def open_file(path: Path) -> BinaryIO:
    """A file, open for reading in binary.

    Raises:
        OutsideError: it lies out of reach, or is no file: a FIFO, a socket or a device.
        OSError: it cannot be opened.
    """
    limits = reach()
    limits.check(path)
    file = os.fdopen(_handle(path), "rb")
    if limits.digests is None:
        return file
    return io.BufferedReader(_Digested(file, path, limits), _BUFFER)


def read_file(path: Path, most: int | None = None) -> bytes:
    """All bytes of a file, which has ``most`` at most.

    Raises:
        RecordError: `too-large`.
        OutsideError, OSError: as :func:`open_file`.
    """
    with open_file(path) as file:
        if most is not None and (size := os.fstat(file.fileno()).st_size) > most:
            raise RecordError("too-large", f"{path.name} has {size:,} bytes, {most:,} allowed")
        return file.read()


def digest_of(path: Path) -> FileDigest:
    """The size and digest of a file as it is.

    Raises:
        OutsideError, OSError: as :func:`open_file`.
    """
    with open_file(path) as file:
        digest = file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
        return FileDigest(file.tell(), digest)


def sha256_of(path: Path) -> str:
    """The SHA-256 in hex of a file that is not the user's data and may lie anywhere.

    Raises:
        OSError: it cannot be opened.
    """
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _handle(path: Path) -> int:
    handle = os.open(path, _FLAGS)
    mode = os.fstat(handle).st_mode
    if S_ISREG(mode):
        return handle
    os.close(handle)
    if S_ISDIR(mode):
        raise IsADirectoryError(21, "Is a directory", str(path))
    raise OutsideError(f"{path}: not a regular file")


class _Digested(io.RawIOBase):
    """A file whose digest is noted once all of it was read, wherever reading went back to."""

    def __init__(self, file: BinaryIO, path: Path, limits: Reach) -> None:
        self._file, self._path, self._limits = file, path, limits
        self._digest, self._digested = sha256(), 0

    def readinto(self, buffer: Any) -> int:
        start = self._file.tell()
        count: int = self._file.readinto(buffer)  # type: ignore[attr-defined]
        self._take(memoryview(buffer)[:count], start)
        return count

    def readall(self) -> bytes:
        start = self._file.tell()
        data = self._file.read()
        self._take(memoryview(data), start)
        self._take(memoryview(b""), self._file.tell())
        return data

    def _take(self, data: memoryview, start: int) -> None:
        end = start + len(data)
        if start <= self._digested < end:
            self._digest.update(data[self._digested - start :])
            self._digested = end
        if not data and start == self._digested:
            self._limits.note(self._path, FileDigest(start, self._digest.hexdigest()))

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def fileno(self) -> int:
        return self._file.fileno()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        self._file.close()
        super().close()
