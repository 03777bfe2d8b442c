"""What a response says of the rate limit: how many calls, how many are left, until when."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import requests

from ..transport.headers import parse_date, parse_retry_after
from .reply import Reply

# A reset from the first on is a point in time, from the second on one in milliseconds. A smaller
# one is a number of seconds.
_EPOCH, _EPOCH_MILLISECONDS = 1e9, 1e11

# Seconds. A window that ends later is not believed. Without the server's clock, a point in time
# is read by the local one, which may be that of another time zone.
_LONGEST, _LONGEST_BY_LOCAL_CLOCK = 86_400, 3_600

# No API allows so many calls.
_TOO_MANY = 10**9


class Quota(NamedTuple):
    """The rate limit at the time of one response; None for what it did not say."""

    cap: int | None = None
    remaining: int | None = None
    #: Seconds until the window ends.
    reset_in: float | None = None
    #: Seconds that a whole window lasts.
    period: float | None = None
    #: The server's clock in whole epoch seconds, if ``reset_in`` was counted from it.
    date: float | None = None


def quota_of(result: Any) -> Quota:
    """Read the rate limit from what a call returned: a `Reply`, a response, or anything else.

    ``meta.rate_limit_cap``, ``_amount`` and ``_reset`` come first, then the headers ``RateLimit``
    and ``RateLimit-Policy`` (draft-ietf-httpapi-ratelimit-headers, with its older forms), then
    ``X-RateLimit-Limit``, ``-Remaining`` and ``-Reset``.
    """
    response = result if isinstance(result, requests.Response) else None
    if isinstance(result, Reply):
        response = getattr(result, "response", None)
        quota = _from_meta(result.meta, {} if response is None else response.headers)
        if quota != Quota():
            return quota
    return Quota() if response is None else quota_of_headers(response.headers)


def seconds_told(headers: Mapping[str, str]) -> float | None:
    """Return after how many seconds a refused call may be sent again, if the headers say so."""
    seconds = parse_retry_after(headers)
    if seconds is None:
        seconds = _reset_of(headers)
    return None if seconds is None or seconds < 0 else seconds


def quota_of_headers(headers: Mapping[str, str]) -> Quota:
    """Read the rate limit from a response's headers."""
    limit, policy = headers.get("RateLimit", ""), headers.get("RateLimit-Policy", "")
    reset = _reset_of(headers)
    return Quota(
        cap=_count(_item(policy, "q"), _item(limit, "limit"), _field(headers, "Limit")),
        remaining=_count(
            _item(limit, "r"), _item(limit, "remaining"), _field(headers, "Remaining")
        ),
        reset_in=None if reset is None else max(0.0, reset),
        period=_item(policy, "w"),
    )


def seconds_until(reset: float, headers: Mapping[str, str]) -> float | None:
    """Return the seconds until a point in time, by the server's own clock; below 0 if it is past.

    ``reset`` is in epoch seconds or milliseconds. None if it is not a time, or too far away.
    """
    try:
        seconds = reset / (1000 if reset >= _EPOCH_MILLISECONDS else 1) - parse_date(headers)
    except OverflowError:  # an integer that is too large for a float
        return None
    longest = _LONGEST if "Date" in headers else _LONGEST_BY_LOCAL_CLOCK
    return seconds if seconds <= longest else None


def _from_meta(meta: Mapping[str, Any], headers: Mapping[str, str]) -> Quota:
    cap, amount = _count(meta.get("rate_limit_cap")), _count(meta.get("rate_limit_amount"))
    reset: Any = meta.get("rate_limit_reset")
    seconds = seconds_until(reset, headers) if _is_number(reset) else None
    return Quota(
        cap=cap,
        remaining=None if cap is None or amount is None else max(0, cap - amount),
        reset_in=None if seconds is None else max(0.0, seconds),
        date=None if seconds is None or "Date" not in headers else parse_date(headers),
    )


def _reset_of(headers: Mapping[str, str]) -> float | None:
    """Return the seconds until the window ends, below 0 if that is past."""
    limit = headers.get("RateLimit", "")
    told = (_item(limit, "t"), _item(limit, "reset"), _field(headers, "Reset"))
    reset = next((value for value in told if value is not None), None)
    if reset is None or reset >= _EPOCH:
        return None if reset is None else seconds_until(reset, headers)
    return reset if reset <= _LONGEST else None


def _item(header: str, name: str) -> int | None:
    """Return the first parameter of this name: ``t`` of ``"default";r=50;t=30``."""
    found = re.search(rf"(?:^|[;,\s]){name}\s*=\s*(\d{{1,18}})", header)
    return int(found[1]) if found else None


def _field(headers: Mapping[str, str], name: str) -> float | None:
    """Return the number in ``RateLimit-Reset`` and the like, or in the one with ``X-``."""
    for prefix in ("RateLimit-", "X-RateLimit-"):
        found = re.match(r"\s*(\d{1,18}(?:\.\d+)?)(?![\w.:-])", headers.get(prefix + name, ""))
        if found:
            return float(found[1])
    return None


def _count(*values: Any) -> int | None:
    """Return the first value that can be a number of calls."""
    counts = (int(value) for value in values if _is_number(value) and 0 <= value < _TOO_MANY)
    return next(counts, None)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
