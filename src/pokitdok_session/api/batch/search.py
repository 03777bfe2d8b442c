"""Rows in doubt: look for their replies at the API, by the keys that the requests carried."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, timezone
from typing import Any, TypeAlias

from ..call_context import CallContext, call_context
from ..verdict import verdict_on
from .control import Control
from .errors import BatchStopped, RefusedCall
from .gate import MAX_FAILURES, PaceGate, backoff
from .journal_values import describe_cause

log = logging.getLogger(__name__)

#: Yields what is found of some keys since a time, after each call of the API.
FindAllSent: TypeAlias = Callable[[Collection[str], datetime], Iterator[Mapping[str, Any]]]

#: Seconds before the second search of a row that was just sent: the API may still be busy with it.
SEARCH_AGAIN = 2.0

#: Seconds after which the API is not busy with a request anymore.
SETTLED = 30.0

#: Seconds by which the clocks of client and server may differ.
CLOCK_SKEW = 30.0

#: What is found if the search did not get to its end.
NOT_SEARCHED: Any = object()


class Searcher:
    """Searches with the pace of the batch. Threads that are here together share one search."""

    def __init__(self, find_all: FindAllSent | None, gate: PaceGate, control: Control) -> None:
        self._find_all = find_all
        self._gate = gate
        self._control = control
        self._lock = threading.Lock()
        self._searching = threading.Lock()
        self._wanted: dict[str, float] = {}
        self._found: dict[str, Any] = {}

    def find(self, key: str, sent_at: float) -> Any:
        """Return the reply to the row with this key; None if the API does not have it.

        `NOT_SEARCHED` if there is no search, or it did not get to its end.

        Raises RefusedCall if the API has it, and had refused it.
        """
        if self._find_all is None:
            return NOT_SEARCHED
        reply = self._share(self._find_all, key, sent_at)
        is_fresh = time.time() < sent_at + SETTLED
        is_missing = reply is None or reply is NOT_SEARCHED
        if is_missing and is_fresh and self._control.pause(SEARCH_AGAIN):
            reply = self._share(self._find_all, key, sent_at)
        if isinstance(reply, RefusedCall):
            raise reply
        return reply

    def _share(self, find_all: FindAllSent, key: str, sent_at: float) -> Any:
        """Search for the keys of all threads that wait; return what was found of this one."""
        with self._lock:
            self._wanted[key] = sent_at
        with self._searching:
            with self._lock:
                wanted, self._wanted = self._wanted, {}
            if wanted:  # otherwise the thread before this one has searched for it
                self._found.update(self._search(find_all, wanted))
            return self._found.pop(key, NOT_SEARCHED)

    def _search(self, find_all: FindAllSent, wanted: Mapping[str, float]) -> dict[str, Any]:
        since = datetime.fromtimestamp(min(wanted.values()) - CLOCK_SKEW, timezone.utc)
        failures = 0
        while True:
            found: dict[str, Any] = {}
            error = self._walk(find_all(list(wanted), since), found)
            if error is None:
                return {**dict.fromkeys(wanted), **found}
            verdict = verdict_on(error)
            failures += 1
            goes_on = verdict.action == "retry" and failures <= MAX_FAILURES
            if not (goes_on and self._control.pause(backoff(failures, verdict))):
                break
        if not self._control.is_stopping:
            log.warning(
                "the search for rows in doubt failed: %s. They stay unknown, and a run with the"
                " same journal searches again",
                describe_cause(error),
            )
        return found

    def _walk(self, pages: Iterator[Mapping[str, Any]], found: dict[str, Any]) -> Exception | None:
        """Collect what each call of the API finds; return what a call raised."""
        while True:
            grant = self._gate.enter()
            if grant is None:
                return BatchStopped()
            try:
                with call_context(CallContext(waits_for_rate_limit=False)):
                    found.update(next(pages))
            except StopIteration:
                self._gate.leave(grant)
                return None
            except Exception as error:
                self._gate.leave_failed(grant, error, verdict_on(error))
                return error
            self._gate.leave(grant)
