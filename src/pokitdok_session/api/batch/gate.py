"""Leave for one call: wait until the pace gives it, and tell the pace how the call ended."""

from __future__ import annotations

import random
from collections.abc import Mapping

import requests

from ..errors import Forbidden, RateLimited
from ..quota import Quota, quota_of_headers, seconds_told
from ..verdict import Verdict
from .control import Control
from .pacing import Grant, Pace

#: Times that a call is tried again after trouble that is not a rate limit.
MAX_FAILURES = 9

#: Refusals with status 403 in a row, none of which told when a rate limit ends, after which it is
#: not taken for one. The waits between them are 13 minutes in all.
MAX_GUESSES = 20

#: Seconds before the first such retry, the longest wait that is doubled, and of any other kind.
FIRST_WAIT, LONGEST_BACKOFF, LONGEST_WAIT = 0.5, 60.0, 3600.0


class PaceGate:
    """The pace of a batch, and the waits for it. Every thread uses the same gate."""

    def __init__(self, pace: Pace, control: Control) -> None:
        self._pace = pace
        self._control = control

    def enter(self) -> Grant | None:
        """Wait until a call may be sent; return None if the batch stops."""
        seconds = 0.0
        while self._control.wait(min(seconds, LONGEST_WAIT)):
            answer = self._pace.ask()
            if isinstance(answer, Grant):
                return answer
            seconds = answer
        return None

    def leave(self, grant: Grant, quota: Quota = Quota()) -> None:  # noqa: B008  # immutable
        """Tell the pace that a call ended, and what its response said of the rate limit."""
        if self._pace.finish(grant, quota):
            self._control.wake()

    def leave_failed(self, grant: Grant, error: Exception, verdict: Verdict) -> bool:
        """Tell the pace that a call raised; return True if it was refused because of the rate."""
        response = getattr(error, "response", None)
        headers: Mapping[str, str] = {}
        status = None
        if isinstance(response, requests.Response):
            headers, status = response.headers, response.status_code
        if isinstance(error, RateLimited) or status == 429:
            seconds = seconds_told(headers)
            if seconds is None and not getattr(error, "is_assumed", True):
                seconds = verdict.retry_after
            self._pace.refuse(grant, None if seconds is None else min(seconds, LONGEST_WAIT))
            if status != 403:
                self._pace.guesses = 0
            elif self._pace.guesses >= MAX_GUESSES:
                self._control.stop(_make_forbidden(response))
            self._control.wake()
            return True
        self.leave(grant, quota_of_headers(headers))
        if verdict.action == "retry" and verdict.retry_after is not None:
            self._pace.hold(min(verdict.retry_after, LONGEST_WAIT))
        return False


def backoff(failures: int, verdict: Verdict) -> float:
    """Return the seconds before the next try. They are not the same for all threads."""
    if verdict.retry_after is not None:
        return min(verdict.retry_after, LONGEST_WAIT)
    return min(FIRST_WAIT * 2.0 ** (failures - 1), LONGEST_BACKOFF) * random.uniform(0.5, 1.0)


def _make_forbidden(response: requests.Response | None) -> Forbidden:
    return Forbidden(
        f"the API answered 403 to {MAX_GUESSES} calls in a row, and did not say when a rate limit"
        " ends: a right is probably missing. Check the scope and the account of the client",
        response=response,
    )
