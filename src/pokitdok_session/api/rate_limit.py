"""When a rate limit ends, read from a response, and the wait for it."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Mapping
from typing import NamedTuple

from .quota import seconds_told

#: Seconds that a rate limit is assumed to last if the API does not say.
ASSUMED_SECONDS = 60.0

#: Seconds between two checks whether the program is being interrupted.
_CHECK_INTERVAL = 0.5


class RateLimit(NamedTuple):
    """A rate limit that was met, and the seconds until it ends, as known or as assumed."""

    seconds: float = ASSUMED_SECONDS
    is_assumed: bool = True


def read_rate_limit(headers: Mapping[str, str]) -> RateLimit:
    """Return when a rate limit ends, from the headers of the response that reports it.

    Read are ``Retry-After`` (RFC 9110 section 10.2.3), ``RateLimit`` and ``RateLimit-Reset``
    (the two forms in draft-ietf-httpapi-ratelimit-headers) and ``X-RateLimit-Reset``, which is
    a number of seconds or a point in time.
    """
    seconds = seconds_told(headers)
    return RateLimit() if seconds is None else RateLimit(seconds, False)


def pause(seconds: float) -> bool:
    """Wait, and return True; return False as soon as the program is being interrupted.

    Ctrl-C reaches only the main thread. A thread of a pool, for which the main thread then
    waits, would sleep on.
    """
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        time.sleep(min(left, _CHECK_INTERVAL))
        if _is_interrupted():
            return False
    return True


def _is_interrupted() -> bool:
    """Return True if the main thread is handling a KeyboardInterrupt or SystemExit."""
    main = threading.main_thread()
    if main is threading.current_thread():
        return False
    handled = sys._current_exceptions().get(main.ident or 0)
    # Up to Python 3.11 it is the triple of `sys.exc_info`.
    error = handled[1] if isinstance(handled, tuple) else handled
    return isinstance(error, (KeyboardInterrupt, SystemExit))
