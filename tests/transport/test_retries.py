"""Which failed requests are sent again, over real connections."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests
from urllib3.util.retry import Retry

from pokitdok_session.transport.in_doubt import IDEMPOTENT_METHODS, IN_DOUBT
from support.fault_table import (
    AT_THE_API,
    FAULTS,
    GET,
    PATIENT,
    POST,
    Wire,
    ask,
    outcome_of,
    timeout_for,
    warm,
)
from support.subprocesses import wait_until

RETRY_AFTER = {
    "503, try in 2 s": [2.0, 2.0],
    "503, try on a day gone by": [0.4],  # urllib3's backoff, which begins with nothing
    "503, try in hours": [60.0, 60.0],
    "503, try when you can": [0.4],
    "429, try in hours": [60.0, 60.0],
}


@pytest.mark.parametrize(("name", "expected"), RETRY_AFTER.items())
def test_retry_waits_for_retry_after_and_at_most_a_minute(
    wire: Wire, pauses: list[float], name: str, expected: list[float]
) -> None:
    with wire.session(retries=2) as session:
        warm(session)
        wire.break_(GET, FAULTS[name])
        ask(session, "GET")
    assert [pause for pause in pauses if pause] == expected


AGAIN = ["reset before the headers", "silence", "cut off within TLS", "502", "503", "504", "429"]


@pytest.mark.parametrize("name", AGAIN)
def test_get_with_retries_is_retried(wire: Wire, pauses: list[float], name: str) -> None:
    timeout = (PATIENT, 1.0) if name == "silence" else PATIENT  # the second response is in time
    with wire.session(retries=2, timeout=timeout) as session:
        warm(session)
        wire.break_(GET, FAULTS[name], times=1)
        assert ask(session, "GET").status_code == 200
    assert wire.seen(GET) == 2


@pytest.mark.parametrize("name", ["refused", "hung up before TLS"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_connection_that_was_not_established_is_retried_by_default(
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


FAULTS_IN_DOUBT = [
    name
    for name, (_, post, _, _) in AT_THE_API.items()
    if post.in_doubt or post.sees in (500, 502, 503, 504)
]


@pytest.mark.parametrize("name", FAULTS_IN_DOUBT)
def test_urllib3_retry_does_not_retry_a_post_in_doubt(
    wire: Wire, pauses: list[float], name: str
) -> None:
    with wire.session(retries=retry_of_urllib3(), timeout=timeout_for(name)) as session:
        warm(session)
        wire.break_(POST, FAULTS[name])
        outcome_of(lambda: ask(session, "POST"))
    wait_until(lambda: wire.seen(POST))
    assert wire.seen(POST) == 1


def test_urllib3_retry_counts_and_statuses_are_used(wire: Wire, pauses: list[float]) -> None:
    with wire.session(retries=retry_of_urllib3()) as session:
        warm(session)
        wire.break_(GET, FAULTS["500"])
        assert ask(session, "GET").status_code == 500
    assert wire.seen(GET) == 4


def chunks() -> Iterator[bytes]:
    yield b"a whole "
    yield b"body"


@pytest.mark.parametrize("name", ["503", "reset before the headers", "429", "401"])
def test_generator_body_is_sent_once(wire: Wire, pauses: list[float], name: str) -> None:
    with wire.session(retries=2) as session:
        warm(session)
        wire.break_("/claims/drafts/7", FAULTS[name])
        outcome_of(lambda: session.put("/claims/drafts/7", data=chunks()))
    assert [seen.body for seen in wire.sandbox.received("/claims/drafts/7")] == [b"a whole body"]


@pytest.mark.parametrize("name", ["503", "reset before the headers", "401"])
def test_file_body_is_retried_from_the_beginning(
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


def test_error_after_a_redirect_is_about_the_redirected_request(wire: Wire) -> None:
    with wire.session() as session:
        warm(session)
        elsewhere = {"Location": f"{wire.relay.url}/api/v4{GET}"}
        wire.sandbox.fail(POST, status=303, headers=elsewhere)
        wire.break_(GET, FAULTS["reset before the headers"])
        with pytest.raises(requests.ConnectionError) as caught:
            ask(session, "POST")
    assert IN_DOUBT not in str(caught.value)


def test_methods_that_urllib3_retries_are_the_idempotent_ones() -> None:
    assert Retry.DEFAULT_ALLOWED_METHODS == IDEMPOTENT_METHODS
