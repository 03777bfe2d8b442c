"""The way of one row: wait for leave, note it, send it, judge what came, and send it again.

::

    pace      may a call go now?
    journal   "sent", on disk before the request leaves
    call      the resource method
    verdict   answered, fix, stop | retry: note it, wait, begin again | unknown: search for it
    journal   "done"
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import requests

from ..call_context import CallContext, call_context
from ..verdict import Verdict, verdict_on
from .control import Control
from .errors import JournalError, RefusedCall, RowInDoubt
from .gate import MAX_FAILURES, PaceGate, backoff
from .journal import Journal
from .outcome import Outcome
from .pacing import Pace
from .quota import quota_of
from .recorded import describe_error
from .search import FindAllSent, Searcher

#: Times that a row is sent again after a rate limit. The pace decides when.
MAX_REFUSALS = 100

_UNKNOWN = Verdict("unknown")


@dataclass(frozen=True)
class Row:
    """A row to send. ``sent_at`` is set if an earlier run left it in doubt."""

    key: str
    digest: str
    request: Any
    attempts: int = 0
    sent_at: float | None = None
    error: Exception | None = None
    #: True if an earlier run searched for it when the API could not be busy with it anymore.
    is_searched: bool = False


@dataclass(frozen=True)
class _Failure:
    """What a call raised, and what that means for its row."""

    error: Exception
    verdict: Verdict


@dataclass(frozen=True)
class Rules:
    """What the caller decided, and what the session can do."""

    call: Callable[[Any], Any]
    #: Puts the key into a request, so that it can be found again.
    mark: Callable[[Any, str], Any] = lambda request, key: request
    #: Finds the replies to requests by their keys; None if the API cannot be searched.
    find_all_sent: FindAllSent | None = None
    resend_in_doubt: bool = False
    idempotency_header: str | None = None

    @property
    def may_resend(self) -> bool:
        return self.resend_in_doubt or self.idempotency_header is not None


class Sender:
    """Takes rows to their outcomes. Every thread of the batch uses the same one."""

    def __init__(
        self, rules: Rules, pace: Pace, control: Control, journal: Journal | None = None
    ) -> None:
        self.rules = rules
        self._control = control
        self._journal = journal
        self._gate = PaceGate(pace, control)
        self._searcher = Searcher(rules.find_all_sent, self._gate, control)

    def process(self, row: Row) -> Outcome | None:
        """Return what became of a row; None if the batch stopped before it was sent."""
        try:
            outcome = self._process(row)
        except JournalError as error:
            self._control.stop(error)
            return None
        if outcome is not None:
            try:
                self._note(outcome)
            except JournalError as error:
                self._control.stop(error)  # the row was processed: its outcome is still told
            if outcome.attempts > row.attempts:  # what an earlier run left says nothing of now
                self._control.count(outcome.action, outcome.error)
            if outcome.action == "stop":
                self._control.stop(outcome.error)
        return outcome

    def _process(self, row: Row) -> Outcome | None:
        attempts, failures, refusals = row.attempts, 0, 0
        if row.sent_at is not None:
            found = None if row.is_searched else self._search(row, row.sent_at, attempts)
            if found is not None or not self.rules.may_resend:
                error = row.error or RowInDoubt()
                return found or _failed(row, _Failure(error, _UNKNOWN), attempts)
        while True:
            grant = self._gate.enter()
            if grant is None:
                return None
            sent_at = self._note_sent(row, attempts)
            if sent_at is None:
                self._gate.leave(grant)
                return None
            attempts += 1
            result = self._call(row)
            if not isinstance(result, _Failure):
                self._gate.leave(grant, quota_of(result))
                return Outcome(row.key, row.request, result, attempts=attempts)
            error, verdict = result.error, result.verdict
            is_refused = self._gate.leave_failed(grant, error, verdict)
            refusals, failures = refusals + is_refused, failures + (not is_refused)
            outcome = self._judge(row, result, sent_at, attempts)
            if outcome is not None or failures > MAX_FAILURES or refusals > MAX_REFUSALS:
                return outcome or _failed(row, result, attempts)
            self._write_done(row.key, verdict.action, attempts)
            if not is_refused and not self._control.pause(backoff(failures, verdict)):
                return None

    def _judge(self, row: Row, failure: _Failure, sent_at: float, attempts: int) -> Outcome | None:
        """Return the outcome; None if the row is to be sent again."""
        if failure.verdict.action == "retry":
            return None
        if failure.verdict.action == "unknown":
            found = self._search(row, sent_at, attempts)
            if found is None and self.rules.may_resend:
                return None
            return found or _failed(row, failure, attempts)
        return _failed(row, failure, attempts)

    def _call(self, row: Row) -> Any:
        headers: Mapping[str, str] = {}
        if self.rules.idempotency_header is not None:
            content = f"{row.digest} {row.key}".encode()
            name = hashlib.blake2b(content, digest_size=16).hexdigest()
            headers = {self.rules.idempotency_header: name}
        answered: list[requests.Response] = []
        try:
            with call_context(CallContext(headers, False, answered)):
                return self.rules.call(self.rules.mark(row.request, row.key))
        except Exception as error:
            return _Failure(error, _verdict_on_call(error, answered))

    def _search(self, row: Row, since: float, attempts: int) -> Outcome | None:
        """Look for the reply to a row in doubt; return None if it is not found."""
        try:
            reply = self._searcher.find(row.key, since)
        except RefusedCall as error:
            return _failed(row, _Failure(error, verdict_on(error)), attempts)
        return None if reply is None else Outcome(row.key, row.request, reply, attempts=attempts)

    def _note_sent(self, row: Row, attempts: int) -> float | None:
        """Note that a row is about to be sent; return when, or None if the batch stops."""
        if self._journal is None:
            return datetime.now(timezone.utc).timestamp()
        sent_at = self._journal.write_sent(row.key, row.digest)
        if self._control.is_stopping:  # meanwhile
            self._write_done(row.key, "retry", attempts)
            return None
        return sent_at

    def _note(self, outcome: Outcome) -> None:
        self._write_done(
            outcome.key, outcome.action, outcome.attempts, reply=outcome.reply, error=outcome.error
        )

    def _write_done(
        self,
        key: str,
        action: str,
        attempts: int,
        *,
        reply: Any = None,
        error: Exception | None = None,
    ) -> None:
        if self._journal is not None:
            details = self._journal.keep_replies
            described = None if error is None else describe_error(error, with_details=details)
            self._journal.write_done(key, action, attempts, reply=reply, error=described)


def _failed(row: Row, failure: _Failure, attempts: int) -> Outcome:
    error, verdict = failure.error, failure.verdict
    return Outcome(row.key, row.request, error=error, verdict=verdict, attempts=attempts)


def _verdict_on_call(error: Exception, answered: Collection[requests.Response]) -> Verdict:
    """Return what an error means if requests of the same call were answered before.

    An error that is itself the only answer says what became of its request.
    """
    response = getattr(error, "response", None)
    is_another = any(each is not response for each in answered)
    return _UNKNOWN if is_another else verdict_on(error)
