"""The journal: what is about to be sent, and what became of it, as JSON Lines on disk.

A first line names the call, and each row has two records. The first is on disk before the request
leaves::

    {"journal": 1, "call": "eligibility"}
    {"sent": "A-17", "digest": "5f0c...", "at": 1764093000.25, "nonce": "9b1e..."}
    {"done": "A-17", "action": "answered", "attempts": 1, "at": 1764093001.5, "reply": {...}}

Between the two, ``{"named": "A-17", "header": "Idempotency-Key"}`` says that the request carries
an idempotency key. The header ``null`` takes that back, because a later request of the row does
not. A row without ``done`` is in doubt: the request may have been processed.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from ...transport.fork import reset_after_fork
from . import journal_file
from .errors import JournalError
from .journal_file import Record

log = logging.getLogger(__name__)

#: Seconds that an fsync waits for more rows, if several are there: one costs as much as a call.
GROUP_WAIT = 0.005


class Journal:
    """An open journal, locked for this process. Any thread may write.

    ``call`` is the name of what the batch calls. Raises JournalError if the file cannot be opened,
    is in use, is not a journal, or is that of another call.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        call: str | None = None,
        keep_replies: bool = True,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.path = os.fspath(path)
        self.keep_replies = keep_replies
        self._clock = clock
        self._descriptor = journal_file.open_for_writer(self.path)
        self._make_locks()
        self._waiting = 0  # threads, for an fsync
        self._appended = self._written = self._synced = 0
        self._lines: list[bytes] = []  # that wait to be written
        self._failure: OSError | None = None
        self._closed = False
        try:
            self._size = os.fstat(self._descriptor).st_size
            self._reader = open(self.path, "rb")  # noqa: SIM115  # closed by close()
        except BaseException:
            journal_file.close_for_writer(self._descriptor)
            raise
        try:
            if call is not None:
                self._begin(call)
        except BaseException:
            self.close()
            raise
        reset_after_fork(self)

    def _make_locks(self) -> None:
        self._buffer_lock = threading.Lock()
        self._write_lock = threading.Lock()
        self._sync_done = threading.Condition(threading.Lock())
        self._is_syncing = False

    def _reset_after_fork(self) -> None:
        """Let go of the file in a child process, which would keep the lock after its parent."""
        self._make_locks()
        if not self._closed:
            self._closed = True
            os.close(self._descriptor)

    def _begin(self, call: str) -> None:
        """Prepare the first line of a new journal, or compare that of an existing one."""
        if self._size == 0:
            self._lines.append(journal_file.encode({"journal": 1, "call": call}))
            return
        written_for = self.read(0).get("call", call)  # a journal may have no such line
        if written_for != call:
            raise journal_file.of_another_call(self.path, written_for, call)

    def records(self) -> Iterator[tuple[int, Record]]:
        """Yield each record of a row with its offset in the file."""
        offset = 0
        self._reader.seek(0)
        while offset < self._size:
            line = self._reader.readline()
            record = journal_file.parse(line, self.path, offset)
            if "journal" not in record:
                yield offset, record
            offset += len(line)

    def read(self, offset: int) -> Record:
        """Return the record at an offset that `records` yielded."""
        self._reader.seek(offset)
        return journal_file.parse(self._reader.readline(), self.path, offset)

    def write_sent(self, key: str, digest: str, nonce: str = "") -> float:
        """Note that a request is about to leave; return the time noted, in epoch seconds.

        The record is on disk when this returns. Threads that are here together share one fsync.
        Raises JournalError, and writes nothing more, after the first failure.
        """
        now = self._clock()
        record: Record = {"sent": key, "digest": digest, "at": now}
        if nonce:
            record["nonce"] = nonce
        self._sync(self._append(record))
        return now

    def write_named(self, key: str, header: str | None) -> None:
        """Note that the request that is about to leave carries an idempotency key.

        None notes that this one does not, though one before it did, and takes that back.
        The record survives the process, not a power failure: the row is then sent no more.
        """
        self._append({"named": key, "header": header})
        self._flush(wait=True)

    def write_done(
        self,
        key: str,
        action: str,
        attempts: int,
        *,
        reply: Record = {},  # noqa: B006  # not changed
        error: Any = None,
        is_searched: bool = False,
    ) -> None:
        """Note what became of a row. The record is written, but not forced to disk.

        If it is lost, the row is in doubt. ``reply`` is the members that hold the reply. Raises
        TypeError, ValueError or RecursionError if they are not JSON, and writes nothing.
        """
        record: Record = {"done": key, "action": action, "attempts": attempts, "at": self._clock()}
        record.update(reply)
        if error is not None:
            record["error"] = error
        if is_searched:
            record["searched"] = True
        self._append(record)
        self._flush()

    def close(self) -> None:
        """Write to disk what is not there yet, and let other processes use the journal."""
        with self._sync_done:
            self._sync_done.wait_for(lambda: not self._is_syncing)
            with self._write_lock:
                if not self._closed:
                    self._close()

    def _close(self) -> None:
        self._reader.close()
        try:
            if self._failure is None and self._synced < self._appended:
                self._write_lines()
                os.fsync(self._descriptor)
        except OSError as error:  # every outcome is told, and what ended the batch counts
            reason = (self._failure or error).strerror or type(error).__name__
            log.warning("the journal %s could not be written to disk: %s", self.path, reason)
        finally:
            self._closed = True
            journal_file.close_for_writer(self._descriptor)

    def _append(self, record: Record) -> int:
        """Add one line to those that wait to be written; return its number."""
        line = journal_file.encode(record)
        with self._buffer_lock:
            self._check_usable()
            self._lines.append(line)
            self._appended += 1
            return self._appended

    def _flush(self, *, wait: bool = False) -> None:
        """Write the lines that wait; without ``wait``, a thread that is writing takes them along.

        One thread writes for all, because each write costs a wait for the interpreter.
        """
        if wait:
            with self._write_lock:
                self._write_lines()
        while self._lines and self._write_lock.acquire(blocking=False):
            try:
                self._write_lines()
            finally:
                self._write_lock.release()

    def _write_lines(self) -> None:
        """Write all lines that wait. The write lock is held."""
        with self._buffer_lock:
            lines, self._lines = self._lines, []
            written = self._appended
        self._check_usable()
        content = b"".join(lines)
        try:
            while content:
                content = content[os.write(self._descriptor, content) :]
        except OSError as error:
            raise self._failed(error) from error
        self._written = written

    def _sync(self, number: int) -> None:
        """Return when the line with this number is on disk. Threads share one fsync."""
        with self._sync_done:
            self._waiting += 1
            while self._is_syncing and self._synced < number:
                self._sync_done.wait()
            self._waiting -= 1
            if self._synced >= number:
                return  # another thread has written it to disk
            self._is_syncing, is_shared = True, self._waiting > 0
        try:
            if is_shared:
                time.sleep(GROUP_WAIT)
            self._flush(wait=True)
            written = self._written
            try:
                os.fsync(self._descriptor)
            except OSError as error:
                raise self._failed(error) from error
            self._synced = written
        finally:
            with self._sync_done:
                self._is_syncing = False
                self._sync_done.notify_all()

    def _check_usable(self) -> None:
        if self._failure is not None:
            raise self._failed(self._failure) from self._failure
        if self._closed:
            raise JournalError(f"the journal {self.path} is closed")

    def _failed(self, error: OSError) -> JournalError:
        """Remember the first failure: a line after a torn one could not be read again."""
        self._failure = error
        return journal_file.unwritable(self.path, error)
