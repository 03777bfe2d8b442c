"""What is read of the rate limit: from PokitDok's meta, and from three families of headers."""

from __future__ import annotations

import math
from email.utils import formatdate
from typing import Any

import pytest
import requests

from pokitdok_session import Reply
from pokitdok_session.api.batch.learned_pace import LearnedPace
from pokitdok_session.api.batch.pacing import Grant
from pokitdok_session.api.quota import Quota, quota_of, quota_of_headers, seconds_told

NOW = 1_764_093_000.0
DATE = formatdate(NOW, usegmt=True)

HEADERS: dict[str, tuple[dict[str, str], Quota]] = {
    "none": ({}, Quota()),
    "items": (
        {"RateLimit": '"default";r=50;t=30', "RateLimit-Policy": '"default";q=100;w=60'},
        Quota(100, 50, 30, 60),
    ),
    "items of draft 8": (
        {"RateLimit": "limit=100, remaining=50, reset=5", "RateLimit-Policy": "100;w=10"},
        Quota(100, 50, 5, 10),
    ),
    "three fields": (
        {"RateLimit-Limit": "100", "RateLimit-Remaining": "0", "RateLimit-Reset": "7"},
        Quota(100, 0, 7),
    ),
    "a limit with its policy": ({"RateLimit-Limit": "100, 100;w=60"}, Quota(100)),
    "X-": (
        {"X-RateLimit-Limit": "60", "X-RateLimit-Remaining": "59", "X-RateLimit-Reset": "12"},
        Quota(60, 59, 12),
    ),
    "X- with a point in time": (
        {"X-RateLimit-Remaining": "1", "X-RateLimit-Reset": str(int(NOW) + 9), "Date": DATE},
        Quota(None, 1, 9),
    ),
    "X- with a time that is past": (
        {"X-RateLimit-Reset": str(int(NOW) - 9), "Date": DATE},
        Quota(None, None, 0),
    ),
    "X- with a point in time in milliseconds": (
        {"X-RateLimit-Reset": f"{NOW + 9:.0f}000", "Date": DATE},
        Quota(None, None, 9),
    ),
    "X- with a part of a second": (
        {"X-RateLimit-Reset": "1.5"},
        Quota(None, None, 1.5),
    ),
    "X- with a date": (
        {"X-RateLimit-Remaining": "3", "X-RateLimit-Reset": "2026-11-26T05:00Z"},
        Quota(None, 3),
    ),
    "X- with a time that is too far away": (
        {"X-RateLimit-Reset": str(int(NOW) + 86_401), "Date": DATE},
        Quota(),
    ),
    "too many seconds": (
        {"RateLimit": '"default";r=50;t=86401'},
        Quota(None, 50),
    ),
    "too many calls": (
        {"RateLimit": '"default";r=9999999999', "X-RateLimit-Remaining": "4"},
        Quota(None, 4),
    ),
    "nonsense": (
        {"RateLimit": "r=soon", "X-RateLimit-Limit": "many", "RateLimit-Reset": "-1"},
        Quota(),
    ),
}


@pytest.mark.parametrize(("headers", "quota"), HEADERS.values(), ids=HEADERS)
def test_quota_of_headers_is_what_they_say(headers: dict[str, str], quota: Quota) -> None:
    assert quota_of_headers(headers) == quota


def replied(meta: dict[str, Any], **headers: str) -> Reply:
    reply = Reply({"meta": meta, "data": {}})
    reply.response = requests.Response()
    reply.response.headers.update(headers)
    return reply


def test_quota_of_a_reply_is_that_of_its_meta() -> None:
    meta = {"rate_limit_cap": 84, "rate_limit_amount": 3, "rate_limit_reset": int(NOW) + 57}
    assert quota_of(replied(meta, Date=DATE)) == Quota(84, 81, 57.0, None, NOW)


@pytest.mark.parametrize(
    ("seconds", "reset_in"), [(-1e9, 0.0), (40, 40.0), (3600, 3600.0), (3601, None)]
)
def test_quota_of_a_reply_without_a_date_uses_the_local_clock_for_an_hour(
    monkeypatch: pytest.MonkeyPatch, seconds: float, reset_in: float | None
) -> None:
    monkeypatch.setattr("pokitdok_session.transport.headers.time.time", lambda: NOW)
    assert quota_of(replied({"rate_limit_reset": int(NOW + seconds)})) == Quota(reset_in=reset_in)


def test_quota_of_a_reply_with_a_reset_in_milliseconds_is_in_seconds() -> None:
    meta = {"rate_limit_reset": int(NOW + 57) * 1000}
    assert quota_of(replied(meta, Date=DATE)) == Quota(reset_in=57.0, date=NOW)


STRANGE = [
    *(None, True, False, "", "84", "many", [], {}, [84], {"cap": 84}),
    *(0, -1, 1, 2**63, 10**400, -(10**400), 0.0, -1.5, 83.5, 1e300, math.nan, math.inf, -math.inf),
]


@pytest.mark.parametrize("value", STRANGE, ids=lambda value: repr(value)[:12])
@pytest.mark.parametrize("headers", [{}, {"Date": DATE}, {"Date": "soon"}], ids=str)
def test_quota_of_a_reply_with_any_value_does_not_raise(
    value: Any, headers: dict[str, str]
) -> None:
    usual: dict[str, Any] = {
        "rate_limit_cap": 84,
        "rate_limit_amount": 3,
        "rate_limit_reset": int(NOW) + 57,
    }
    strange = [{**usual, name: value} for name in usual]
    for meta in (*strange, dict.fromkeys(usual, value)):
        pace = LearnedPace()
        for _ in range(2):
            quota = quota_of(replied(meta, **headers))
            assert quota.reset_in is None or 0 <= quota.reset_in <= 86_400
            assert all(type(count) in (int, type(None)) for count in quota[:2])
            assert all(count is None or 0 <= count < 1e9 for count in quota[:2])
            pace.finish(Grant(), quota)
    written = {f"X-RateLimit-{name}": str(value) for name in ("Limit", "Remaining", "Reset")}
    quota_of(replied({}, **written, **headers))


def test_quota_of_a_reply_that_used_more_than_the_cap_is_none_left() -> None:
    meta = {"rate_limit_cap": 84, "rate_limit_amount": 90}
    assert quota_of(replied(meta)) == Quota(84, 0)


def test_quota_of_a_reply_without_meta_is_that_of_its_headers() -> None:
    reply = replied({"rate_limit_cap": "many"}, **{"RateLimit-Remaining": "4"})
    assert quota_of(reply) == Quota(remaining=4)
    dated = replied({}, **{"RateLimit-Remaining": "4", "Date": DATE})
    assert quota_of(dated) == Quota(remaining=4)


def test_quota_of_a_response_is_that_of_its_headers() -> None:
    assert quota_of(replied({}, **{"RateLimit-Remaining": "4"}).response) == Quota(remaining=4)


@pytest.mark.parametrize("result", [None, "text", {"meta": {"rate_limit_cap": 1}}, Reply()])
def test_quota_of_another_result_is_empty(result: Any) -> None:
    assert quota_of(result) == Quota()


def test_seconds_told_are_those_of_retry_after_first() -> None:
    assert seconds_told({"Retry-After": "3", "RateLimit-Reset": "9"}) == 3
    assert seconds_told({"RateLimit-Reset": "9"}) == 9
    assert seconds_told({"X-RateLimit-Reset": str(int(NOW) - 9), "Date": DATE}) is None
    assert seconds_told({}) is None
