"""What is read of the rate limit: from PokitDok's meta, and from three families of headers."""

from __future__ import annotations

from email.utils import formatdate
from typing import Any

import pytest
import requests

from pokitdok_session import Reply
from pokitdok_session.api.batch.quota import Quota, quota_of, quota_of_headers, seconds_told

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


def test_quota_of_a_reply_without_a_date_uses_the_local_clock() -> None:
    assert quota_of(replied({"rate_limit_reset": 1})) == Quota(reset_in=0.0)


def test_quota_of_a_reply_that_used_more_than_the_cap_is_none_left() -> None:
    meta = {"rate_limit_cap": 84, "rate_limit_amount": 90}
    assert quota_of(replied(meta)) == Quota(84, 0)


def test_quota_of_a_reply_without_meta_is_that_of_its_headers() -> None:
    reply = replied({"rate_limit_cap": "many"}, **{"RateLimit-Remaining": "4"})
    assert quota_of(reply) == Quota(remaining=4)


def test_quota_of_a_response_is_that_of_its_headers() -> None:
    assert quota_of(replied({}, **{"RateLimit-Remaining": "4"}).response) == Quota(remaining=4)


@pytest.mark.parametrize("result", [None, "text", {"meta": {"rate_limit_cap": 1}}, Reply()])
def test_quota_of_another_result_is_empty(result: Any) -> None:
    assert quota_of(result) == Quota()


def test_seconds_told_are_those_of_retry_after_first() -> None:
    assert seconds_told({"Retry-After": "3", "RateLimit-Reset": "9"}) == 3
    assert seconds_told({"RateLimit-Reset": "9"}) == 9
    assert seconds_told({}) is None
