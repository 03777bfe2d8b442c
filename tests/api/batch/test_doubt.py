"""Rows that may have been processed: they stay in doubt, whatever comes later."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from pokitdok_session import APISession, Outcome, PokitDokSession
from pokitdok_session.api.verdict import verdict_on
from pokitdok_session.errors import (
    ActivityPending,
    TradingPartnerError,
)
from pokitdok_session.sandbox import Sandbox
from support.batches import appointments, key_of, rows_of
from support.http_server import ScriptedResponse, ScriptedServer, redirect

Run = Callable[..., list[Outcome]]


@pytest.fixture(autouse=True)
def _wait_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pokitdok_session.api.batch.search.SEARCH_AGAIN", 0.0)
    for module in ("sender", "search"):
        monkeypatch.setattr(f"pokitdok_session.api.batch.{module}.backoff", lambda *_: 0.0)


def call_and_read(session: PokitDokSession) -> Callable[[Any], Any]:
    """Return a call of two requests: the inquiry, then its activity."""

    def call(row: Any) -> Any:
        return session.activities(session.eligibility(row).activity_id)

    return call


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 404}, {"status": 402}], ids=str)
def test_batch_sends_a_row_once_if_a_later_request_fails(
    session: PokitDokSession, sandbox: Sandbox, path: Path, fault: dict[str, Any]
) -> None:
    sandbox.fail("/activities/", times=3, **fault)
    (outcome,) = session.batch(call_and_read(session), rows_of(1), key=key_of, journal=path)
    assert appointments(sandbox) == {"A0": 1}
    assert outcome.action in ("answered", "unknown")  # found, as soon as the search succeeds


def test_batch_sends_a_row_once_if_its_activity_is_pending(
    session: PokitDokSession, sandbox: Sandbox
) -> None:
    def call(row: Any) -> Any:
        reply = session.eligibility({**row, "async": True})
        raise ActivityPending(response=session.activities(reply.activity_id).response)

    sandbox.fail("/activities/?limit", status=404, times=None)
    (outcome,) = session.batch(call, rows_of(1), key=key_of)
    assert appointments(sandbox) == {"A0": 1}
    assert outcome.action != "retry"


def test_verdict_on_a_pending_activity_is_unknown() -> None:
    response = requests.Response()
    response.request = requests.Request("GET", "https://api.example/").prepare()
    assert verdict_on(ActivityPending(response=response)).action == "unknown"


def test_batch_believes_a_refusal_with_a_status_of_success(
    session: PokitDokSession,
) -> None:
    def call(row: Any) -> Any:
        raise TradingPartnerError("refused", response=session.eligibility(row).response)

    (outcome,) = session.batch(call, rows_of(1), key=key_of)
    assert outcome.action == "fix"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    token = json.dumps({"access_token": "t", "token_type": "Bearer", "expires_in": 3600}).encode()
    with ScriptedServer({"/token": ScriptedResponse(200, token)}) as server:
        yield server


@pytest.fixture
def plain(server: ScriptedServer) -> Iterator[APISession]:
    with APISession("id", "secret", f"{server.url}/token", base_url=server.url) as session:
        yield session


def posted(server: ScriptedServer) -> int:
    return sum(request.path == "/x" for request in server.requests)


@pytest.mark.parametrize("location", ["/result", "http://[broken/", "http://127.0.0.1:99999/"])
def test_batch_sends_a_row_once_if_its_redirect_fails(
    plain: APISession, server: ScriptedServer, location: str
) -> None:
    server.script["/x"] = redirect(location, 303)
    server.script["/result"] = ScriptedResponse(500)
    (outcome,) = plain.batch(lambda row: plain.call("POST", "/x", json=row), [{"a": 1}])
    assert (outcome.action, posted(server)) == ("unknown", 1)
    assert outcome.verdict is not None
    assert outcome.verdict.processed is None
