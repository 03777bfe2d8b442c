"""``expired_statuses``: an API that answers an expired token with another status than 401."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from urllib3.util.retry import Retry

from pokitdok_session import ClientCredentialsSession, TokenError
from pokitdok_session.oauth2.auth import reason_of_401
from pokitdok_session.oauth2.rejections import REJECTED_TOKEN_COOLDOWN
from support.clock import Clock
from support.http_server import ReceivedRequest, ScriptedResponse, ScriptedServer
from support.recording import session_for
from support.threads import run_in_threads

AGE = REJECTED_TOKEN_COOLDOWN + 1


class Provider:
    """Grants the tokens t1, t2, ..., and answers 403 to every token but the newest."""

    def __init__(self) -> None:
        self.granted = 0
        self.status = 403
        self.expired: set[str | None] = set()
        self.token_status = 200

    def token(self, seen: ReceivedRequest) -> ScriptedResponse:
        if self.token_status != 200:
            return ScriptedResponse(self.token_status)
        self.granted += 1
        return ScriptedResponse(body=b'{"access_token": "t%d", "expires_in": 3600}' % self.granted)

    def api(self, seen: ReceivedRequest) -> ScriptedResponse:
        if seen.authorization in self.expired:
            return ScriptedResponse(self.status, b"expired")
        return ScriptedResponse(body=b"[%s]" % seen.body)


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def server(provider: Provider) -> Iterator[ScriptedServer]:
    forbidden = ScriptedResponse(403, b"no right")
    script = {"/token": provider.token, "/x": provider.api, "/forbidden": forbidden}
    with ScriptedServer(script) as server:
        yield server


def session_on(server: ScriptedServer, clock: Clock, **options: Any) -> ClientCredentialsSession:
    options = {"expired_statuses": (401, 403), **options}
    session = ClientCredentialsSession(
        "id", "secret", f"{server.url}/token", base_url=server.url, **options
    )
    session._token_source.clock = clock
    return session


@pytest.fixture
def session(server: ScriptedServer, clock: Clock) -> Iterator[ClientCredentialsSession]:
    with session_on(server, clock) as session:
        yield session


def expire(provider: Provider, session: ClientCredentialsSession, clock: Clock) -> None:
    """Fetch a token, and let it expire at the API although it is valid for the session."""
    assert session.get("/x").status_code == 200
    provider.expired.add(f"Bearer t{provider.granted}")
    clock.advance(AGE)


def test_expired_status_renews_the_token_and_replays_the_request(
    provider: Provider, session: ClientCredentialsSession, clock: Clock
) -> None:
    expire(provider, session, clock)
    response = session.post("/x", data=b"1")
    assert (response.status_code, response.content) == (200, b"[1]")
    assert [earlier.status_code for earlier in response.history] == [403]
    assert (provider.granted, session.access_token) == (2, "t2")


def test_expired_status_in_16_threads_makes_one_token_request(
    provider: Provider, session: ClientCredentialsSession, clock: Clock
) -> None:
    expire(provider, session, clock)
    assert run_in_threads(16, lambda: session.get("/x").status_code) == [200] * 16
    assert provider.granted == 2


def test_expired_status_that_is_not_named_is_returned(
    provider: Provider, server: ScriptedServer, clock: Clock
) -> None:
    with session_on(server, clock, expired_statuses=(419,)) as session:
        expire(provider, session, clock)
        assert session.get("/x").status_code == 403
        provider.status = 401
        assert session.get("/x").status_code == 401
        provider.status = 419
        assert session.get("/x").status_code == 200
    assert provider.granted == 2


def test_missing_right_costs_one_renewal_at_most(
    provider: Provider, server: ScriptedServer, session: ClientCredentialsSession, clock: Clock
) -> None:
    assert session.get("/forbidden").status_code == 403
    assert (provider.granted, len(server.requests)) == (1, 2)  # the token is fresh
    clock.advance(AGE)
    for _ in range(5):
        response = session.get("/forbidden")
        assert (response.status_code, response.content) == (403, b"no right")
    assert provider.granted == 2
    assert [seen.path for seen in server.requests].count("/forbidden") == 1 + 2 + 4


def test_missing_right_does_not_hold_back_the_renewal_after_a_401(
    provider: Provider, session: ClientCredentialsSession, clock: Clock
) -> None:
    expire(provider, session, clock)
    assert session.get("/forbidden").status_code == 403
    provider.status = 401
    provider.expired.add("Bearer t2")
    assert session.get("/x").status_code == 200
    assert provider.granted == 3


def test_missing_right_is_returned_when_no_token_can_be_fetched(
    provider: Provider,
    session: ClientCredentialsSession,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    session.get("/x")
    clock.advance(AGE)
    provider.token_status = 400
    assert session.get("/forbidden").content == b"no right"
    assert f"no new token after a 403: {session.token_url} returned 400" in caplog.text
    assert session.get("/x").status_code == 200  # by the token that is valid
    provider.expired.add("Bearer t1")
    provider.status = 401
    with pytest.raises(TokenError):
        session.get("/x")


def test_missing_right_of_a_fresh_token_leaves_a_stream_unread(
    session: ClientCredentialsSession,
) -> None:
    response = session.get("/forbidden", stream=True)
    assert response.raw.read() == b"no right"


def test_expired_status_of_a_stream_is_replayed_as_a_stream(
    provider: Provider, session: ClientCredentialsSession, clock: Clock
) -> None:
    expire(provider, session, clock)
    response = session.get("/x", stream=True)
    assert response.raw.read() == b"[]"


def test_expired_status_of_a_body_that_cannot_be_replayed_is_returned(
    provider: Provider, session: ClientCredentialsSession, clock: Clock
) -> None:
    expire(provider, session, clock)
    response = session.post("/x", data=iter([b"once"]))
    assert (response.status_code, response.content) == (403, b"expired")
    assert session.access_token == "t2"  # for the next request
    assert session.post("/x", data=b"1").status_code == 200
    assert provider.granted == 2


def test_prepared_request_skips_a_later_token_that_has_expired_too(
    provider: Provider, session: ClientCredentialsSession, clock: Clock
) -> None:
    prepared = session.prepare_request(requests.Request("GET", "/x"))
    session.fetch_token()
    provider.expired |= {"Bearer t1", "Bearer t2"}
    clock.advance(AGE)
    assert session.send(prepared).status_code == 200
    assert provider.granted == 3


def test_reason_of_a_401_after_another_status_names_both_tokens(
    provider: Provider, server: ScriptedServer, session: ClientCredentialsSession, clock: Clock
) -> None:
    expire(provider, session, clock)
    server.script["/x"] = lambda seen: ScriptedResponse(
        403 if seen.authorization == "Bearer t1" else 401
    )
    assert "the token and the one that replaced it" in reason_of_401(session.get("/x"))


def test_expired_status_is_replayed_and_not_retried_with_the_same_token(
    provider: Provider, server: ScriptedServer, clock: Clock
) -> None:
    policy = Retry(3, status_forcelist=(403, 503))
    with session_on(server, clock, retries=policy) as session:
        expire(provider, session, clock)
        assert session.get("/x").status_code == 200
        server.script["/x"] = ScriptedResponse(503)
        with pytest.raises(requests.exceptions.RetryError):
            session.get("/x")
    assert [seen.path for seen in server.requests] == ["/token", *["/x"] * 2, "/token", *["/x"] * 5]
    assert policy.status_forcelist == (403, 503)


# A function


def test_expired_predicate_decides_by_the_response(
    provider: Provider, server: ScriptedServer, clock: Clock
) -> None:
    seen: list[int] = []

    def has_expired(response: requests.Response) -> bool:
        seen.append(response.status_code)
        return response.content == b"expired"

    with session_on(server, clock, expired_statuses=has_expired) as session:
        expire(provider, session, clock)
        assert session.get("/forbidden").status_code == 403
        assert provider.granted == 1
        provider.status = 419
        assert session.get("/x").status_code == 200
    assert provider.granted == 2
    assert seen == [200, 403, 419, 200]


def test_expired_predicate_that_raises_loses_no_response(
    server: ScriptedServer, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    def has_expired(response: requests.Response) -> bool:
        return bool(response.json()["error"])

    with session_on(server, clock, expired_statuses=has_expired) as session:
        assert session.post("/x", data=b"1").json() == [1]
    assert "expired_statuses raised TypeError for a response with status 200" in caplog.text


def test_expired_predicate_does_not_see_the_responses_of_other_hosts(
    server: ScriptedServer, clock: Clock, other_origin: ScriptedServer
) -> None:
    def fail(response: requests.Response) -> bool:
        seen.append(response.url)
        return False

    seen: list[str] = []
    with session_on(server, clock, expired_statuses=fail) as session:
        assert session.get(other_origin.url).status_code == 200
        assert session.get("/x", withhold_token=True).status_code == 200
    assert seen == []


def says_teapot(response: requests.Response) -> bool:
    return response.status_code == 418


@pytest.mark.parametrize("expired", [(401, 403), says_teapot])
def test_expired_statuses_are_kept_by_copies_and_pickles(expired: Any) -> None:
    session = session_for(expired_statuses=expired)
    for copied in (copy.deepcopy(session), pickle.loads(pickle.dumps(session))):
        assert vars(copied._token_usage) == vars(session._token_usage)


# What cannot work


@pytest.mark.parametrize(
    ("statuses", "kind", "text"),
    [
        (403, TypeError, "must be status numbers, such as .401, 403., or a function .* got int"),
        ("403", TypeError, "must be status numbers, .* got str"),
        (None, TypeError, "must be status numbers, .* got NoneType"),
        (["403"], TypeError, "expired_statuses must hold ints, got str"),
        ([True], TypeError, "expired_statuses must hold ints, got bool"),
        ([401, 503], ValueError, "from 400 to 499, got 503: .* may have been processed"),
        ([4030], ValueError, "from 400 to 499, got 4030"),
        ([302], ValueError, "from 400 to 499, got 302"),
    ],
)
def test_expired_statuses_that_cannot_work_are_errors(
    statuses: Any, kind: type[Exception], text: str
) -> None:
    with pytest.raises(kind, match=text):
        session_for(expired_statuses=statuses)
