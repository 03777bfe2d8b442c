"""Nothing confidential is logged or raised, with DEBUG on every logger."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from pokitdok_session import ClientCredentialsSession, PokitDokSession
from pokitdok_session.sandbox import Sandbox
from pokitdok_session.transport.adapter import Transport
from pokitdok_session.transport.redaction import REDACTED, without_query
from support.fault_table import (
    AT_THE_TOKEN_ENDPOINT,
    FAULTS,
    GET,
    SILENT,
    TOKEN,
    TOKEN_GARBAGE,
    Wire,
    timeout_for,
)
from support.http_server import ScriptedResponse, ScriptedServer, redirect
from support.log_capture import MARK, SECRET, Said, attempt, confidential, spread
from support.subprocesses import wait_until
from support.threads import TEST_TIMEOUT


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(client_secret=SECRET) as running:
        yield running


def test_urllib3_records_are_logged_without_path_and_query(sandbox: Sandbox, said: Said) -> None:
    with sandbox.session() as session:
        session.get(f"{GET}{MARK}", params={"member": MARK})
    lines = said.of("urllib3.connectionpool")
    assert [line for line in lines if '"GET <path redacted> HTTP/1.1" 404' in line], lines
    assert said.holds(*confidential(sandbox)) == []


@pytest.mark.parametrize(
    ("name", "retries"),
    [*((name, 2) for name in FAULTS), *((name, 0) for name in FAULTS if name not in SILENT)],
)
def test_api_fault_shows_nothing_confidential(
    wire: Wire, said: Said, pauses: list[float], name: str, retries: int
) -> None:
    with wire.session(retries=retries, timeout=timeout_for(name)) as session:
        session.fetch_token()
        wire.break_("*", FAULTS[name])
        spread(session, said)
    assert said.texts
    assert said.holds(*confidential(wire.sandbox)) == []


@pytest.mark.parametrize("name", [name for name in AT_THE_TOKEN_ENDPOINT if name not in SILENT])
def test_token_endpoint_fault_shows_nothing_confidential(
    wire: Wire, said: Said, pauses: list[float], name: str
) -> None:
    """Not even with the credentials in the query, where some providers want them."""
    with wire.session(retries=2) as session:
        session.get("/", withhold_token=True)
        wire.break_(TOKEN, {**FAULTS, **TOKEN_GARBAGE}[name])
        spread(session, said)
        for options in ({"method": "GET"}, {"force_querystring": True}):
            attempt(
                said,
                lambda options=options: session.fetch_token(
                    f"{session.token_url}?tenant={MARK}", include_client_id=True, **options
                ),
            )
    assert said.of("urllib3.connectionpool")
    assert said.holds(*confidential(wire.sandbox)) == []


def test_path_that_urllib3_quotes_differently_is_redacted(wire: Wire, said: Said) -> None:
    with wire.session() as session:
        prepared = session.prepare_request(requests.Request("GET", GET))
        prepared.url = f"{wire.relay.url}/api/v4/{MARK}-%c3%a9-é?name={MARK}%e2%82%ac é"
        attempt(said, lambda: session.send(prepared))
        wire.relay.inject("refuse")
        attempt(said, lambda: session.send(prepared))
    assert said.holds(*confidential(wire.sandbox)) == []


class ImpatientAfterRedirect(Transport):
    """Has a short read timeout for the URL with the marker in its path."""

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        if f"/{MARK}" in str(request.url):
            options["timeout"] = timeout_for("silence")
        return super().send(request, **options)


@pytest.mark.parametrize("name", ["404 HTML", "reset before the headers", "silence", "half a body"])
def test_redirected_request_is_redacted(wire: Wire, said: Said, name: str) -> None:
    there = f"{wire.relay.url}/api/v4/activities/{MARK}%e9?member={MARK}"
    with wire.session() as session:
        if name == "silence":
            session.mount(wire.relay.url + "/", ImpatientAfterRedirect(verify=wire.relay.ca_file))
        session.fetch_token()
        wire.sandbox.fail(GET, status=302, headers={"Location": there})
        wire.break_("/activities/*", FAULTS[name])
        attempt(said, lambda: session.get(GET, params={"q": MARK}))
    # A GET on a reused connection that is reset is sent once more.
    expected = 3 if name == "reset before the headers" else 2
    wait_until(lambda: len(wire.sandbox.requests) >= expected)
    assert len(wire.sandbox.requests) == expected
    assert said.holds(*confidential(wire.sandbox)) == []


def test_invalid_response_header_is_logged_without_the_path(sandbox: Sandbox, said: Said) -> None:
    token = {"access_token": "t"}
    broken = ScriptedResponse(headers={"X-A": "1\r\nthis is no header"})
    with (
        ScriptedServer({f"/{MARK}": broken}) as server,
        ClientCredentialsSession("id", SECRET, server.url + "/token", token=token) as session,
    ):
        assert session.get(f"{server.url}/{MARK}", params={"member": MARK}).status_code == 200
    assert len(said.of("urllib3.connection")) == 1
    assert said.holds(MARK) == []


def test_replayed_request_is_redacted(sandbox: Sandbox, said: Said) -> None:
    with sandbox.session() as session:
        session.fetch_token()
        sandbox.revoke()
        spread(session, said)
    assert sandbox.token_requests == 2
    assert said.holds(*confidential(sandbox)) == []


def test_api_error_that_quotes_the_request_is_not_quoted(sandbox: Sandbox, said: Said) -> None:
    told = {"message": MARK, "data": {"errors": {"validation": {"member": [MARK]}, "query": MARK}}}
    with sandbox.session() as session:
        for status in (400, 401, 402, 403, 404, 422, 429, 500):
            sandbox.fail(GET, status=status, body=told, times=2 if status == 401 else 1)
            attempt(said, lambda: session.call("GET", GET))
    assert len(said.texts) > 8
    assert said.holds(*confidential(sandbox)) == []


def test_records_of_another_host_are_unchanged(
    sandbox: Sandbox, other_origin: ScriptedServer, said: Said
) -> None:
    with sandbox.session() as session:
        session.get(f"{other_origin.url}/public?q=of-theirs")
        session.get(GET, params={"q": MARK})
        requests.get(f"{other_origin.url}/again?q=of-theirs", timeout=5)
    lines = said.of("urllib3.connectionpool")
    assert [line for line in lines if '"GET /public?q=of-theirs HTTP' in line]
    assert [line for line in lines if '"GET /again?q=of-theirs HTTP' in line]
    assert said.holds(*confidential(sandbox)) == []


@pytest.mark.parametrize("fails", [False, True])
def test_redirect_of_ours_to_another_host_is_redacted(
    sandbox: Sandbox, other_origin: ScriptedServer, said: Said, fails: bool
) -> None:
    """Our API wrote its path and query, which may hold what the request asked for."""
    host = "http://localhost:1" if fails else other_origin.url
    sandbox.fail(GET, status=302, headers={"Location": f"{host}/{MARK}?member={MARK}"})
    with sandbox.session() as session:
        attempt(said, lambda: session.get(GET, params={"q": MARK}))
        session.get(f"{other_origin.url}/again?q=of-theirs")
    lines = said.of("urllib3.connectionpool")
    assert [line for line in lines if '"GET /again?q=of-theirs HTTP' in line]
    assert [line for line in lines if f'"GET {REDACTED} HTTP' in line]
    assert said.holds(*confidential(sandbox)) == []


def test_redaction_is_separate_in_each_thread(
    sandbox: Sandbox, other_origin: ScriptedServer, said: Said
) -> None:
    ours_waits, theirs_done = threading.Event(), threading.Event()

    def wait(response: requests.Response, **kwargs: Any) -> None:
        ours_waits.set()
        assert theirs_done.wait(TEST_TIMEOUT)

    def foreign(seen: Any) -> ScriptedResponse:
        return redirect("/public?q=second")

    other_origin.script["/public"] = foreign
    with sandbox.session() as session:
        session.max_redirects = 3
        ours = threading.Thread(
            target=lambda: session.get(GET, params={"q": MARK}, hooks={"response": wait})
        )
        ours.start()
        assert ours_waits.wait(TEST_TIMEOUT)
        requests.get(f"{other_origin.url}/theirs?q=first", timeout=5)
        theirs_done.set()
        ours.join(TEST_TIMEOUT)
        assert not ours.is_alive()
    lines = said.of("urllib3.connectionpool")
    assert [line for line in lines if '"GET /theirs?q=first HTTP' in line]
    assert said.holds(*confidential(sandbox)) == []


def test_redaction_changes_the_record_and_not_the_request(sandbox: Sandbox, said: Said) -> None:
    with sandbox.session() as session:
        answer = session.get(GET, params={"q": MARK})
    assert answer.request.url == f"{sandbox.base_url}/api/v4{GET}?q={MARK}"
    assert sandbox.received(GET)[0].query == f"q={MARK}"
    assert sandbox.received(GET)[0].token == session.access_token


def test_foreign_request_inside_a_hook_is_logged_unchanged(
    sandbox: Sandbox,
    session: PokitDokSession,
    other_origin: ScriptedServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    foreign = other_origin.url.replace("127.0.0.1", "localhost") + "/theirs?x=1"

    def ask(response: requests.Response, **kwargs: Any) -> None:
        requests.get(foreign, timeout=5)

    with caplog.at_level(logging.DEBUG, "urllib3"):
        session.get("/activities/", params={"mine": "1"}, hooks={"response": ask})
    assert "/theirs?x=1" in caplog.text
    assert "mine" not in caplog.text


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:words@h.example:8443/p?q=1#f", "https://h.example:8443/p"),
        ("https://h.example", "https://h.example"),
        ("https://[::1/", "a URL that cannot be parsed"),
    ],
)
def test_without_query_removes_credentials_query_and_fragment(url: str, shown: str) -> None:
    assert without_query(url) == shown
