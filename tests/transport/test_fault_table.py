"""What a caller sees when the network or the API fails: every row of the fault table."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests

from pokitdok_session.errors import APIError
from pokitdok_session.transport.adapter import Transport
from pokitdok_session.transport.in_doubt import IN_DOUBT
from support.fault_table import (
    AT_THE_API,
    FAULTS,
    GET,
    KINDS,
    PATIENT,
    POST,
    Outcome,
    Wire,
    ask,
    outcome_of,
    timeout_for,
    warm,
)
from support.subprocesses import wait_until

MANNERS = [(method, retries) for retries in (0, 2) for method in ("GET", "POST")]
API_ROWS = [
    pytest.param(name, method, retries, outcome, id=f"{name}-{method}-{retries}")
    for name, outcomes in AT_THE_API.items()
    for (method, retries), outcome in zip(MANNERS, outcomes, strict=True)
]


@pytest.mark.parametrize(("name", "method", "retries", "expected"), API_ROWS)
def test_fault_at_the_api_has_the_outcome_of_the_row(
    wire: Wire, pauses: list[float], name: str, method: str, retries: int, expected: Outcome
) -> None:
    path = GET if method == "GET" else POST
    with wire.session(retries=retries, timeout=timeout_for(name)) as session:
        warm(session)
        wire.break_(path, FAULTS[name])
        started = time.monotonic()
        seen = outcome_of(lambda: ask(session, method))
        seconds = time.monotonic() - started
    if isinstance(expected.sees, int):
        assert seen == expected.sees
    else:
        assert isinstance(seen, expected.sees)
        assert isinstance(seen, requests.RequestException)
        assert (IN_DOUBT in str(seen)) is expected.in_doubt
        assert seen.processed is (None if expected.requests else False)  # type: ignore[attr-defined]
    wait_until(lambda: wire.seen(path) >= expected.requests)  # a server can be late
    assert wire.seen(path) == expected.requests
    assert seconds < PATIENT
    assert all(pause <= 60 for pause in pauses)


def test_exception_handled_by_the_caller_does_not_mark_the_next_one(wire: Wire) -> None:
    seen: list[Any] = []
    with wire.session() as session:
        warm(session)
        wire.break_(POST, FAULTS["hung up before TLS"])
        try:
            ask(session, "POST")
        except requests.ConnectionError as before:
            wire.heal()
            wire.break_(POST, FAULTS["reset before the headers"])
            seen = [before, outcome_of(lambda: ask(session, "POST"))]
    assert [IN_DOUBT in str(error) for error in seen] == [False, True]
    assert wire.seen(POST) == 1


def test_exception_handled_by_the_caller_does_not_cause_a_second_post(wire: Wire) -> None:
    with requests.Session() as session:
        session.mount("https://", Transport(verify=wire.relay.ca_file))
        url = wire.relay.url + POST
        wire.break_(POST, FAULTS["hung up before TLS"])
        try:
            session.post(url)
        except requests.ConnectionError:
            wire.heal()
            wire.break_(POST, FAULTS["reset before the headers"])
            assert isinstance(outcome_of(lambda: session.post(url)), requests.ConnectionError)
    assert wire.seen(POST) == 1


def test_exception_handled_by_the_caller_is_not_redacted(wire: Wire) -> None:
    mine = KeyError("/api/v4" + POST)
    with wire.session() as session:
        warm(session)
        wire.break_(POST, FAULTS["reset before the headers"])
        try:
            raise mine
        except KeyError:
            assert isinstance(outcome_of(lambda: ask(session, "POST")), requests.ConnectionError)
    assert mine.args == ("/api/v4" + POST,)


@pytest.mark.parametrize(("name", "kind"), KINDS.items())
def test_call_raises_the_error_class_of_the_status(
    wire: Wire, name: str, kind: type[APIError]
) -> None:
    with wire.session() as session:
        warm(session)
        wire.break_(GET, FAULTS[name])
        with pytest.raises(APIError) as caught:
            session.call("GET", GET)
    assert type(caught.value) is kind
