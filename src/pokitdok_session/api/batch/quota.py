"""What a response says of the rate limit: how many calls, how many are left, until when."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

import requests

from ...transport.headers import parse_date, parse_retry_after
from ..reply import Reply

# An X-RateLimit-Reset above this is a point in time; below it, a number of seconds.
_EPOCH = 1e9


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
    return quota_of_headers(headers).reset_in if seconds is None else seconds


def quota_of_headers(headers: Mapping[str, str]) -> Quota:
    """Read the rate limit from a response's headers."""
    limit, policy = headers.get("RateLimit", ""), headers.get("RateLimit-Policy", "")
    quota = Quota(
        cap=_item(policy, "q") or _item(limit, "limit"),
        remaining=_first(_item(limit, "r"), _item(limit, "remaining")),
        reset_in=_first(_item(limit, "t"), _item(limit, "reset")),
        period=_item(policy, "w"),
    )
    for prefix in ("RateLimit-", "X-RateLimit-"):
        quota = Quota(
            cap=_first(quota.cap, _number(headers, f"{prefix}Limit")),
            remaining=_first(quota.remaining, _number(headers, f"{prefix}Remaining")),
            reset_in=_first(quota.reset_in, _reset(headers, f"{prefix}Reset")),
            period=quota.period,
        )
    return quota


def _from_meta(meta: Mapping[str, Any], headers: Mapping[str, str]) -> Quota:
    cap, amount, reset = (
        value if isinstance(value := meta.get(f"rate_limit_{name}"), int) else None
        for name in ("cap", "amount", "reset")
    )
    date = parse_date(headers) if "Date" in headers else None
    return Quota(
        cap=cap,
        remaining=None if cap is None or amount is None else max(0, cap - amount),
        reset_in=None if reset is None else max(0.0, reset - (date or time.time())),
        date=date,
    )


def _item(header: str, name: str) -> int | None:
    """Return the first parameter of this name: ``t`` of ``"default";r=50;t=30``."""
    found = re.search(rf"(?:^|[;,\s]){name}\s*=\s*(\d{{1,18}})", header)
    return int(found[1]) if found else None


def _number(headers: Mapping[str, str], name: str) -> int | None:
    found = re.match(r"\s*(\d{1,18})", headers.get(name, ""))
    return int(found[1]) if found else None


def _reset(headers: Mapping[str, str], name: str) -> float | None:
    value = _number(headers, name)
    if value is None or value < _EPOCH:
        return None if value is None else float(value)
    return max(0.0, value - parse_date(headers))


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)
