"""Rows in doubt: look for the reply at the API, by the key that the request carried."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any, TypeAlias

from ..call_context import CallContext, call_context
from ..verdict import verdict_on
from .control import Control
from .errors import RefusedCall
from .gate import MAX_FAILURES, PaceGate, backoff

#: Returns the reply to the request with a key that was sent after a time, None if there is none.
FindSent: TypeAlias = Callable[[str, datetime], Any]

#: Seconds before each search: the API may still be busy with the request.
SEARCH_WAITS = (0.0, 2.0)

#: Seconds by which the clocks of client and server may differ.
CLOCK_SKEW = 60.0


class Searcher:
    """Searches with the pace of the batch. A search that is refused is made again."""

    def __init__(self, find_sent: FindSent | None, gate: PaceGate, control: Control) -> None:
        self._find_sent = find_sent
        self._gate = gate
        self._control = control

    def find(self, key: str, sent_at: float) -> Any:
        """Return the reply to the row with this key; None if it is not found.

        Raises RefusedCall if the API has it, and had refused it.
        """
        if self._find_sent is None:
            return None
        since = datetime.fromtimestamp(sent_at - CLOCK_SKEW, timezone.utc)
        for seconds in SEARCH_WAITS:
            if not self._control.pause(seconds):
                return None
            reply = self._find_once(self._find_sent, key, since)
            if reply is not None:
                return reply
        return None

    def _find_once(self, find_sent: FindSent, key: str, since: datetime) -> Any:
        failures = 0
        while failures <= MAX_FAILURES:
            grant = self._gate.enter()
            if grant is None:
                return None
            try:
                with call_context(CallContext(waits_for_rate_limit=False)):
                    reply = find_sent(key, since)
            except RefusedCall:
                self._gate.leave(grant)
                raise
            except Exception as error:
                verdict = verdict_on(error)
                is_refused = self._gate.leave_failed(grant, error, verdict)
                failures += 1
                if verdict.action != "retry":
                    return None
                if not is_refused and not self._control.pause(backoff(failures, verdict)):
                    return None
            else:
                self._gate.leave(grant)
                return reply
        return None
