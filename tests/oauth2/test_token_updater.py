"""The token_updater is called with every new token."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import pytest

from pokitdok_session import PokitDokSession
from pokitdok_session.sandbox import Sandbox
from support.clock import Clock
from support.renewals import status_of
from support.threads import TEST_TIMEOUT, ThreadGroup

PassTime = Callable[[float], None]


def test_token_updater_runs_in_the_context_of_the_request(sandbox: Sandbox) -> None:
    user = ContextVar("user", default="unset")
    received: list[str] = []
    with sandbox.session(token_updater=lambda token: received.append(user.get())) as session:
        user.set("jane")
        status_of(session)
    assert received == ["jane"]


def test_token_updater_gets_every_token(
    sandbox: Sandbox, pass_time: PassTime, clock: Clock
) -> None:
    received: list[dict[str, Any]] = []
    with sandbox.session(token_updater=received.append) as session:
        session._token_source.clock = clock
        status_of(session)
        assert received == [session.token]
        pass_time(3600)
        status_of(session)
        sandbox.revoke()
        status_of(session)
        session.fetch_token()
    assert received[-1] == session.token
    assert len({token["access_token"] for token in received}) == len(received) == 4


def test_token_updater_can_use_the_session(
    sandbox: Sandbox,
) -> None:
    seen: list[int] = []
    with sandbox.session(token_updater=lambda token: seen.append(status_of(session))) as session:
        assert status_of(session) == 200
    assert seen == [200]
    assert sandbox.token_requests == 1


def test_token_updater_that_raises_is_logged_by_type_only(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(token: dict[str, Any]) -> None:
        raise OSError(token["access_token"])

    with sandbox.session(token_updater=fail) as session:
        assert status_of(session) == 200
        assert "token_updater raised OSError" in caplog.text
        assert str(session.access_token) not in caplog.text


def test_token_updater_cannot_change_the_token(sandbox: Sandbox) -> None:
    with sandbox.session(token_updater=dict.clear) as session:
        assert status_of(session) == 200
        assert session.authorized


def test_token_updater_that_is_slow_delays_only_its_request(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    called, done = threading.Event(), threading.Event()

    def slow(token: dict[str, Any]) -> None:
        called.set()
        done.wait(TEST_TIMEOUT)

    session.token_updater = slow
    fetching = ThreadGroup(1, lambda: status_of(session))
    assert called.wait(TEST_TIMEOUT)
    assert status_of(session) == 200
    done.set()
    assert fetching.join() == [200]


def test_token_updater_that_exits_ends_only_its_request(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    def fatal(token: dict[str, Any]) -> None:
        raise SystemExit

    session.token_updater = fatal
    with pytest.raises(SystemExit):
        status_of(session)
    assert status_of(session) == 200
    assert sandbox.token_requests == 1
