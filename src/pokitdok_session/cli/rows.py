"""The files of the command: rows as JSON Lines in, outcomes as JSON Lines out."""

from __future__ import annotations

import codecs
import contextlib
import errno
import json
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any

from .. import Outcome
from ..api.batch.journal_file import BEGINNINGS
from ..api.batch.journal_values import describe_error
from ..api.verdict import Verdict
from .common import UsageError

#: Of a disk that is full, or a user who may write no more.
_FULL = (errno.ENOSPC, errno.EDQUOT)

#: What a line can be instead of a row, in the words of JSON.
_JSON_NAMES = {list: "an array", bool: "true or false", type(None): "null"}


class FileError(Exception):
    """A file failed in the middle of a run. The text says which, and what to do."""


class Object(dict[str, Any]):
    """A row that is a JSON object, and the number of its line."""

    line: int | None = None


class Text(str):
    """A row that is a JSON string, such as an X12 interchange, and the number of its line."""

    line: int | None = None


def open_rows(name: str) -> contextlib.AbstractContextManager[IO[bytes]]:
    """Open the rows; ``-`` is standard input. Raises UsageError for a file that is not there."""
    if name == "-":
        if sys.stdin is None:
            raise UsageError("ROWS cannot be read: standard input is closed")
        return contextlib.nullcontext(sys.stdin.buffer)
    try:
        return open(name, "rb")
    except OSError as error:
        raise UsageError(f"ROWS cannot be read: {name}: {error.strerror}") from None


class Rows:
    """The rows of a file. Empty lines are left out; a line that is not a row is told of.

    Raises UsageError if the file is not UTF-8 text, and FileError if it cannot be read further.
    """

    def __init__(
        self, lines: Iterable[bytes], name: str, *, on_unreadable: Callable[[Outcome, int], object]
    ) -> None:
        self._lines = lines
        self._name = name
        self._on_unreadable = on_unreadable
        #: The number of the line that was read last.
        self.line = 0

    def __iter__(self) -> Iterator[Object | Text]:
        for line in self._read():
            self.line += 1
            if self.line == 1:
                _check_encoding(line)
            if not line.strip():
                continue
            try:
                row = _parse(line)
            except ValueError as error:
                fix = Outcome("", None, error=error, verdict=Verdict("fix", None, False))
                self._on_unreadable(fix, self.line)
            else:
                row.line = self.line
                yield row

    def _read(self) -> Iterator[bytes]:
        try:
            yield from self._lines
        except OSError as error:
            raise FileError(
                f"ROWS could not be read further: {self._name}: {error.strerror}. Remove the cause,"
                " then run the same command again"
            ) from None


def _check_encoding(line: bytes) -> None:
    """Raise UsageError if the first line is that of a file in UTF-16, or of no text at all."""
    if b"\0" in line or line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise UsageError(
            "ROWS must be JSON Lines in UTF-8, got UTF-16 or a file that is not text. Nothing was"
            " sent. Convert it, for example with iconv -f UTF-16 -t UTF-8"
        )


def _parse(line: bytes) -> Object | Text:
    """Return the row in a line. Raises ValueError, with what the line is instead."""
    try:
        value = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        what = "bytes that are not UTF-8"
    except json.JSONDecodeError as error:  # whose text quotes the line
        what = f"what is not JSON: {error.msg} in column {error.colno}"
    except (ValueError, RecursionError):
        what = "what is not JSON"
    else:
        if isinstance(value, dict):
            return Object(value)
        if isinstance(value, str):
            return Text(value)
        what = _JSON_NAMES.get(type(value), "a number")
    raise ValueError(f"a line must be a JSON object, or an X12 interchange as a string, got {what}")


def field_of(row: Any, path: str) -> Any:
    """Return the field at a dotted path. Raises ValueError if the row has none."""
    for name in path.split("."):
        if not isinstance(row, dict) or name not in row:
            raise ValueError(f"--key {path} must name a field of each row: this one has none")
        row = row[name]
    return row


def is_journal(name: str) -> bool:
    """Return True for an existing file that begins like a journal."""
    if not os.path.isfile(name):  # to open a pipe would wait for its writer
        return False
    with contextlib.suppress(OSError), open(name, "rb") as file:
        return file.read(max(map(len, BEGINNINGS))).startswith(BEGINNINGS)
    return False


class Output:
    """The file of outcomes, private to its owner.

    It is opened at once, so that a file that cannot be written is found before a row is sent. It
    is emptied by `begin`: until then it may belong to another run, which the journal finds out.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._is_begun = False
        #: The first failure of the file.
        self.failure: FileError | None = None
        try:
            descriptor = os.open(name, os.O_WRONLY | os.O_CREAT, 0o600)
        except OSError as error:
            raise UsageError(f"--output cannot be written: {name}: {error.strerror}") from None
        self._file = os.fdopen(descriptor, "w", encoding="utf-8")
        # A device or a pipe is not ours to empty, or to close to others.
        self._is_regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
        try:
            if hasattr(os, "fchmod") and self._is_regular:
                os.fchmod(descriptor, 0o600)  # an existing file may be open to others
        except OSError as error:
            self._file.close()
            raise UsageError(
                f"--output cannot be made private: {name}: {error.strerror}. It must be a new file,"
                " or one of your own"
            ) from None

    def begin(self) -> None:
        """Empty the file, unless that was done."""
        if not self._is_begun and self._is_regular:
            with self._noting_failure():
                os.ftruncate(self._file.fileno(), 0)
        self._is_begun = True

    def write(self, outcome: Outcome, line: int | None = None) -> None:
        """Write one line. Raises FileError if the file cannot be written."""
        line = getattr(outcome.request, "line", line)
        record: dict[str, Any] = {"key": outcome.key or None, "line": line}
        record["action"] = outcome.action
        if outcome.is_pending:
            record["pending"] = True
        if outcome.error is None:
            record["reply"] = outcome.reply
        else:
            record["error"] = describe_error(outcome.error)
        record["attempts"] = outcome.attempts
        self.begin()
        with self._noting_failure():
            self._file.write(json.dumps(record) + "\n")

    @contextlib.contextmanager
    def _noting_failure(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            advice = "Make room" if error.errno in _FULL else "Remove the cause"
            self.failure = self.failure or FileError(
                f"--output could not be written: {self._name}: {error.strerror}. {advice}, then run"
                " the same command again: it takes the replies from the journal"
            )
            raise self.failure from None

    def __enter__(self) -> Output:
        return self

    def __exit__(self, *exception: object) -> None:
        """Write what is left. What then fails is in ``failure``."""
        with contextlib.suppress(FileError), self._noting_failure():
            self._file.close()
