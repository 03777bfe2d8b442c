"""How the threads of one batch stop: together, at once, and out of any wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ...transport.fork import reset_after_fork


class Control:
    """Whether the batch goes on. All waits of its threads are made here."""

    def __init__(self, give_up_after: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.cause: BaseException | None = None
        self._give_up_after = give_up_after
        self._without_outcome = 0  # in a row
        self._is_stopping = False
        self._condition = threading.Condition()
        self._clock = clock
        reset_after_fork(self)

    def _reset_after_fork(self) -> None:
        """Stop in a child process: it has none of the threads, but perhaps a lock of theirs."""
        self._condition = threading.Condition()
        self._is_stopping = True

    @property
    def is_stopping(self) -> bool:
        return self._is_stopping

    def stop(self, cause: BaseException | None = None) -> None:
        """Send nothing further. The first cause is the one that counts."""
        with self._condition:
            if cause is not None and self.cause is None and not self._is_stopping:
                self.cause = cause
            self._is_stopping = True
            self._condition.notify_all()

    def wait(self, seconds: float) -> bool:
        """Wait until `wake`, at most so many seconds; return False if the batch stops."""
        with self._condition:
            if not self._is_stopping and seconds > 0:
                self._condition.wait(seconds)
            return not self._is_stopping

    def pause(self, seconds: float) -> bool:
        """Wait so many seconds whatever others do; return False if the batch stops."""
        deadline = self._clock() + seconds
        while (left := deadline - self._clock()) > 0:
            if not self.wait(left):
                return False
        return not self._is_stopping

    def wake(self) -> None:
        """End every `wait`: what the threads wait for may have come."""
        with self._condition:
            self._condition.notify_all()

    def count(self, action: str, error: BaseException | None) -> None:
        """Count one outcome; stop after too many in a row that leave a row without one."""
        with self._condition:
            is_known = action in ("answered", "fix")
            self._without_outcome = 0 if is_known else self._without_outcome + 1
            gives_up = self._without_outcome >= self._give_up_after
        if gives_up:
            self.stop(error)
