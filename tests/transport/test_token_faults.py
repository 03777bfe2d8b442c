"""Tokens and clocks that go wrong while requests are sent."""

from __future__ import annotations

import time

import pytest

from support.clock import Clock
from support.fault_table import (
    FAULTS,
    GET,
    POST,
    TOKEN,
    Wire,
    ask,
    claim,
    finish_renewals,
    warm,
)


@pytest.mark.parametrize("jump", [3600.0, -3600.0])
def test_wall_clock_jump_does_not_change_the_token_expiry(
    wire: Wire, clock: Clock, monkeypatch: pytest.MonkeyPatch, jump: float
) -> None:
    with wire.session() as session:
        session._token_source.clock = clock
        warm(session)
        now = time.time
        monkeypatch.setattr("time.time", lambda: now() + jump)
        assert ask(session, "GET").status_code == 200
        assert wire.seen(TOKEN) == 1
        clock.advance(3601)
        assert ask(session, "GET").status_code == 200
    assert wire.seen(TOKEN) == 2


def test_token_that_expired_during_sleep_is_renewed_before_sending(
    wire: Wire, clock: Clock
) -> None:
    with wire.session() as session:
        session._token_source.clock = clock
        warm(session)
        clock.advance(3600)
        wire.sandbox.clock.advance(3600)
        assert ask(session, "POST").status_code == 200
    assert (wire.seen(TOKEN), wire.seen(POST)) == (2, 1)


def test_token_that_expired_on_the_server_is_replaced_after_the_401(
    wire: Wire, clock: Clock
) -> None:
    with wire.session() as session:
        session._token_source.clock = clock  # which stands still, as a clock set back does
        warm(session)
        wire.sandbox.clock.advance(3601)
        assert ask(session, "POST").status_code == 200
    assert (wire.seen(TOKEN), wire.seen(POST)) == (2, 2)


def test_revoked_token_is_replaced_and_the_post_replayed_complete(wire: Wire) -> None:
    with wire.session() as session:
        warm(session)
        wire.sandbox.revoke()
        answer = session.post(POST, json=claim("mark"))
    assert (answer.status_code, wire.seen(TOKEN)) == (200, 2)
    first, second = wire.sandbox.received(POST)
    assert first.body == second.body
    assert [past.status_code for past in answer.history] == [401]


def test_single_401_is_not_seen(wire: Wire) -> None:
    with wire.session() as session:
        warm(session)
        wire.break_(POST, FAULTS["401"], times=1)
        assert ask(session, "POST").status_code == 200
    assert (wire.seen(TOKEN), wire.seen(POST)) == (2, 2)


def test_permanent_401_costs_one_token_request_in_all(wire: Wire) -> None:
    with wire.session() as session:
        warm(session)
        wire.break_(GET, FAULTS["401"])
        assert [ask(session, "GET").status_code for _ in range(5)] == [401] * 5
    assert (wire.seen(TOKEN), wire.seen(GET)) == (2, 6)


def test_unchanged_token_is_not_requested_by_every_request(wire: Wire, clock: Clock) -> None:
    wire.sandbox.options.same_token = True
    with wire.session() as session:
        session._token_source.clock = clock
        warm(session)
        for server in (clock, wire.sandbox.clock):
            server.advance(3500)
        for _ in range(20):
            assert ask(session, "GET").status_code == 200
            finish_renewals()
    assert wire.seen(TOKEN) <= 3


def test_unchanged_token_without_lifetime_is_used_for_a_second(wire: Wire, clock: Clock) -> None:
    with wire.session() as session:
        session._token_source.clock = clock
        warm(session)
        same = {"access_token": session.access_token, "expires_in": 0}
        wire.sandbox.fail(TOKEN, body=same, times=None)
        clock.advance(3601)
        for _ in range(20):
            assert ask(session, "GET").status_code == 200
        assert wire.seen(TOKEN) == 2
        clock.advance(1.1)
        assert ask(session, "GET").status_code == 200
    assert wire.seen(TOKEN) == 3


def test_unchanged_token_that_is_refused_is_not_requested_again(wire: Wire) -> None:
    wire.sandbox.options.same_token = True
    with wire.session() as session:
        warm(session)
        wire.break_(GET, FAULTS["401"])
        assert [ask(session, "GET").status_code for _ in range(5)] == [401] * 5
    assert (wire.seen(TOKEN), wire.seen(GET)) == (2, 5)
