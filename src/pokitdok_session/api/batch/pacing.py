"""When the next call may be sent: what all paces share, and the pace of a given rate.

A pace has no thread and does not wait. It is asked, and answers with a grant or with seconds.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from ..quota import Quota

log = logging.getLogger(__name__)

#: Seconds before the first retry of a refusal that does not say when, and the longest such wait.
FIRST_BACKOFF, LONGEST_BACKOFF = 0.5, 60.0

#: Seconds to wait for the call that finds out whether the window has ended, before another
#: call does.
PROBE_WAIT = 1.0

#: Seconds that a thread may wake late without slowing down an even pace.
_LATENESS = 0.02

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_RATE = re.compile(r"(\d+)\s*/\s*(\d+)?\s*([smhd]|(?:second|minute|hour|day)s?)")


def backoff_after(times: int) -> float:
    """Return the seconds to wait when it is not known how long, after as many such waits."""
    return min(FIRST_BACKOFF * 2.0 ** min(times, 10), LONGEST_BACKOFF)


@dataclass(frozen=True)
class Grant:
    """Leave for one call. ``window`` is the number of the window in which it was given."""

    window: int = 0
    is_probe: bool = False


class Pace:
    """No limit until a call is refused; then one call at a time finds out when it ends."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        #: Refusals since the last admitted call, none of which told how long to wait.
        self.guesses = 0
        self._lock = threading.Lock()
        self._window = 0
        self._blocked_until = 0.0
        self._refusals = 0  # in a row
        self._probing = False
        self._probe_sent: float | None = None

    def ask(self) -> Grant | float:
        """Return a `Grant` for one call, or the seconds after which to ask again."""
        with self._lock:
            now = self.clock()
            if now < self._blocked_until:
                return self._blocked_until - now
            if self._probe_sent is not None and now < self._probe_sent + PROBE_WAIT:
                return self._probe_sent + PROBE_WAIT - now
            wait = self._wait(now)
            if wait > 0:
                return wait
            if self._probing:
                self._probe_sent = now
            return self._grant()

    def finish(self, grant: Grant, quota: Quota = Quota()) -> bool:  # noqa: B008  # immutable
        """Note that a call ended; return True if callers that wait should ask again.

        A call that ended without a response counts as admitted.
        """
        with self._lock:
            self.guesses = 0
            is_freed = self._learn(grant, quota, self.clock())
            return self._end_probe(grant, admitted=True) or is_freed

    def refuse(self, grant: Grant, seconds: float | None) -> None:
        """Note that a call was refused; ``seconds`` is what the server said to wait, if it did."""
        with self._lock:
            self._release(grant)
            if grant.window == self._window:  # not one more of the same burst
                now = self.clock()
                wait = self._end_of_window() - now if seconds is None else seconds
                self.guesses = self.guesses + 1 if wait <= 0 else 0
                if wait <= 0:
                    wait = backoff_after(self._refusals)
                log.info("the API refused a call for its rate: the next goes after %.1f s", wait)
                self._blocked_until = max(now + wait, self._blocked_until)
                self._learn_refusal(grant)
                self._refusals += 1
                self._window += 1
                self._probing = True
            self._end_probe(grant, admitted=False)

    def hold(self, seconds: float) -> None:
        """Let no call go for so many seconds: the service said that it is unavailable."""
        with self._lock:
            self._blocked_until = max(self.clock() + seconds, self._blocked_until)
            self._probing = True

    def _end_probe(self, grant: Grant, *, admitted: bool) -> bool:
        if not grant.is_probe:
            return False
        self._probe_sent = None
        if admitted and grant.window == self._window:
            self._probing = False
            self._refusals = 0
        return True

    # What a kind of pace adds. The lock is held.

    def _wait(self, now: float) -> float:
        """Return the seconds until a call may go, 0 if it may go now."""
        return 0.0

    def _grant(self) -> Grant:
        return Grant(self._window, self._probing)

    def _release(self, grant: Grant) -> None:
        """Forget a grant that came to nothing."""

    def _learn(self, grant: Grant, quota: Quota, now: float) -> bool:
        """Take in what the response of an admitted call says; True if callers should ask again."""
        return False

    def _learn_refusal(self, grant: Grant) -> None:
        """Take in that a call was refused."""

    def _end_of_window(self) -> float:
        """Return when the window ends as far as is known."""
        return 0.0


class EvenPace(Pace):
    """A rate that was given, at even intervals: at most ``number`` grants in any ``period``.

    The intervals are those of ``period`` plus 20 ms. In return each grant may be 20 ms early,
    so that a thread that wakes that late does not slow down the rest.
    """

    def __init__(
        self, number: int, period: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(clock)
        self._interval = (period + _LATENESS) / number
        self._next = 0.0

    def _wait(self, now: float) -> float:
        return self._next - now

    def _grant(self) -> Grant:
        self._next = max(self._next, self.clock() - _LATENESS) + self._interval
        return super()._grant()


def parse_rate(rate: str) -> tuple[int, float]:
    """Return the calls and the seconds of ``"84/minute"``, ``"600/10s"`` or ``"600/10 seconds"``.

    Raises ValueError for other text.
    """
    found = _RATE.fullmatch(rate.strip().lower()) if isinstance(rate, str) else None
    if found is None or 0 in (int(found[1]), int(found[2] or 1)):
        raise ValueError(f'pace must be a rate such as "84/minute" or "600/10s", got {rate!r}')
    return int(found[1]), float(int(found[2] or 1) * _UNITS[found[3][0]])
