"""What a caller sees when the token endpoint fails: every row of the fault table."""

from __future__ import annotations

import time

import pytest

from pokitdok_session import TokenError
from support.clock import Clock
from support.fault_table import (
    AT_THE_TOKEN_ENDPOINT,
    FAULTS,
    PATIENT,
    POST,
    SILENT,
    TOKEN,
    TOKEN_GARBAGE,
    Wire,
    ask,
    finish_renewals,
    timeout_for,
    warm,
)
from support.subprocesses import wait_until

# A policy of the adapter's own would multiply what the endpoint is asked, where it asks again.
TOKEN_ROWS = [
    pytest.param(name, *row, retries, id=f"{name}-{retries}")
    for name, row in AT_THE_TOKEN_ENDPOINT.items()
    for retries in ((0, 2) if (row[1] or 0) >= 429 or row[0] == 3 else (0,))
]


@pytest.mark.parametrize(("name", "requests_seen", "status", "retries"), TOKEN_ROWS)
def test_token_endpoint_fault_raises_and_sends_nothing(
    wire: Wire, pauses: list[float], name: str, requests_seen: int, status: int | None, retries: int
) -> None:
    fault = {**FAULTS, **TOKEN_GARBAGE}[name]
    with wire.session(retries=retries, token_timeout=timeout_for(name)) as session:
        session.get("/", withhold_token=True)  # a connection, so that TLS may be cut
        already = wire.seen(TOKEN)
        wire.break_(TOKEN, fault)
        started = time.monotonic()
        with pytest.raises(TokenError) as caught:
            ask(session, "POST")
        seconds = time.monotonic() - started
    assert caught.value.status_code == status
    wait_until(lambda: wire.seen(TOKEN) - already >= requests_seen)  # a server can be late
    assert wire.seen(TOKEN) - already == requests_seen
    assert wire.sandbox.received(POST) == []
    assert seconds < PATIENT
    assert sum(pauses) < 60


PASSING = [name for name, (times, _) in AT_THE_TOKEN_ENDPOINT.items() if times == 3]


@pytest.mark.parametrize("name", PASSING)
def test_token_endpoint_fault_that_passes_is_not_seen(
    wire: Wire, pauses: list[float], name: str
) -> None:
    with wire.session() as session:
        wire.break_(TOKEN, FAULTS[name], times=1)
        assert ask(session, "POST").status_code == 200
    assert (wire.seen(TOKEN), wire.sandbox.received(POST)[0].path) == (2, "/api/v4/claims/")
    assert len(pauses) == 1


def test_token_that_arrives_slowly_is_used(wire: Wire) -> None:
    with wire.session() as session:
        wire.sandbox.fail(TOKEN, drip=0.002)
        assert ask(session, "GET").status_code == 200
    assert wire.seen(TOKEN) == 1


ALONE = {  # those that meet the token endpoint and not the API as well
    name: fault
    for name, fault in {**FAULTS, **TOKEN_GARBAGE}.items()
    if fault.manner is None and name in AT_THE_TOKEN_ENDPOINT
}


@pytest.mark.parametrize("name", ALONE)
def test_token_endpoint_fault_with_a_valid_token_is_not_seen(
    wire: Wire, clock: Clock, pauses: list[float], name: str
) -> None:
    with wire.session() as session:
        session._token_source.clock = clock
        warm(session)
        if name in SILENT:
            session.token_timeout = timeout_for(name)
        clock.advance(3500)  # of 3600: the next request has it renewed
        wire.break_(TOKEN, ALONE[name])
        started = time.monotonic()
        assert ask(session, "POST").status_code == 200
        assert time.monotonic() - started < PATIENT - 2
        finish_renewals()
        assert ask(session, "POST").status_code == 200
    # Credentials that were accepted before and are refused now are sent once more.
    expected = 1 + AT_THE_TOKEN_ENDPOINT[name][0] + (name in ("400", "401"))
    wait_until(lambda: wire.seen(TOKEN) >= expected)
    assert wire.seen(TOKEN) == expected


def test_token_endpoint_down_while_the_token_is_valid_is_not_seen(
    wire: Wire, clock: Clock, pauses: list[float]
) -> None:
    with wire.session() as session:
        session._token_source.clock = clock
        warm(session)
        first = session.access_token
        wire.break_(TOKEN, FAULTS["503"])
        for _ in range(6):
            clock.advance(580)
            assert ask(session, "GET").status_code == 200
            finish_renewals()
        assert session.access_token == first
        wire.heal()
        clock.advance(80)
        assert ask(session, "GET").status_code == 200
        finish_renewals()
        assert session.access_token != first


def test_token_endpoint_down_longer_fails_only_the_requests_meanwhile(
    wire: Wire, clock: Clock, pauses: list[float]
) -> None:
    with wire.session() as session:
        session._token_source.clock = clock
        warm(session)
        wire.break_(TOKEN, FAULTS["503"])
        clock.advance(3601)
        with pytest.raises(TokenError):
            ask(session, "GET")
        wire.heal()
        assert ask(session, "GET").status_code == 200


def test_token_refusal_is_cached_for_30_seconds(wire: Wire, clock: Clock) -> None:
    with wire.session() as session:
        session._token_source.clock = clock
        wire.break_(TOKEN, FAULTS["401"])
        for _ in range(5):
            with pytest.raises(TokenError):
                ask(session, "GET")
            clock.advance(5)
        assert wire.seen(TOKEN) == 1
        wire.heal()
        clock.advance(6)
        assert ask(session, "GET").status_code == 200


@pytest.mark.parametrize("name", ["503, try in hours", "429, try in hours"])
def test_token_endpoint_retry_after_of_hours_is_limited_to_one_hour(
    wire: Wire, clock: Clock, name: str
) -> None:
    with wire.session() as session:
        session._token_source.clock = clock
        wire.break_(TOKEN, FAULTS[name], times=1)
        with pytest.raises(TokenError) as caught:
            ask(session, "GET")
        assert caught.value.retry_after == 3600
        clock.advance(3599)
        with pytest.raises(TokenError):
            ask(session, "GET")
        assert wire.seen(TOKEN) == 1
        clock.advance(2)
        assert ask(session, "GET").status_code == 200
