"""Timeouts: the type, the session's default, and how long a request waits for a token."""

from __future__ import annotations

import math
import re
import time
from typing import Any, TypeAlias

from .renewal import RENEWAL_TIMEOUT

#: As requests has it: seconds, or (seconds to connect, seconds between two bytes), or None.
Timeout: TypeAlias = "float | tuple[float | None, float | None] | None"

#: Seconds to connect and seconds between two bytes, unless a call or the session says otherwise.
DEFAULT_TIMEOUT: Timeout = (5, 60)
DEFAULT_TOKEN_TIMEOUT: Timeout = (5, 30)


class _SessionTimeout:
    def __repr__(self) -> str:
        return "<the session's timeout>"


#: The default of every ``timeout`` parameter; None would mean to wait without a limit.
SESSION_TIMEOUT: Any = _SessionTimeout()


def default_timeout(timeout: Timeout, url: str | bytes) -> Timeout:
    """Return the session's timeout for this URL; None for ``ftp://`` and the like.

    Adapters for other schemes than http and https may not take a pair.
    """
    text = url.decode(errors="replace") if isinstance(url, bytes) else str(url)
    is_http = text.startswith(("/", "http")) or not re.match(r"(?i)\s*(?!https?:)[\w+.-]+://", text)
    return timeout if is_http else None


def total_timeout(timeout: Any) -> float:
    """Return how many seconds a request with this timeout waits for a token at most."""
    parts = _parts_of(timeout)
    if not all(isinstance(part, (int, float)) and part > 0 for part in parts):
        return RENEWAL_TIMEOUT  # no limit, or a value that requests refuses later
    return float(min(sum(parts), RENEWAL_TIMEOUT))


def _parts_of(timeout: Any) -> tuple[Any, ...]:
    """Return the numbers of a timeout: a pair, a number, or those of a urllib3 ``Timeout``."""
    if isinstance(timeout, tuple):
        return timeout
    if getattr(timeout, "total", None) is not None:
        return (timeout.total,)
    if hasattr(timeout, "connect_timeout"):
        parts = (timeout.connect_timeout, timeout.read_timeout)
        return tuple(part if isinstance(part, (int, float)) else None for part in parts)
    return (timeout,)


def check_timeout(timeout: Any, name: str) -> None:
    """Raise TypeError or ValueError unless requests can use this timeout.

    A urllib3 ``Timeout`` is left to requests.
    """
    parts = timeout if isinstance(timeout, tuple) else (timeout,)
    if isinstance(timeout, tuple) and len(timeout) != 2:
        raise ValueError(f"{name} must be one number or two (connect, read), got {len(timeout)}")
    for part in parts:
        if part is None or hasattr(part, "connect_timeout"):
            continue
        if isinstance(part, bool) or not isinstance(part, (int, float)):
            kind = type(part).__name__
            raise TypeError(
                f"{name} must be a number of seconds, a pair of them or None, got {kind}"
            )
        if not part > 0:
            raise ValueError(f"{name} must be greater than 0 seconds, got {part!r}")


def limit_timeout(timeout: Any, deadline: float) -> Any:
    """Return a timeout of requests with each part cut to the time until ``deadline``.

    The deadline is in monotonic seconds, and may be infinite.
    """
    if deadline == math.inf:
        return timeout
    seconds = max(deadline - time.monotonic(), 0.001)
    if timeout is None or isinstance(timeout, (int, float)):
        return seconds if timeout is None else min(timeout, seconds)
    parts = _parts_of(timeout)
    parts = parts * 2 if len(parts) == 1 else parts  # the total of a urllib3 Timeout
    return tuple(seconds if part is None else min(part, seconds) for part in parts)
