"""Every error this package raises on purpose.

::

    T4SError
    ├── CommandError            the command or the recipe is not right (exit code 2)
    │   ├── RecipeError         names the recipe file, the key and what is allowed
    │   ├── PluginError         a plugged-in source, codec or export format cannot be used
    │   └── InputError          an argument of the Python API is not what is expected
    ├── DataError               the data or the corpus is not right (exit code 1)
    │   ├── MissingInputError   an annotation file or folder is absent
    │   ├── OutsideError        a file lies out of the data root, or is no regular file
    │   ├── UnsafePickleError   a pickle asks for anything but plain data
    │   ├── CorpusError         a corpus folder is incomplete, altered or in the way
    │   └── WorkerError         a pipeline worker died
    ├── CodecError              a text is not what an encoder writes
    └── RecordError             one record cannot be used: it goes to quarantine
"""

from __future__ import annotations


class T4SError(Exception):
    """Base of all errors that this package raises on purpose; catch it to catch them all.

    The command line reports them without a traceback and ends with ``exit_code``.

    >>> import t4s_data as t4s
    >>> try:
    ...     t4s.codec("bsd-1")
    ... except t4s.T4SError as error:
    ...     print(type(error).__name__, error.exit_code)
    CommandError 2
    """

    exit_code = 1


class CommandError(T4SError):
    """The command line or its arguments are not right."""

    exit_code = 2


class RecipeError(CommandError):
    """A recipe does not follow its schema."""


class PluginError(CommandError):
    """A source, codec or export format of another distribution cannot be used."""


class InputError(CommandError, ValueError):
    """An argument of the Python API is not what is expected; says what is."""


class DataError(T4SError):
    """The data or the corpus is not right."""


class MissingInputError(DataError):
    """An annotation file or folder that a source needs is absent."""


class OutsideError(DataError):
    """A path leads out of the data root, or to something that is no regular file."""


class UnsafePickleError(DataError):
    """A pickle stream asks for anything but plain containers, strings and numbers."""


class CorpusError(DataError):
    """A corpus folder is incomplete, altered or in the way."""


class WorkerError(DataError):
    """A worker process of the pipeline died before its work was done."""


class CodecError(T4SError):
    """A text deviates from what an encoder writes, or a grid cannot be encoded.

    ``position`` is the character offset of the first deviation, or -1 where there is none.
    """

    def __init__(self, message: str, position: int = -1) -> None:
        super().__init__(f"at character {position}: {message}" if position >= 0 else message)
        self.position = position


class RecordError(T4SError):
    """One record cannot be used; ``reason`` is one of :data:`t4s_data.sample.REASONS`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail

    def __reduce__(self) -> tuple[type[RecordError], tuple[str, str]]:
        return type(self), (self.reason, self.detail)
