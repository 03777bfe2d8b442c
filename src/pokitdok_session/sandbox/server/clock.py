"""The sandbox's time, which tests can move, and what is due when it has come."""

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
"""Called once with the time it was due at, which may be earlier than now."""


class Clock:
    """UTC epoch seconds that run at the usual pace, plus what tests have added."""

    def __init__(self) -> None:
        # Counted on the monotonic clock, so that a machine that sets its time expires no token.
        self._origin = time.time() - time.monotonic()
        self._offset = 0.0
        self._jobs: list[tuple[float, int, Job]] = []
        self._numbers = itertools.count()
        self._agenda = threading.Lock()
        self._running = threading.RLock()

    def now(self) -> float:
        return self._origin + time.monotonic() + self._offset

    def advance(self, seconds: float) -> None:
        """Move the time ahead; what falls due on the way has happened when this returns."""
        if seconds < 0:
            raise ValueError("the sandbox's time does not run backwards")
        self._offset += seconds
        self.run_due()

    def at(self, when: float, job: Job) -> None:
        """Have ``job`` called when the time is ``when``."""
        with self._agenda:
            heapq.heappush(self._jobs, (when, next(self._numbers), job))

    def run_due(self) -> None:
        """Call every job whose time has come, the earliest first, those that they add included."""
        if not self._is_due():
            return
        with self._running:
            while True:
                with self._agenda:
                    if not self._is_due():
                        return
                    when, _, job = heapq.heappop(self._jobs)
                try:
                    job(when)
                except Exception:  # one that fails must end neither the server nor the others
                    log.exception("a job of the sandbox's clock failed")

    def _is_due(self) -> bool:
        # At one stroke: another thread may take the only job between two looks at the list.
        return any(when <= self.now() for when, _, _ in self._jobs[:1])


def format_datetime(when: float) -> str:
    """The API's datetime: ISO 8601 with microseconds, in UTC, without a zone."""
    return datetime.fromtimestamp(when, timezone.utc).isoformat(timespec="microseconds")[:26]


def format_date(when: float) -> str:
    """The API's date: ``YYYY-MM-DD``, in UTC."""
    return format_datetime(when)[:10]
