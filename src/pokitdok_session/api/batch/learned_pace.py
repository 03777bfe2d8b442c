"""The pace that is learned from the responses: use the whole window, and stop before its wall."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from ..quota import Quota
from .pacing import PROBE_WAIT, Grant, Pace, backoff_after

#: Seconds that an estimate of a window's end is moved after a call at that time was refused
#: (later) or admitted (earlier, in short windows only), and the most that it is moved.
_STEP, _LONGEST_STEP = 0.4, 2.0

#: Seconds without a response after which the calls in flight are not waited for: they may hang
#: until their timeout.
_LONGEST_SILENCE = 5.0

#: Windows of fewer seconds are short: there, one second more is worth a refused call.
_SHORT = 30.0


class LearnedPace(Pace):
    """Sends up to the limit in each window, then waits for the next.

    The first call goes alone, and so does the first call of a window that follows a full one:
    they find out what is left. The limit is what the responses say. If they say nothing, it is
    guessed from the number of calls before a refusal; beyond that, calls go one at a time.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock)
        self._probing = True
        self._cap: int | None = None
        self._cap_is_told = False
        self._used = 0
        self._in_flight = 0
        self._last_event = clock()  # a grant or a response
        self._end: float | None = None
        self._waits = 0  # for an end that is unknown, in a row
        self._shift = 0.0
        self._server_offset = -math.inf  # the server's epoch seconds minus those of our clock

    def _wait(self, now: float) -> float:
        if self._end is not None and now >= self._end:
            self._begin_window()
        if self._cap is None or self._used + self._in_flight < self._cap:
            return 0.0
        if not self._cap_is_told:
            return PROBE_WAIT if self._expects_response(now) else 0.0
        if self._end is None:
            return self._wait_for_unknown_end(now)
        return self._end - now

    def _wait_for_unknown_end(self, now: float) -> float:
        """Let one call go after a while, longer each time: only a response tells what is left."""
        if self._expects_response(now):
            return PROBE_WAIT
        wait = backoff_after(self._waits)
        self._waits += 1
        self._blocked_until = now + wait
        self._begin_window()
        return wait

    def _expects_response(self, now: float) -> bool:
        return self._in_flight > 0 and now < self._last_event + _LONGEST_SILENCE

    def _begin_window(self) -> None:
        is_full = self._cap is not None and self._used + self._in_flight >= self._cap
        self._probing = self._probing or is_full
        self._window += 1
        self._used = self._in_flight = 0
        self._end = None

    def _grant(self) -> Grant:
        self._in_flight += 1
        self._last_event = self.clock()
        return super()._grant()

    def _release(self, grant: Grant) -> None:
        if grant.window == self._window:
            self._in_flight -= 1

    def _learn(self, grant: Grant, quota: Quota, now: float) -> bool:
        if grant.window != self._window:
            return False  # of a window that has ended
        self._release(grant)
        self._last_event = now
        if quota.remaining is not None:
            self._cap = quota.cap or self._cap or quota.remaining + self._used + 1
            self._cap_is_told = True
            # Responses overtake each other: the one that counts most calls is the newest.
            self._used = max(self._used, self._cap - quota.remaining)
            self._waits = self._waits if quota.remaining == 0 else 0
        else:
            self._used += 1
        if quota.reset_in is not None:
            self._learn_end(grant, quota.reset_in, quota.date, now)
        if self._cap_is_told or self._cap is None or self._used < self._cap:
            return False
        self._cap = math.ceil(self._cap * 1.1)  # the guess was too low
        return True

    def _learn_end(self, grant: Grant, reset_in: float, date: float | None, now: float) -> None:
        """Estimate the end of the window. Whole seconds make each estimate late: take the least."""
        if date is not None:
            # The server's clock was at ``date`` at the earliest, and less than 1 s past it.
            self._server_offset = max(self._server_offset, date - now)
            now = date - self._server_offset
        if grant.is_probe and reset_in < _SHORT:
            self._shift = max(self._shift - _STEP, -_LONGEST_STEP)
        end = now + reset_in + self._shift
        self._end = end if self._end is None else min(self._end, end)

    def _learn_refusal(self, grant: Grant) -> None:
        if grant.is_probe and self._refusals == 0 and self._window > 0:
            self._shift = min(self._shift + _STEP, _LONGEST_STEP)
        if not self._cap_is_told and self._used:
            self._cap = max(self._used, (self._cap or 0) // 2)
        self._used = self._in_flight = 0
        self._end = None

    def _end_of_window(self) -> float:
        return self._end or 0.0
