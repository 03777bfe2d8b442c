"""What a 401 says about a token: too old, too new, or taken away by another process."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from pokitdok_session import ClientCredentialsSession
from pokitdok_session.oauth2.rejections import (
    MAX_YOUNG_REJECTIONS,
    REJECTED_TOKEN_COOLDOWN,
    SET_ASIDE_SECONDS,
)
from support.clock import Clock
from support.http_server import ReceivedRequest, ScriptedResponse, ScriptedServer
from support.threads import run_in_threads


class Provider:
    """Grants the tokens t1, t2, ... and accepts those in ``accepted``."""

    def __init__(self) -> None:
        self.granted = 0
        self.accepted: set[str] = set()
        self.accept_new = True

    def token(self, seen: ReceivedRequest) -> ScriptedResponse:
        self.granted += 1
        if self.accept_new:
            self.accepted.add(f"Bearer t{self.granted}")
        return ScriptedResponse(body=b'{"access_token": "t%d", "expires_in": 3600}' % self.granted)

    def api(self, seen: ReceivedRequest) -> ScriptedResponse:
        return ScriptedResponse(200 if seen.authorization in self.accepted else 401)


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def session(provider: Provider, clock: Clock) -> Iterator[ClientCredentialsSession]:
    with ScriptedServer({"/token": provider.token, "/x": provider.api}) as server:
        url = f"{server.url}/token"
        with ClientCredentialsSession("id", "secret", url, base_url=server.url) as session:
            session._token_source.clock = clock
            yield session


def statuses(session: ClientCredentialsSession, number: int) -> list[int]:
    return [session.get("/x").status_code for _ in range(number)]


def renewed_ahead(session: ClientCredentialsSession, clock: Clock) -> None:
    """Let the helper thread replace t1 by t2, shortly before t1 expires."""
    assert statuses(session, 1) == [200]
    clock.advance(3600 - 100)
    assert statuses(session, 1) == [200]
    for thread in threading.enumerate():
        if thread.name == "token-renewal":
            thread.join(10)
    assert session.access_token == "t2"


def test_new_token_that_is_refused_gives_way_to_the_older_one(
    provider: Provider, session: ClientCredentialsSession, clock: Clock
) -> None:
    statuses(session, 1)
    provider.accept_new = False  # the API learns of the next token later
    renewed_ahead(session, clock)
    assert statuses(session, 5) == [200] * 5
    assert provider.granted == 2
    provider.accepted = {"Bearer t2"}
    clock.advance(SET_ASIDE_SECONDS)
    assert statuses(session, 5) == [200] * 5
    assert (provider.granted, session.access_token) == (2, "t2")


def test_new_token_is_used_again_when_the_older_one_expires(
    provider: Provider, session: ClientCredentialsSession, clock: Clock
) -> None:
    provider.accept_new = True
    statuses(session, 1)
    provider.accept_new = False
    renewed_ahead(session, clock)
    assert statuses(session, 1) == [200]
    assert session.access_token == "t1"
    provider.accepted = {"Bearer t2"}
    clock.advance(100)
    assert statuses(session, 1) == [200]
    assert (provider.granted, session.access_token) == (2, "t2")


def test_older_token_that_is_refused_as_well_is_not_used_again(
    provider: Provider, session: ClientCredentialsSession, clock: Clock
) -> None:
    statuses(session, 1)
    provider.accept_new = False
    renewed_ahead(session, clock)
    provider.accepted = set()
    assert statuses(session, 1) == [401]
    provider.accept_new = True
    clock.advance(REJECTED_TOKEN_COOLDOWN)
    assert statuses(session, 2) == [200, 200]


def test_one_revoked_token_counts_once_for_many_threads(
    provider: Provider, session: ClientCredentialsSession, caplog: pytest.LogCaptureFixture
) -> None:
    statuses(session, 1)
    provider.accepted.clear()
    assert run_in_threads(16, lambda: session.get("/x").status_code) == [200] * 16
    assert provider.granted == 2
    assert not session._token_source.rejections.suspects_a_rival
    assert "store" not in caplog.text


def test_tokens_that_another_process_invalidates_are_fetched_slowly(
    provider: Provider,
    session: ClientCredentialsSession,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def call() -> int:
        provider.accepted = {f"Bearer t{provider.granted + 1}"}  # the other one has fetched
        return statuses(session, 1)[0]

    with caplog.at_level(logging.WARNING):
        assert [call() for _ in range(MAX_YOUNG_REJECTIONS + 1)] == [200] * (
            MAX_YOUNG_REJECTIONS + 1
        )
        assert session._token_source.rejections.suspects_a_rival
        granted = provider.granted
        assert [call() for _ in range(5)] == [401] * 5
        assert provider.granted == granted
        clock.advance(1)
        assert call() == 200
        clock.advance(1)
        assert call() == 401
    assert "give all of them the same store" in caplog.text


def test_token_that_was_revoked_late_is_no_sign_of_another_process(
    provider: Provider, session: ClientCredentialsSession, clock: Clock
) -> None:
    for _ in range(2 * MAX_YOUNG_REJECTIONS):
        assert statuses(session, 1) == [200]
        provider.accepted.clear()
        clock.advance(REJECTED_TOKEN_COOLDOWN)
    assert not session._token_source.rejections.suspects_a_rival


def test_set_token_forgets_what_was_refused(
    provider: Provider, session: ClientCredentialsSession
) -> None:
    statuses(session, 1)
    provider.accept_new = False
    provider.accepted.clear()
    assert statuses(session, 1) == [401]
    token: dict[str, Any] = {"access_token": "given", "expires_in": 60}
    session.token = token
    provider.accepted.add("Bearer given")
    assert statuses(session, 1) == [200]
