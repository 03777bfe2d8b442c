"""Every response of the token endpoint and the API gives a result or a typed exception."""

from __future__ import annotations

import contextlib
import itertools
import json
import math
import time
import traceback
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest
import requests
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pokitdok_session import APIError, ClientCredentialsSession, PokitDokSession, Reply, TokenError
from pokitdok_session.errors import RateLimited
from support.http_server import ScriptedResponse, ScriptedServer

#: The same examples in every run, so that a new failure has its cause in a change.
deterministic = settings(derandomize=True, max_examples=100, deadline=None, database=None)

Failure = TypeVar("Failure", bound=requests.RequestException)

MARK = "mk5Qz"
GOOD = {"access_token": "a-good-token", "token_type": "bearer", "expires_in": 3600}

numbers = st.integers(-(10**400), 10**400) | st.integers(-10, 10**5) | st.floats()
texts = st.text(max_size=20) | st.text(max_size=20).map(MARK.__add__)
leaves = st.none() | st.booleans() | numbers | texts
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
statuses = st.sampled_from([200, 200, 200, 201, 204, 302, 400, 401, 403, 404, 422, 429, 500, 503])
headers = st.fixed_dictionaries(
    {},
    optional={
        "Content-Type": st.sampled_from(
            [
                "application/json",
                "text/html; charset=utf-8",
                "text/plain; charset=idna",
                "text/plain; charset=punycode",
                "text/plain; charset=undefined",
                "text/plain; charset=base64",
                "text/plain; charset=utf-16",
                "text/plain; charset=no-such-thing",
                ";;;=",
            ]
        ),
        "Retry-After": st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30)
        | st.integers(-5, 10**30).map(str)
        | st.datetimes().map(lambda day: f"{day:%a, %d %b %Y %H:%M:%S} GMT"),
        "Date": st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30)
        | st.datetimes().map(lambda day: f"{day:%a, %d %b %Y %H:%M:%S} GMT"),
    },
)

token_responses = st.fixed_dictionaries(
    {},
    optional={
        "access_token": texts | st.just("a-good-token") | values,
        "token_type": st.sampled_from(["bearer", "BEARER", " bearer", "JWT"]) | values,
        "expires_in": values | st.sampled_from(["3600", "3600.0", "", "abc"]),
        "expires": values,
        "expires_at": values,
        "scope": values,
        "refresh_token": values,
        "error": st.none() | st.sampled_from(["invalid_client", "x" * 80, "a\nb"]) | numbers,
        "error_description": values,
    },
)


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode()


bodies = (values | token_responses).map(as_json) | st.binary(max_size=60)
deep = [b"[" * 100_000, b'{"a":' * 900 + b"1" + b"}" * 900, b"[" * 900 + b"]" * 900]


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture(autouse=True, scope="module")
def no_pauses() -> Iterator[None]:
    """Replace the sleep between attempts; the clock advances as if it had been slept."""
    slept = [0.0]

    def sleep(seconds: float) -> None:
        assert 0 <= seconds <= 60, "a wait without a limit"
        slept[0] += seconds

    def monotonic() -> float:
        return time.monotonic() + slept[0]

    with pytest.MonkeyPatch.context() as patch:
        stand_in = SimpleNamespace(sleep=sleep, monotonic=monotonic)
        patch.setattr("pokitdok_session.oauth2.token_endpoint.time", stand_in)
        yield


def traceback_of(error: BaseException) -> str:
    return "".join(traceback.format_exception(type(error), error, error.__traceback__))


def outcome(kind: type[Failure], call: Callable[[], object]) -> Failure | None:
    """Return the exception of this kind that a call raises, or None; others are raised."""
    try:
        call()
    except kind as error:
        return error
    return None


@deterministic
@given(body=bodies, status=statuses, more=headers)
@example(deep[0], 200, {})
@example(deep[1], 200, {})
@example(deep[0], 401, {})
@example(b'{"access_token": "a", "expires_in": ' + b"9" * 5000 + b"}", 200, {})
@example(b'{"access_token": "\xff\xfe"}', 200, {})
@example(b'\xef\xbb\xbf{"access_token": "a"}', 200, {})
@example(json.dumps(GOOD).encode("utf-16"), 200, {})
def test_token_response_of_any_kind_gives_token_or_token_error(
    server: ScriptedServer, body: bytes, status: int, more: dict[str, str]
) -> None:
    server.script["/token"] = ScriptedResponse(status, body, more)
    with ClientCredentialsSession("id", "secret", f"{server.url}/token") as session:
        error = outcome(TokenError, lambda: session.get(f"{server.url}/"))
        if error is not None:
            assert MARK not in traceback_of(error)
            assert 0 <= error.retry_after <= 3600
        else:
            bearer = f"Bearer {json.loads(body)['access_token']}"
            assert server.requests[-1].authorization == bearer
            assert math.isfinite(session.token.get("expires_at", 0))


envelopes = st.fixed_dictionaries(
    {},
    optional={
        "meta": values
        | st.fixed_dictionaries(
            {},
            optional={"activity_id": values, "rate_limit_reset": values, "next": values},
        ),
        "data": values
        | st.fixed_dictionaries(
            {},
            optional={
                "errors": values
                | st.fixed_dictionaries(
                    {}, optional={"validation": values, "query": values, "parsing": values}
                ),
                "state": values,
                "reject_reason": values,
                "message": texts,
            },
        ),
        "message": st.just("Forbidden (Rate Limited)") | values,
    },
)


@pytest.fixture(scope="module")
def session(server: ScriptedServer) -> Iterator[PokitDokSession]:
    with PokitDokSession("id", "secret", base_url=server.url) as session:
        yield session


def read_properties(reply: Reply) -> None:
    """Read every property of a reply."""
    assert reply.meta is not None
    assert reply.activity_id is None or isinstance(reply.activity_id, str)
    assert isinstance(reply.rejections, list)
    assert "data" in reply or reply.data is None


#: Python 3.12 and later can parse it, but a recursive function cannot walk through it.
DEEPER = b'{"a":' * 5000 + b"1" + b"}" * 5000
NESTED = b'{"data": {"errors": {"validation": ' + DEEPER + b"}}}"


@deterministic
@given(body=envelopes.map(as_json) | bodies, status=statuses, more=headers)
@example(deep[0], 200, {})
@example(deep[1], 200, {})
@example(deep[2], 500, {})
@example(b'{"data": ' + DEEPER + b"}", 200, {})
@example(NESTED, 422, {})
@example(b"\xff", 200, {"Content-Type": "text/plain; charset=idna"})
@example(b"\xff", 500, {"Content-Type": "text/plain; charset=undefined"})
@example(b'\xef\xbb\xbf{"data": {}}', 200, {})
def test_api_response_of_any_kind_gives_reply_or_api_error(
    server: ScriptedServer,
    session: PokitDokSession,
    body: bytes,
    status: int,
    more: dict[str, str],
) -> None:
    server.script["/oauth2/token"] = ScriptedResponse(200, as_json(GOOD))
    server.script["/api/v4/any"] = ScriptedResponse(status, body, more)
    error = outcome(APIError, lambda: read_properties(session.call("GET", "/any")))
    if error is not None:
        assert error.response is not None
        assert isinstance(error.errors, dict)
        assert str(error)
        assert not isinstance(error, RateLimited) or error.retry_after >= 0


@deterministic
@given(reset=values, limited=headers)
@example(10**400, {})
@example(-(10**400), {})
@example(math.nan, {})
def test_rate_limit_reset_of_any_kind_gives_a_wait_in_seconds(
    server: ScriptedServer, session: PokitDokSession, reset: Any, limited: dict[str, str]
) -> None:
    server.script["/oauth2/token"] = ScriptedResponse(200, as_json(GOOD))
    server.script["/api/v4/any"] = ScriptedResponse(
        200, as_json({"meta": {"rate_limit_reset": reset}, "data": {}})
    )
    session.call("GET", "/any")
    server.script["/api/v4/any"] = ScriptedResponse(
        403, b'{"message": "Forbidden (Rate Limited)"}', limited
    )
    with pytest.raises(RateLimited) as caught:
        session.call("GET", "/any")
    assert caught.value.retry_after >= 0


@deterministic
@given(following=values)
@example("http://[")
@example("http://a:b:c/")
@example("//")
@example("\x00")
def test_paginate_with_any_next_link_reads_it_or_raises(
    server: ScriptedServer, session: PokitDokSession, following: Any
) -> None:
    server.script["/oauth2/token"] = ScriptedResponse(200, as_json(GOOD))
    server.script["/api/v4/activities/"] = ScriptedResponse(
        200, as_json({"meta": {"next": following}, "data": [{}]})
    )
    with contextlib.suppress(requests.RequestException):
        pages = list(itertools.islice(session.paginate(session.activities), 3))
        assert all(isinstance(page, (dict, str)) for page in pages)
