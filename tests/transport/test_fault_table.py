"""What the wire can do, and what a caller meets then: every row of the table of faults."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from urllib3.util.retry import Retry

from pokitdok_session import PokitDokSession, TokenError
from pokitdok_session.errors import APIError
from pokitdok_session.sandbox import Sandbox
from pokitdok_session.transport.adapter import Transport
from pokitdok_session.transport.outcome import OUTCOME_UNKNOWN
from support.clock import Clock
from support.fault_table import (
    AT_THE_API,
    AT_THE_TOKEN_ENDPOINT,
    FAULTS,
    GET,
    KINDS,
    PATIENT,
    POST,
    SHORT,
    SILENT,
    TOKEN,
    TOKEN_GARBAGE,
    Outcome,
    Wire,
    claim,
)

MANNERS = [(method, retries) for retries in (0, 2) for method in ("GET", "POST")]
API_ROWS = [
    pytest.param(name, method, retries, outcome, id=f"{name}-{method}-{retries}")
    for name, outcomes in AT_THE_API.items()
    for (method, retries), outcome in zip(MANNERS, outcomes, strict=True)
]
# A policy of the adapter's own would multiply what the endpoint is asked, where it asks again.
TOKEN_ROWS = [
    pytest.param(name, *row, retries, id=f"{name}-{retries}")
    for name, row in AT_THE_TOKEN_ENDPOINT.items()
    for retries in ((0, 2) if (row[1] or 0) >= 429 or row[0] == 3 else (0,))
]


@pytest.fixture
def wire(sandbox: Sandbox, tmp_path: Path) -> Iterator[Wire]:
    with Wire.to(sandbox, tmp_path) as wire:
        yield wire
        wire.heal()
        finish_renewals()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch, naps: list[float]) -> list[float]:
    """All pauses between two tries, at the API too, which pass at once."""
    stand_in = SimpleNamespace(sleep=naps.append, time=time.time)
    monkeypatch.setattr("urllib3.util.retry.time", stand_in)
    return naps


def finish_renewals() -> None:
    for thread in threading.enumerate():
        if thread.name == "token-renewal":
            thread.join(5)
            assert not thread.is_alive(), "a renewal never came to an end"


def ask(session: PokitDokSession, method: str, **options: Any) -> requests.Response:
    if method == "GET":
        return session.get(GET, **options)
    return session.post(POST, json=claim(), **options)


def outcome_of(work: Callable[[], requests.Response]) -> int | Exception:
    try:
        return work().status_code
    except Exception as error:
        return error


def warm(session: PokitDokSession) -> None:
    """Have a token and a connection, so that the next thing to fail is the request."""
    session.fetch_token()


# At the API


@pytest.mark.parametrize(("name", "method", "retries", "expected"), API_ROWS)
def test_a_fault_at_the_api_has_the_outcome_of_its_row(
    wire: Wire, pauses: list[float], name: str, method: str, retries: int, expected: Outcome
) -> None:
    path = GET if method == "GET" else POST
    timeout = SHORT if name in SILENT else PATIENT
    with wire.session(retries=retries, timeout=timeout) as session:
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
        assert (OUTCOME_UNKNOWN in str(seen)) is expected.in_doubt
    assert wire.seen(path) == expected.requests
    assert seconds < expected.seconds
    assert all(pause <= 60 for pause in pauses)


def test_a_fault_that_the_caller_is_handling_says_nothing_of_the_next(wire: Wire) -> None:
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
    assert [OUTCOME_UNKNOWN in str(error) for error in seen] == [False, True]
    assert wire.seen(POST) == 1


def test_nor_does_it_where_another_session_has_the_adapter(wire: Wire) -> None:
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


def test_an_exception_that_the_caller_is_handling_stays_as_it_is(wire: Wire) -> None:
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
def test_a_resource_method_raises_the_kind_of_the_status(
    wire: Wire, name: str, kind: type[APIError]
) -> None:
    with wire.session() as session:
        warm(session)
        wire.break_(GET, FAULTS[name])
        with pytest.raises(APIError) as caught:
            session.call("GET", GET)
    assert type(caught.value) is kind


# At the token endpoint


@pytest.mark.parametrize(("name", "requests_seen", "status", "retries"), TOKEN_ROWS)
def test_a_fault_at_the_token_endpoint_is_a_token_error_and_nothing_is_sent(
    wire: Wire, pauses: list[float], name: str, requests_seen: int, status: int | None, retries: int
) -> None:
    fault = {**FAULTS, **TOKEN_GARBAGE}[name]
    token_timeout = SHORT if name in SILENT else PATIENT
    with wire.session(retries=retries, token_timeout=token_timeout) as session:
        session.get("/", withhold_token=True)  # a connection, so that TLS may be cut
        already = wire.seen(TOKEN)
        wire.break_(TOKEN, fault)
        started = time.monotonic()
        with pytest.raises(TokenError) as caught:
            ask(session, "POST")
        seconds = time.monotonic() - started
    assert caught.value.status_code == status
    assert wire.seen(TOKEN) - already == requests_seen
    assert wire.sandbox.received(POST) == []
    assert seconds < 3
    assert sum(pauses) < 60


PASSING = [name for name, (times, _) in AT_THE_TOKEN_ENDPOINT.items() if times == 3]


@pytest.mark.parametrize("name", PASSING)
def test_a_fault_at_the_token_endpoint_that_passes_is_never_seen(
    wire: Wire, pauses: list[float], name: str
) -> None:
    with wire.session() as session:
        wire.break_(TOKEN, FAULTS[name], times=1)
        assert ask(session, "POST").status_code == 200
    assert (wire.seen(TOKEN), wire.sandbox.received(POST)[0].path) == (2, "/api/v4/claims/")
    assert len(pauses) == 1


def test_a_token_that_drips_in_is_used(wire: Wire) -> None:
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
def test_no_fault_at_the_token_endpoint_is_seen_while_the_token_is_still_good(
    wire: Wire, clock: Clock, pauses: list[float], name: str
) -> None:
    token_timeout = SHORT if name in SILENT else PATIENT
    with wire.session(token_timeout=token_timeout) as session:
        session.token_source.clock = clock
        warm(session)
        clock.advance(3500)  # of 3600: the next request has it renewed
        wire.break_(TOKEN, ALONE[name])
        started = time.monotonic()
        assert ask(session, "POST").status_code == 200
        assert time.monotonic() - started < PATIENT - 2
        finish_renewals()
        assert ask(session, "POST").status_code == 200
    assert wire.seen(TOKEN) == 1 + AT_THE_TOKEN_ENDPOINT[name][0]


def test_an_endpoint_down_for_less_than_the_remaining_life_is_never_seen(
    wire: Wire, clock: Clock, pauses: list[float]
) -> None:
    with wire.session() as session:
        session.token_source.clock = clock
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


def test_an_endpoint_down_for_longer_costs_the_requests_of_that_time_and_no_others(
    wire: Wire, clock: Clock, pauses: list[float]
) -> None:
    with wire.session() as session:
        session.token_source.clock = clock
        warm(session)
        wire.break_(TOKEN, FAULTS["503"])
        clock.advance(3601)
        with pytest.raises(TokenError):
            ask(session, "GET")
        wire.heal()
        assert ask(session, "GET").status_code == 200


def test_a_refusal_is_remembered_for_half_a_minute(wire: Wire, clock: Clock) -> None:
    with wire.session() as session:
        session.token_source.clock = clock
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
def test_a_token_endpoint_that_asks_for_hours_is_asked_again_after_a_minute(
    wire: Wire, clock: Clock, name: str
) -> None:
    with wire.session() as session:
        session.token_source.clock = clock
        wire.break_(TOKEN, FAULTS[name], times=1)
        with pytest.raises(TokenError) as caught:
            ask(session, "GET")
        assert caught.value.retry_after == 60
        clock.advance(59)
        with pytest.raises(TokenError):
            ask(session, "GET")
        assert wire.seen(TOKEN) == 1
        clock.advance(2)
        assert ask(session, "GET").status_code == 200


# What may be sent again, and what may not


RETRY_AFTER = {
    "503, try in 2 s": [2.0, 2.0],
    "503, try on a day gone by": [0.4],  # urllib3's backoff, which begins with nothing
    "503, try in hours": [60.0, 60.0],
    "503, try when you can": [0.4],
    "429, try in hours": [60.0, 60.0],
}


@pytest.mark.parametrize(("name", "expected"), RETRY_AFTER.items())
def test_a_retry_waits_as_it_is_told_and_a_minute_at_most(
    wire: Wire, pauses: list[float], name: str, expected: list[float]
) -> None:
    with wire.session(retries=2) as session:
        warm(session)
        wire.break_(GET, FAULTS[name])
        ask(session, "GET")
    assert [pause for pause in pauses if pause] == expected


AGAIN = ["reset before the headers", "silence", "cut off within TLS", "502", "503", "504", "429"]


@pytest.mark.parametrize("name", AGAIN)
def test_a_get_is_tried_again_where_retries_are_asked_for(
    wire: Wire, pauses: list[float], name: str
) -> None:
    timeout = SHORT if name in SILENT else PATIENT
    with wire.session(retries=2, timeout=timeout) as session:
        warm(session)
        wire.break_(GET, FAULTS[name], times=1)
        assert ask(session, "GET").status_code == 200
    assert wire.seen(GET) == 2


@pytest.mark.parametrize("name", ["refused", "hung up before TLS"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_connection_that_was_never_made_is_tried_again_without_being_asked(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, name: str, method: str
) -> None:
    def pause(seconds: float) -> None:
        wire.heal()

    with wire.session() as session:
        warm(session)
        wire.break_("", FAULTS[name])
        stand_in = SimpleNamespace(sleep=pause, time=time.time)
        monkeypatch.setattr("urllib3.util.retry.time", stand_in)
        assert ask(session, method).status_code == 200
    assert wire.seen(GET if method == "GET" else POST) == 1


def retry_of_urllib3() -> Retry:
    return Retry(3, status_forcelist=(500, 502, 503, 504), raise_on_status=False)


IN_DOUBT = [
    name
    for name, (_, post, _, _) in AT_THE_API.items()
    if post.in_doubt or post.sees in (500, 502, 503, 504)
]


@pytest.mark.parametrize("name", IN_DOUBT)
def test_a_policy_of_urllib3_sends_no_post_twice_in_doubt(
    wire: Wire, pauses: list[float], name: str
) -> None:
    timeout = SHORT if name in SILENT else PATIENT
    with wire.session(retries=retry_of_urllib3(), timeout=timeout) as session:
        warm(session)
        wire.break_(POST, FAULTS[name])
        outcome_of(lambda: ask(session, "POST"))
    assert wire.seen(POST) == 1


def test_a_policy_of_urllib3_is_heeded(wire: Wire, pauses: list[float]) -> None:
    with wire.session(retries=retry_of_urllib3()) as session:
        warm(session)
        wire.break_(GET, FAULTS["500"])
        assert ask(session, "GET").status_code == 500
    assert wire.seen(GET) == 4


def chunks() -> Iterator[bytes]:
    yield b"a whole "
    yield b"body"


@pytest.mark.parametrize("name", ["503", "reset before the headers", "429", "401"])
def test_a_body_that_can_be_read_once_is_sent_once(
    wire: Wire, pauses: list[float], name: str
) -> None:
    with wire.session(retries=2) as session:
        warm(session)
        wire.break_("/claims/drafts/7", FAULTS[name])
        outcome_of(lambda: session.put("/claims/drafts/7", data=chunks()))
    assert [seen.body for seen in wire.sandbox.received("/claims/drafts/7")] == [b"a whole body"]


@pytest.mark.parametrize("name", ["503", "reset before the headers", "401"])
def test_a_file_is_sent_again_whole(
    wire: Wire, pauses: list[float], tmp_path: Path, name: str
) -> None:
    (tmp_path / "draft").write_bytes(b"not this: a whole body")
    with wire.session(retries=2) as session, (tmp_path / "draft").open("rb") as file:
        warm(session)
        file.seek(10)
        wire.break_("/claims/drafts/7", FAULTS[name], times=1)
        outcome_of(lambda: session.put("/claims/drafts/7", data=file))
    bodies = [seen.body for seen in wire.sandbox.received("/claims/drafts/7")]
    assert bodies == [b"a whole body"] * 2


def test_after_a_redirect_the_doubt_is_about_the_request_that_failed(wire: Wire) -> None:
    with wire.session() as session:
        warm(session)
        elsewhere = {"Location": f"{wire.relay.url}/api/v4{GET}"}
        wire.sandbox.fail(POST, status=303, headers=elsewhere)
        wire.break_(GET, FAULTS["reset before the headers"])
        with pytest.raises(requests.ConnectionError) as caught:
            ask(session, "POST")
    assert OUTCOME_UNKNOWN not in str(caught.value)


# Tokens and clocks that go wrong


@pytest.mark.parametrize("jump", [3600.0, -3600.0])
def test_a_wall_clock_that_jumps_neither_ends_a_token_nor_keeps_it(
    wire: Wire, clock: Clock, monkeypatch: pytest.MonkeyPatch, jump: float
) -> None:
    with wire.session() as session:
        session.token_source.clock = clock
        warm(session)
        now = time.time
        monkeypatch.setattr("time.time", lambda: now() + jump)
        assert ask(session, "GET").status_code == 200
        assert wire.seen(TOKEN) == 1
        clock.advance(3601)
        assert ask(session, "GET").status_code == 200
    assert wire.seen(TOKEN) == 2


def test_after_an_hour_asleep_a_new_token_is_fetched_before_anything_is_sent(
    wire: Wire, clock: Clock
) -> None:
    with wire.session() as session:
        session.token_source.clock = clock
        warm(session)
        clock.advance(3600)
        wire.sandbox.clock.advance(3600)
        assert ask(session, "POST").status_code == 200
    assert (wire.seen(TOKEN), wire.seen(POST)) == (2, 1)


def test_a_token_whose_end_the_clock_does_not_know_is_replaced_after_its_401(
    wire: Wire, clock: Clock
) -> None:
    with wire.session() as session:
        session.token_source.clock = clock  # which stands still, as a clock set back does
        warm(session)
        wire.sandbox.clock.advance(3601)
        assert ask(session, "POST").status_code == 200
    assert (wire.seen(TOKEN), wire.seen(POST)) == (2, 2)


def test_a_revoked_token_is_replaced_and_the_post_arrives_whole_once_more(wire: Wire) -> None:
    with wire.session() as session:
        warm(session)
        wire.sandbox.revoke()
        answer = session.post(POST, json=claim("mark"))
    assert (answer.status_code, wire.seen(TOKEN)) == (200, 2)
    first, second = wire.sandbox.received(POST)
    assert first.body == second.body
    assert [past.status_code for past in answer.history] == [401]


def test_a_401_that_comes_once_is_never_seen(wire: Wire) -> None:
    with wire.session() as session:
        warm(session)
        wire.break_(POST, FAULTS["401"], times=1)
        assert ask(session, "POST").status_code == 200
    assert (wire.seen(TOKEN), wire.seen(POST)) == (2, 2)


def test_a_401_for_ever_costs_one_token_request_and_not_one_a_call(wire: Wire) -> None:
    with wire.session() as session:
        warm(session)
        wire.break_(GET, FAULTS["401"])
        assert [ask(session, "GET").status_code for _ in range(5)] == [401] * 5
    assert (wire.seen(TOKEN), wire.seen(GET)) == (2, 6)


def test_a_token_handed_out_again_is_not_asked_for_by_every_request(
    wire: Wire, clock: Clock
) -> None:
    wire.sandbox.options.same_token = True
    with wire.session() as session:
        session.token_source.clock = clock
        warm(session)
        for server in (clock, wire.sandbox.clock):
            server.advance(3500)
        for _ in range(20):
            assert ask(session, "GET").status_code == 200
            finish_renewals()
    assert wire.seen(TOKEN) <= 3


def test_a_token_without_life_that_is_handed_out_again_is_used_for_a_second(
    wire: Wire, clock: Clock
) -> None:
    with wire.session() as session:
        session.token_source.clock = clock
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


def test_a_refused_token_that_is_handed_out_again_is_not_asked_for_again(wire: Wire) -> None:
    wire.sandbox.options.same_token = True
    with wire.session() as session:
        warm(session)
        wire.break_(GET, FAULTS["401"])
        assert [ask(session, "GET").status_code for _ in range(5)] == [401] * 5
    assert (wire.seen(TOKEN), wire.seen(GET)) == (2, 5)
