"""The log of calls: one record per call on the logger ``pokitdok_session.calls``, at INFO."""

from __future__ import annotations

import logging
import time
from typing import Any

from .reply import Reply

log = logging.getLogger("pokitdok_session.calls")


class CallRecord:
    """What the log says about one call. It holds no path, no query and no body."""

    def __init__(self, method: str) -> None:
        self.method = method
        self.outcome = ""
        self._activity_id: str | None = None
        self._attempts = 0
        self._started = time.monotonic()

    def add(self, reply: Reply[Any]) -> None:
        self.outcome = str(reply.response.status_code)
        self._activity_id = reply.activity_id
        self._attempts += 1 + len(reply.response.history)

    def emit(self) -> None:
        log.info(
            "%s %s in %.0f ms, activity %s, requests sent: %d",
            self.method,
            self.outcome,
            1000 * (time.monotonic() - self._started),
            self._activity_id,
            self._attempts,
        )
