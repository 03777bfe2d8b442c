"""The file of a journal: open for one writer, private to its owner, and never another file."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import Any

from .errors import JournalError
from .lock import try_lock

#: Bytes that are read at a time when looking for the end of a line.
_BLOCK = 1 << 16

Record = dict[str, Any]

#: The members that each kind of record has.
_KINDS = (
    frozenset({"journal", "call"}),
    frozenset({"sent", "digest", "at"}),
    frozenset({"named", "header"}),
    frozenset({"done", "action", "attempts"}),
)

#: How the first line of a journal begins.
BEGINNINGS = (b'{"journal":', b'{"sent":')

# Who has which file open, by device and inode. A forked child inherits the entries of its parent.
_owners: dict[tuple[int, int], int] = {}


def open_for_writer(path: str) -> int:
    """Open a new or an existing journal; return its descriptor.

    A torn last line, left by a kill or a power failure, is cut off. Raises JournalError if the
    file cannot be opened, is in use, or is not a journal; it is then as it was.
    """
    try:
        return _open(path)
    except JournalError:
        raise
    except OSError as error:
        raise JournalError(
            f"the journal {path} cannot be opened ({error.strerror or error}):"
            " journal must name a file that can be written, in a folder that exists"
        ) from error


def close_for_writer(descriptor: int) -> None:
    _owners.pop(_identity(descriptor), None)
    os.close(descriptor)


def encode(record: Record) -> bytes:
    """Return the line of a record. Raises TypeError, ValueError or RecursionError if not JSON."""
    return json.dumps(record, separators=(",", ":")).encode() + b"\n"


def parse(line: bytes, path: str, offset: int) -> Record:
    """Return the record of a line. Raises JournalError if it is not one."""
    try:
        record = json.loads(line.decode("utf-8-sig"))  # it also reads UTF-16
    except (ValueError, RecursionError):
        record = None
    if isinstance(record, dict) and any(names <= record.keys() for names in _KINDS):
        return record
    raise _not_a_journal(path, offset)


def _open(path: str) -> int:
    is_new = not os.path.exists(path)
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)
    descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0), 0o600)
    try:
        if not try_lock(descriptor):
            raise _in_use(path, descriptor)
        _check_beginning(path, descriptor)
        if hasattr(os, "fchmod"):  # an existing file may be open to others
            os.fchmod(descriptor, 0o600)
        _cut_torn_line(descriptor)
        if is_new:
            _sync_folder(path)
    except BaseException:
        os.close(descriptor)
        raise
    _owners[_identity(descriptor)] = os.getpid()
    return descriptor


def _identity(descriptor: int) -> tuple[int, int]:
    status = os.fstat(descriptor)
    return status.st_dev, status.st_ino


def _in_use(path: str, descriptor: int) -> JournalError:
    if _owners.get(_identity(descriptor)) == os.getpid():
        return JournalError(
            f"the journal {path} is in use by another batch of this process. Read that batch to"
            " its end, or close it. Only a batch of other rows may have another journal: with one,"
            " the same rows are sent again"
        )
    return JournalError(
        f"the journal {path} is in use by another process. Wait for that batch to end. Only a"
        " batch of other rows may have another journal: with one, the same rows are sent again"
    )


def _not_a_journal(path: str, offset: int) -> JournalError:
    if offset:
        return JournalError(
            f"the journal {path} is damaged: the line at byte {offset} is not a record of a batch."
            " Restore the file, or delete that line if it was added by hand. With another journal"
            " every row is sent again"
        )
    return JournalError(
        f"{path} is not a journal: the line at byte {offset} is not a record of a batch."
        " journal must name a new file, or one that a batch has written"
    )


def of_another_call(path: str, written_for: object, call: str) -> JournalError:
    return JournalError(
        f"the journal {path} is that of another batch: it was written for {written_for}, and this"
        f" batch calls {call}. Nothing was sent. Give this batch a journal of its own. If you"
        " renamed the function only, restore its name: with another journal every row is sent again"
    )


def unwritable(path: str, error: OSError) -> JournalError:
    return JournalError(
        f"the journal {path} could not be written ({error.strerror or error}):"
        " nothing further is sent. Make room, then run the same batch again"
    )


def _check_beginning(path: str, descriptor: int) -> None:
    """Raise JournalError unless the first line is of a journal, torn, or missing."""
    size = os.lseek(descriptor, 0, os.SEEK_END)
    if size == 0:
        return
    os.lseek(descriptor, 0, os.SEEK_SET)
    first, end, _ = os.read(descriptor, _BLOCK).partition(b"\n")
    if end:
        parse(first, path, 0)
        return
    is_begun = any(first[: len(each)] == each[: len(first)] for each in BEGINNINGS)
    is_zeros = not first.strip(b"\0")  # a power failure leaves them
    if size > _BLOCK or not (is_begun or is_zeros):
        raise _not_a_journal(path, 0)


def _cut_torn_line(descriptor: int) -> None:
    """Cut off what follows the last line end."""
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


def _sync_folder(path: str) -> None:
    """Write the name of a new file to disk, if the system can.

    Windows cannot open a folder, and does so itself. Shares of Windows refuse the fsync.
    """
    with suppress(OSError):
        folder = os.open(os.path.dirname(os.path.abspath(path)), os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
