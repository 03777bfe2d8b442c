"""The way of one row: wait for leave, note it, send it, judge what came, and send it again.

::

    pace      may a call go now?
    journal   "sent", on disk before the request leaves
    call      the resource method
    verdict   answered, fix, stop | retry: note it, wait, begin again | unknown: search for it
    journal   "done"
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from types import CoroutineType, GeneratorType
from typing import Any

import requests

from ..call_context import CallContext, call_context
from ..quota import quota_of
from ..verdict import verdict_on
from .control import Control
from .errors import JournalError, RefusedCall, RowInDoubt
from .gate import MAX_FAILURES, PaceGate, backoff
from .idempotency import IdempotencyKey
from .journal import Journal
from .journal_values import UNWRITABLE, describe_cause, describe_error, describe_reply
from .outcome import Outcome
from .pacing import Pace
from .row import Failure, Row, State, verdict_on_call
from .search import NOT_SEARCHED, FindAllSent, Searcher

log = logging.getLogger(__name__)

#: Seconds between two log lines about rows that fail.
LOG_INTERVAL = 10.0

#: Times that a row is sent again after a rate limit. The pace decides when.
MAX_REFUSALS = 100


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

    def may_resend(self, state: State) -> bool:
        """Return True if a row in doubt, which was not found, is sent again."""
        if self.idempotency_header is not None and state.is_named:
            return True
        is_missing = self.find_all_sent is None or state.is_searched
        return self.resend_in_doubt and is_missing and not state.is_resent


class Sender:
    """Takes rows to their outcomes. Every thread of the batch uses the same one."""

    def __init__(
        self, rules: Rules, pace: Pace, control: Control, journal: Journal | None = None
    ) -> None:
        self.rules = rules
        self._control = control
        self._journal = journal
        self._next_line = 0.0
        self._gate = PaceGate(pace, control)
        self._searcher = Searcher(rules.find_all_sent, self._gate, control)

    def process(self, row: Row) -> Outcome | None:
        """Return what became of a row; None if the batch stopped before it was sent."""
        doubt = None if row.sent_at is None else row.error or RowInDoubt()
        is_named = doubt is None or row.header == self.rules.idempotency_header
        state = State(row, row.attempts, doubt, row.is_searched, is_named)
        try:
            outcome = self._process(state)
        except JournalError as error:
            self._control.stop(error)
            return state.left()
        if outcome is not None:
            is_sent = outcome.attempts > row.attempts
            try:
                if is_sent or not row.is_searched:  # otherwise an earlier run noted the same
                    self._note(outcome, is_searched=state.is_searched)
            except JournalError as error:
                self._control.stop(error)  # the row was processed: its outcome is still told
            if is_sent:  # what an earlier run left says nothing of now
                self._control.count(outcome.action, outcome.error)
            if outcome.action == "stop":
                self._control.stop(outcome.error)
        return outcome

    def _process(self, state: State) -> Outcome | None:
        row, failures, refusals = state.row, 0, 0
        if row.sent_at is not None:
            found = None if row.is_searched else self._search(state, row.sent_at)
            if found is not None or not self.rules.may_resend(state):
                return found or state.left()
            state.is_resent = True
        while True:
            grant = self._gate.enter()
            if grant is None:
                return state.left()
            sent_at = self._note_sent(state)
            if sent_at is None:
                self._gate.leave(grant)
                return state.left()
            state.begin()
            result = self._call(state)
            if not isinstance(result, Failure):
                self._gate.leave(grant, quota_of(result))
                return Outcome(row.key, row.request, result, attempts=state.attempts)
            is_refused = self._gate.leave_failed(grant, result.error, result.verdict)
            refusals, failures = refusals + is_refused, failures + (not is_refused)
            outcome = self._judge(state, result, sent_at)
            if outcome is not None or failures > MAX_FAILURES or refusals > MAX_REFUSALS:
                return outcome or state.failed(result)
            self._write_done(row.key, state.action_after(result), state.attempts)
            if is_refused:
                continue
            self._tell_of_failure(result.error)
            if not self._control.pause(backoff(failures, result.verdict)):
                return state.left()

    def _tell_of_failure(self, error: Exception) -> None:
        now = time.monotonic()
        if now >= self._next_line:  # all threads meet the same outage
            self._next_line = now + LOG_INTERVAL
            log.info("rows fail and are sent again later: %s", describe_cause(error))

    def _judge(self, state: State, failure: Failure, sent_at: float) -> Outcome | None:
        """Return the outcome; None if the row is to be sent again."""
        action = failure.verdict.action
        if action == "retry":
            return None
        if action == "unknown":
            state.doubt_after(failure)
            found = self._search(state, sent_at)
            if found is None and self.rules.may_resend(state):
                state.is_resent = True
                return None
            return found or state.failed(failure)
        if action == "stop" and state.doubt is not None:
            self._control.stop(failure.error)  # the outcome does not tell
        return state.failed(failure)

    def _call(self, state: State) -> Any:
        row = state.row
        context = CallContext(waits_for_rate_limit=False, answered=[])
        header, key = self.rules.idempotency_header, None
        if header is not None:
            note = partial(self._note_named, state)
            key = IdempotencyKey(header, row.digest, row.key, note)
            context.headers = {header: key.value}
            context.before_request = key.check
        try:
            with call_context(context):
                result = self.rules.call(self.rules.mark(row.request, row.mark))
                if isinstance(result, requests.Response):
                    result.raise_for_status()
                elif isinstance(result, (CoroutineType, GeneratorType)):
                    result.close()
                    raise TypeError(
                        f"call must be a plain function, but returned a {type(result).__name__},"
                        " which does not run: nothing was sent"
                    )
                return result
        except Exception as error:
            verdict = verdict_on_call(error, context.answered or ())
            return Failure(error, verdict, key is not None and key.covers(error))

    def _search(self, state: State, since: float) -> Outcome | None:
        """Look for the reply to a row in doubt; return None if it is not found."""
        row, attempts = state.row, state.attempts
        try:
            reply = self._searcher.find(row.mark, since)
        except RefusedCall as error:
            verdict = verdict_on(error)
            return Outcome(row.key, row.request, error=error, verdict=verdict, attempts=attempts)
        state.is_searched = reply is not NOT_SEARCHED
        if reply is None or reply is NOT_SEARCHED:
            return None
        return Outcome(row.key, row.request, reply, attempts=attempts)

    def _note_sent(self, state: State) -> float | None:
        """Note that a row is about to be sent; return when, or None if the batch stops."""
        if self._journal is None:
            return datetime.now(timezone.utc).timestamp()
        row = state.row
        sent_at = self._journal.write_sent(row.key, row.digest, row.nonce)
        if self._control.is_stopping:  # meanwhile
            if state.doubt is None:
                self._write_done(row.key, "retry", state.attempts)
            return None
        return sent_at

    def _note_named(self, state: State, is_named: bool) -> None:
        """Note whether the row carries an idempotency key, unless an earlier copy did not."""
        if self._journal is not None and state.is_named:
            header = self.rules.idempotency_header if is_named else None
            self._journal.write_named(state.row.key, header)

    def _note(self, outcome: Outcome, *, is_searched: bool) -> None:
        key, attempts, reply, error = outcome.key, outcome.attempts, outcome.reply, outcome.error
        is_searched = is_searched and outcome.action == "unknown"
        try:
            self._write_done(
                key, outcome.action, attempts, reply=reply, error=error, is_searched=is_searched
            )
        except JournalError:
            raise
        except UNWRITABLE:
            lost = RowInDoubt(
                "an earlier run got a reply that the journal could not hold: the call returned a"
                f" {type(reply).__name__}. It must return JSON, a Reply, a Response or bytes"
            )
            self._write_done(key, "unknown", attempts, error=lost)

    def _write_done(
        self,
        key: str,
        action: str,
        attempts: int,
        *,
        reply: Any = None,
        error: Exception | None = None,
        is_searched: bool = False,
    ) -> None:
        if self._journal is None:
            return
        keeps = self._journal.keep_replies
        self._journal.write_done(
            key,
            action,
            attempts,
            reply=describe_reply(reply) if keeps and reply is not None else {},
            error=None if error is None else describe_error(error, with_details=keeps),
            is_searched=is_searched,
        )
