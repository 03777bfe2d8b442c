"""When the rate limit of PokitDok ends, by what its replies say."""

from __future__ import annotations

import json
import time
from email.utils import formatdate
from typing import Any

import pytest

from pokitdok_session import PokitDokSession
from pokitdok_session.errors import RateLimited
from pokitdok_session.sandbox import Sandbox
from support.http_server import ScriptedResponse, ScriptedServer

PATH = "/anything"


def call(sandbox: Sandbox, session: PokitDokSession, **response: Any) -> None:
    sandbox.fail(PATH, **response)
    session.call("GET", PATH)


def seconds_to_wait(sandbox: Sandbox, session: PokitDokSession, **answer: Any) -> float:
    with pytest.raises(RateLimited) as caught:
        call(sandbox, session, **{"status": 403, **answer})
    return caught.value.retry_after


def test_rate_limit_is_assumed_to_last_a_minute(sandbox: Sandbox, session: PokitDokSession) -> None:
    assert seconds_to_wait(sandbox, session) == 60


@pytest.mark.parametrize("status", [403, 429])
def test_retry_after_is_the_end_of_the_rate_limit(
    sandbox: Sandbox, session: PokitDokSession, status: int
) -> None:
    assert seconds_to_wait(sandbox, session, status=status, headers={"Retry-After": "7"}) == 7
    then = formatdate(time.time() + 30, usegmt=True)
    wait = seconds_to_wait(sandbox, session, status=status, headers={"Retry-After": then})
    assert 25 < wait <= 30
    assert seconds_to_wait(sandbox, session, headers={"Retry-After": "nonsense"}) == 60


def test_last_seen_window_is_the_end_of_the_rate_limit(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    call(sandbox, session, body={"meta": {"rate_limit_reset": int(time.time()) + 40}})
    assert 35 < seconds_to_wait(sandbox, session) <= 41  # Date tells whole seconds


def by_a_clock(server: ScriptedServer, date: str | None, window_end: float) -> float:
    """The seconds to wait that a server tells whose clock says so."""
    headers = {} if date is None else {"Date": date}
    answers = [
        ScriptedResponse(body=json.dumps({"meta": {"rate_limit_reset": window_end}}).encode()),
        ScriptedResponse(403, b'{"message": "Forbidden (Rate Limited)"}', headers),
    ]
    server.script["/api/v4" + PATH] = lambda seen: answers.pop(0)
    token = {"access_token": "x"}
    with PokitDokSession("id", "secret", base_url=server.url, token=token) as session:
        session.call("GET", PATH)
        with pytest.raises(RateLimited) as caught:
            session.call("GET", PATH)
    return caught.value.retry_after


def test_end_of_the_window_is_read_by_the_clock_of_the_server(other_origin: ScriptedServer) -> None:
    there = int(time.time()) - 86_400
    assert by_a_clock(other_origin, formatdate(there, usegmt=True), there + 40) == 40


@pytest.mark.parametrize("date", [None, "nonsense", "", "Fri, 31 Dec 99999 23:59:59 GMT"])
def test_server_without_a_date_is_read_by_the_local_clock(
    other_origin: ScriptedServer, date: str | None
) -> None:
    assert 35 < by_a_clock(other_origin, date, time.time() + 40) <= 40


@pytest.mark.parametrize("reset", [1, -1, float("nan"), 10**400, None, "soon", [], 0], ids=str)
def test_end_that_is_past_or_invalid_is_ignored(
    sandbox: Sandbox, session: PokitDokSession, reset: Any
) -> None:
    body = json.dumps({"meta": {"rate_limit_reset": reset}})
    call(sandbox, session, body=body)
    assert seconds_to_wait(sandbox, session) == 60
