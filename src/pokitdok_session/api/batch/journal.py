"""The journal: what is about to be sent, and what became of it, as JSON Lines on disk.

Two records per row. The first is on disk before the request leaves::

    {"sent": "A-17", "digest": "5f0c...", "at": 1764093000.25, "nonce": "9b1e..."}
    {"done": "A-17", "action": "answered", "attempts": 1, "at": 1764093001.5, "reply": {...}}

A row with only the first record is in doubt: the request may have been processed.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from .errors import JournalError
from .lock import try_lock

#: Bytes that are read at a time when looking for the end of the last complete line.
_BLOCK = 1 << 16

Record = dict[str, Any]


class Journal:
    """An open journal, locked for this process. Any thread may write.

    A torn last line, left by a kill or a power failure, is cut off. Raises JournalError if
    another process holds the journal.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        keep_replies: bool = True,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.path = os.fspath(path)
        self.keep_replies = keep_replies
        self._clock = clock
        self._descriptor = _open_locked(self.path)
        self._write_lock = threading.Lock()
        self._sync_lock = threading.Lock()
        self._written = self._synced = 0
        self._failure: OSError | None = None
        self._closed = False
        try:
            self._size = _cut_torn_line(self._descriptor)
            self._reader = open(self.path, "rb")  # noqa: SIM115  # closed by close()
        except BaseException:
            os.close(self._descriptor)
            raise

    def records(self) -> Iterator[tuple[int, Record]]:
        """Yield each record with its offset in the file. Raises JournalError for another file."""
        offset = 0
        self._reader.seek(0)
        while offset < self._size:
            line = self._reader.readline()
            yield offset, self._parse(line, offset)
            offset += len(line)

    def read(self, offset: int) -> Record:
        """Return the record at an offset that `records` yielded."""
        self._reader.seek(offset)
        return self._parse(self._reader.readline(), offset)

    def write_sent(
        self, key: str, digest: str, nonce: str = "", header: str | None = None
    ) -> float:
        """Note that a request is about to leave; return the time noted, in epoch seconds.

        The record is on disk when this returns. Threads that are here together share one fsync.
        Raises JournalError, and writes nothing more, after the first failure.
        """
        now = self._clock()
        record: Record = {"sent": key, "digest": digest, "at": now}
        if nonce:
            record["nonce"] = nonce
        if header is not None:
            record["header"] = header
        number = self._write(record)
        self._sync(number)
        return now

    def write_done(
        self,
        key: str,
        action: str,
        attempts: int,
        *,
        reply: Any = None,
        error: Any = None,
        is_searched: bool = False,
    ) -> None:
        """Note what became of a row. The record survives the process, not a power failure.

        After a power failure the row is in doubt, and is searched for like any other.
        """
        record: Record = {"done": key, "action": action, "attempts": attempts, "at": self._clock()}
        if reply is not None and self.keep_replies:
            record["reply"] = reply
        if error is not None:
            record["error"] = error
        if is_searched:
            record["searched"] = True
        self._write(record)

    def close(self) -> None:
        """Write to disk what is not there yet, and let other processes use the journal."""
        with self._sync_lock, self._write_lock:
            if self._closed:
                return
            self._closed = True
            self._reader.close()
            try:
                if self._failure is None and self._synced < self._written:
                    os.fsync(self._descriptor)
            finally:
                os.close(self._descriptor)

    def _write(self, record: Record) -> int:
        """Append one line; return its number."""
        line = _encode(record)
        with self._write_lock:
            self._check_usable()
            try:
                written = 0
                while written < len(line):
                    written += os.write(self._descriptor, line[written:])
            except OSError as error:
                raise self._failed(error) from error
            self._written += 1
            return self._written

    def _sync(self, number: int) -> None:
        with self._sync_lock:
            if self._synced >= number:
                return  # the thread before this one has written it to disk
            self._check_usable()
            written = self._written
            try:
                os.fsync(self._descriptor)
            except OSError as error:
                raise self._failed(error) from error
            self._synced = written

    def _check_usable(self) -> None:
        if self._failure is not None:
            raise self._failed(self._failure) from self._failure
        if self._closed:
            raise JournalError(f"the journal {self.path} is closed")

    def _failed(self, error: OSError) -> JournalError:
        """Remember the first failure: a line after a torn one could not be read again."""
        self._failure = error
        return JournalError(
            f"the journal {self.path} could not be written ({error.strerror or error}):"
            " nothing further is sent. Make room, then run the same batch again"
        )

    def _parse(self, line: bytes, offset: int) -> Record:
        try:
            record = json.loads(line)
        except ValueError:
            record = None
        if isinstance(record, dict) and ("sent" in record or "done" in record):
            return record
        raise JournalError(
            f"{self.path} is not a journal: the line at byte {offset} is not a record of a batch."
            " journal must name a new file, or one that a batch has written"
        )


def _encode(record: Record) -> bytes:
    try:
        text = json.dumps(record, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):  # a reply that is not JSON
        text = json.dumps({**record, "reply": None}, separators=(",", ":"))
    return text.encode() + b"\n"


def _open_locked(path: str) -> int:
    is_new = not os.path.exists(path)
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)
    descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0), 0o600)
    try:
        if not try_lock(descriptor):
            raise JournalError(
                f"the journal {path} is in use by another process."
                " Wait for that batch to end, or give this one a journal of its own"
            )
        if hasattr(os, "fchmod"):  # an existing file may be open to others
            os.fchmod(descriptor, 0o600)
        if is_new:
            _sync_folder(path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _sync_folder(path: str) -> None:
    """Write the name of a new file to disk. Windows cannot open a folder, and does so itself."""
    try:
        folder = os.open(os.path.dirname(os.path.abspath(path)), os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _cut_torn_line(descriptor: int) -> int:
    """Cut off what follows the last line end; return the size that is left."""
    size = end = os.lseek(descriptor, 0, os.SEEK_END)
    kept = 0
    while end > 0 and not kept:
        start = max(0, end - _BLOCK)
        os.lseek(descriptor, start, os.SEEK_SET)
        kept = start + os.read(descriptor, end - start).rfind(b"\n") + 1
        if kept == start:
            kept, end = 0, start
    if kept < size:
        os.ftruncate(descriptor, kept)
    return kept
