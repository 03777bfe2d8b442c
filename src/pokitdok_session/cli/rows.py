"""The files of the command: rows as JSON Lines in, outcomes as JSON Lines out."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any

from .. import Outcome
from ..api.batch.recorded import describe_error
from ..api.verdict import Verdict
from .common import UsageError


class ObjectRow(dict[str, Any]):
    """A row that is a JSON object, and the number of its line."""

    line: int | None = None


class TextRow(str):
    """A row that is a JSON string, such as an X12 interchange, and the number of its line."""

    line: int | None = None


def open_rows(name: str) -> contextlib.AbstractContextManager[IO[bytes]]:
    """Open the rows; ``-`` is standard input. Raises UsageError for a file that is not there."""
    if name == "-":
        return contextlib.nullcontext(sys.stdin.buffer)
    try:
        return open(name, "rb")
    except OSError as error:
        raise UsageError(f"ROWS cannot be read: {name}: {error.strerror}") from None


def read_rows(
    lines: Iterable[bytes], *, on_unreadable: Callable[[Outcome, int], object]
) -> Iterator[ObjectRow | TextRow]:
    """Yield the rows. Empty lines are left out; a line that is not a row is told of."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        row = _parse(line)
        if row is None:
            error = ValueError("a line must be a JSON object, or an X12 interchange as a string")
            on_unreadable(
                Outcome("", None, error=error, verdict=Verdict("fix", None, False)), number
            )
        else:
            row.line = number
            yield row


def _parse(line: bytes) -> ObjectRow | TextRow | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if isinstance(value, dict):
        return ObjectRow(value)
    return TextRow(value) if isinstance(value, str) else None


def field_of(row: Any, path: str) -> Any:
    """Return the field at a dotted path. Raises ValueError if the row has none."""
    for name in path.split("."):
        if not isinstance(row, dict) or name not in row:
            raise ValueError(f"--key {path} must name a field of each row: this one has none")
        row = row[name]
    return row


class Output:
    """The file of outcomes, private to its owner. It is opened for the first one: until then it
    may belong to another run, which the journal finds out.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._file: IO[str] | None = None

    def open(self) -> IO[str]:
        if self._file is None:
            try:
                descriptor = os.open(self._name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                # An existing file may be open to others; a device or a pipe is not ours to close.
                if hasattr(os, "fchmod") and stat.S_ISREG(os.fstat(descriptor).st_mode):
                    os.fchmod(descriptor, 0o600)
            except OSError as error:
                text = f"--output cannot be written: {self._name}: {error.strerror}"
                raise UsageError(text) from None
            self._file = os.fdopen(descriptor, "w", encoding="utf-8")
        return self._file

    def write(self, outcome: Outcome, line: int | None = None) -> None:
        line = getattr(outcome.request, "line", line)
        record: dict[str, Any] = {"key": outcome.key or None, "line": line}
        record["action"] = outcome.action
        if outcome.error is None:
            record["reply"] = outcome.reply
        else:
            record["error"] = describe_error(outcome.error)
        record["attempts"] = outcome.attempts
        self.open().write(json.dumps(record) + "\n")

    def __enter__(self) -> Output:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._file is not None:
            self._file.close()
