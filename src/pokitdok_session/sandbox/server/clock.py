"""The sandbox's clock, which tests can advance, and the jobs that run on it."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import TypeAlias

log = logging.getLogger(__name__)

Job: TypeAlias = Callable[[float], None]
"""Called once with the time when it was due, which can be earlier than now."""


class Clock:
    """UTC seconds since the epoch, plus the seconds that tests added."""

    def __init__(self) -> None:
        # Monotonic, because a change of the machine's time must not expire a token.
        self._origin = time.time() - time.monotonic()
        self._offset = 0.0
        self._jobs: list[tuple[float, int, Job]] = []
        self._numbers = itertools.count()
        self._jobs_lock = threading.Lock()
        self._run_lock = threading.RLock()

    def now(self) -> float:
        return self._origin + time.monotonic() + self._offset

    def advance(self, seconds: float) -> None:
        """Move the time ahead, and run every job that becomes due."""
        if seconds < 0:
            raise ValueError(f"seconds must be 0 or more, got {seconds}")
        self._offset += seconds
        self.run_due()

    def at(self, when: float, job: Job) -> None:
        """Call ``job`` when the time is ``when``."""
        with self._jobs_lock:
            heapq.heappush(self._jobs, (when, next(self._numbers), job))

    def run_due(self) -> None:
        """Call every job that is due, the earliest first, and the jobs that these add."""
        if not self._is_due():
            return
        with self._run_lock:
            while True:
                with self._jobs_lock:
                    if not self._is_due():
                        return
                    when, _, job = heapq.heappop(self._jobs)
                try:
                    job(when)
                except Exception:  # the server and other jobs must go on
                    log.exception("a job of the sandbox's clock failed")

    def _is_due(self) -> bool:
        # A slice, because another thread can remove the only job after a check of the length.
        return any(when <= self.now() for when, _, _ in self._jobs[:1])


def format_datetime(when: float) -> str:
    """Return the API's datetime: ISO 8601 with microseconds, in UTC, without a zone."""
    return datetime.fromtimestamp(when, timezone.utc).isoformat(timespec="microseconds")[:26]


def format_date(when: float) -> str:
    """Return the API's date: ``YYYY-MM-DD``, in UTC."""
    return format_datetime(when)[:10]
