"""One writer per file: an exclusive lock that the operating system drops with the process."""

from __future__ import annotations

import sys

if sys.platform == "win32":  # pragma: no cover  # the tests run on POSIX
    import msvcrt
    import os

    # A byte that no journal reaches: on Windows, others cannot read what is locked.
    _LOCKED_BYTE = 2**62

    def try_lock(descriptor: int) -> bool:
        """Return True if this process now holds the lock."""
        position = os.lseek(descriptor, 0, os.SEEK_CUR)
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(descriptor, position, os.SEEK_SET)
        return True

else:
    import fcntl

    def try_lock(descriptor: int) -> bool:
        """Return True if this process now holds the lock."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
