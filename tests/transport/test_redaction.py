"""Nothing confidential is said, with DEBUG on every logger and whatever goes wrong on the way."""

from __future__ import annotations

import base64
import logging
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from pokitdok_session import ClientCredentialsSession, PokitDokSession, TokenError
from pokitdok_session.sandbox import Sandbox
from pokitdok_session.transport.adapter import Transport
from support.clock import Clock
from support.fault_table import (
    AT_THE_TOKEN_ENDPOINT,
    FAULTS,
    GET,
    PATIENT,
    POST,
    SHORT,
    SILENT,
    TOKEN,
    TOKEN_GARBAGE,
    Wire,
    claim,
)
from support.http_server import Answer, Loopback, redirect
from support.threads import PATIENCE

#: Begins whatever is planted in bodies, paths, queries, and in the secret.
MARK = "mk5Qz"
SECRET = f"{MARK}-secret"


class Said(logging.Handler):
    """All that was said: records as they are printed and as they are held, warnings, errors."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.texts: list[str] = []
        self.records: list[logging.LogRecord] = []
        self._format = logging.Formatter("%(name)s %(levelname)s %(message)s")

    def emit(self, record: logging.LogRecord) -> None:
        if record.threadName == "pokitdok-sandbox":
            return  # what a server says of the tokens that it grants is no word of the client
        self.records.append(record)
        self.texts += [self._format.format(record), repr(vars(record))]

    def error(self, error: BaseException) -> None:
        self.texts += ["".join(traceback.format_exception(type(error), error, error.__traceback__))]
        follows: BaseException | None = error
        while follows is not None:
            self.texts += [str(follows), repr(follows), repr(follows.args)]
            follows = follows.__cause__ or follows.__context__

    def of(self, name: str) -> list[str]:
        return [record.getMessage() for record in self.records if record.name == name]

    def holds(self, *secrets: str) -> list[str]:
        return [text for text in self.texts if any(secret in text for secret in secrets)]


@pytest.fixture
def said() -> Iterator[Said]:
    said = Said()
    loggers = [logging.getLogger(), *map(logging.getLogger, logging.root.manager.loggerDict)]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    logging.getLogger().addHandler(said)
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        yield said
        said.texts += [str(warning.message) for warning in shown]
    logging.getLogger().removeHandler(said)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(client_secret=SECRET) as running:
        yield running


@pytest.fixture
def wire(sandbox: Sandbox, tmp_path: Path) -> Iterator[Wire]:
    with Wire.to(sandbox, tmp_path) as wire:
        yield wire
        wire.heal()
        finish_renewals()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch, naps: list[float]) -> list[float]:
    stand_in = SimpleNamespace(sleep=naps.append, time=time.time)
    monkeypatch.setattr("urllib3.util.retry.time", stand_in)
    return naps


def finish_renewals() -> None:
    for thread in threading.enumerate():
        if thread.name == "token-renewal":
            thread.join(PATIENCE)
            assert not thread.is_alive(), "a renewal never came to an end"


def confidential(sandbox: Sandbox) -> list[str]:
    """What must not be found: the marker, the Basic value, every token that was granted."""
    basic = base64.b64encode(f"{sandbox.client_id}:{sandbox.client_secret}".encode()).decode()
    tokens = {seen.token for seen in sandbox.requests if seen.token}
    return [MARK, basic, *tokens]


def attempt(said: Said, call: Callable[[], object]) -> object:
    """Make a call, and read what its error says, if that is what comes."""
    try:
        return call()
    except Exception as error:
        said.error(error)
        return None


def spread(session: PokitDokSession, said: Said) -> None:
    """Put the marker into every place of a request."""
    query = {"member": f"{MARK}-query", "name": f"José {MARK}"}
    attempt(said, lambda: session.get(GET, params=query))
    attempt(said, lambda: session.post(POST, json=claim(f"{MARK}-body"), params=query))
    attempt(said, lambda: session.call("GET", f"/activities/{MARK}-path"))


# Our origin


def test_the_lines_of_urllib3_are_there_without_path_and_query(
    sandbox: Sandbox, said: Said
) -> None:
    with sandbox.session() as session:
        session.get(f"{GET}{MARK}", params={"member": MARK})
    lines = said.of("urllib3.connectionpool")
    assert [line for line in lines if '"GET <path redacted> HTTP/1.1" 404' in line], lines
    assert said.holds(*confidential(sandbox)) == []


@pytest.mark.parametrize(
    ("name", "retries"),
    [*((name, 2) for name in FAULTS), *((name, 0) for name in FAULTS if name not in SILENT)],
)
def test_no_fault_at_the_api_makes_anybody_talk(
    wire: Wire, said: Said, pauses: list[float], name: str, retries: int
) -> None:
    timeout = SHORT if name in SILENT else PATIENT
    with wire.session(retries=retries, timeout=timeout) as session:
        session.fetch_token()
        wire.break_("*", FAULTS[name])
        spread(session, said)
    assert said.texts
    assert said.holds(*confidential(wire.sandbox)) == []


@pytest.mark.parametrize("name", [name for name in AT_THE_TOKEN_ENDPOINT if name not in SILENT])
def test_no_fault_at_the_token_endpoint_makes_anybody_talk(
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


def test_a_path_that_is_quoted_anew_on_its_way_is_withheld_all_the_same(
    wire: Wire, said: Said
) -> None:
    with wire.session() as session:
        prepared = session.prepare_request(requests.Request("GET", GET))
        prepared.url = f"{wire.relay.url}/api/v4/{MARK}-%c3%a9-é?name={MARK}%e2%82%ac é"
        attempt(said, lambda: session.send(prepared))
        wire.relay.order("refuse")
        attempt(said, lambda: session.send(prepared))
    assert said.holds(*confidential(wire.sandbox)) == []


@pytest.mark.parametrize("name", ["404 HTML", "reset before the headers", "silence", "half a body"])
def test_a_redirected_request_is_as_silent_as_the_first(wire: Wire, said: Said, name: str) -> None:
    there = f"{wire.relay.url}/api/v4/activities/{MARK}%e9?member={MARK}"
    timeout = SHORT if name in SILENT else PATIENT
    with wire.session(timeout=timeout) as session:
        session.fetch_token()
        wire.sandbox.fail(GET, status=302, headers={"Location": there})
        wire.break_("/activities/*", FAULTS[name])
        attempt(said, lambda: session.get(GET, params={"q": MARK}))
    assert len(wire.sandbox.requests) == 2
    assert said.holds(*confidential(wire.sandbox)) == []


def test_an_answer_with_a_header_that_is_none_makes_nobody_talk(
    sandbox: Sandbox, said: Said
) -> None:
    token = {"access_token": "t"}
    broken = Answer(headers={"X-A": "1\r\nthis is no header"})
    with (
        Loopback({f"/{MARK}": broken}) as server,
        ClientCredentialsSession("id", SECRET, server.url + "/token", token=token) as session,
    ):
        assert session.get(f"{server.url}/{MARK}", params={"member": MARK}).status_code == 200
    assert len(said.of("urllib3.connection")) == 1
    assert said.holds(MARK) == []


def test_a_replayed_request_is_as_silent_as_the_first(sandbox: Sandbox, said: Said) -> None:
    with sandbox.session() as session:
        session.fetch_token()
        sandbox.revoke()
        spread(session, said)
    assert sandbox.token_requests == 2
    assert said.holds(*confidential(sandbox)) == []


def test_an_api_that_repeats_what_it_was_sent_is_not_repeated(sandbox: Sandbox, said: Said) -> None:
    told = {"message": MARK, "data": {"errors": {"validation": {"member": [MARK]}, "query": MARK}}}
    with sandbox.session() as session:
        for status in (400, 401, 402, 403, 404, 422, 429, 500):
            sandbox.fail(GET, status=status, body=told, times=2 if status == 401 else 1)
            attempt(said, lambda: session.call("GET", GET))
    assert len(said.texts) > 8
    assert said.holds(*confidential(sandbox)) == []


# Through a proxy


@pytest.fixture
def closed() -> str:
    with Loopback() as server:
        return server.url


def test_a_proxy_that_is_asked_for_a_whole_url_is_not_heard_of_it(
    elsewhere: Loopback, said: Said
) -> None:
    token = {"access_token": f"{MARK}-token", "expires_in": 3600}
    with PokitDokSession("id", SECRET, base_url="http://localhost:1", token=token) as session:
        session.proxies["http"] = elsewhere.url
        spread(session, said)
    assert MARK in elsewhere.seen[0].path
    assert said.of("urllib3.connectionpool")
    assert said.holds(MARK) == []


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("retries", [0, 2])
def test_a_proxy_that_cannot_be_reached_makes_nobody_talk(
    closed: str, said: Said, pauses: list[float], scheme: str, retries: int
) -> None:
    token = {"access_token": f"{MARK}-token", "expires_in": 3600}
    url = f"{scheme}://localhost:1"
    with PokitDokSession("id", SECRET, base_url=url, token=token, retries=retries) as session:
        session.proxies[scheme] = closed
        spread(session, said)
    assert "ProxyError" in "".join(said.texts)
    assert said.holds(MARK) == []


def test_a_proxy_that_makes_no_tunnel_makes_nobody_talk(
    elsewhere: Loopback, said: Said, pauses: list[float]
) -> None:
    with PokitDokSession("id", SECRET, base_url="https://localhost:1") as session:
        session.proxies["https"] = elsewhere.url
        spread(session, said)
    assert "Tunnel connection failed" in "".join(said.texts)
    assert said.holds(MARK) == []


# The renewal


def test_a_renewal_that_fails_in_its_own_thread_is_silent_about_its_url(
    sandbox: Sandbox, clock: Clock, said: Said, naps: list[float]
) -> None:
    with ClientCredentialsSession(
        sandbox.client_id,
        SECRET,
        f"{sandbox.base_url}{TOKEN}?tenant={MARK}",
        token_params={"audience": MARK},
        token_endpoint_auth_method="client_secret_post",
    ) as session:
        session.mount(sandbox.base_url, Transport(verify=sandbox.ca_file))
        session.token_source.clock = clock
        session.fetch_token()
        clock.advance(3500)
        sandbox.fail(TOKEN, status=503, body=MARK, times=2)
        sandbox.fail(TOKEN, reset=True, times=1)
        session.get(f"{sandbox.base_url}/api/v4{GET}")
        finish_renewals()
    assert any(
        "was not renewed" in line for line in said.of("pokitdok_session.oauth2.token_source")
    )
    assert said.holds(*confidential(sandbox)) == []


class Chatty:
    """A store and a token_updater that fail, and quote what they were given."""

    def __call__(self, *args: Any) -> Any:
        raise RuntimeError(f"{MARK}: {args}")

    load = save = lock = __call__


def test_code_of_the_caller_that_fails_is_named_and_not_quoted(
    sandbox: Sandbox, said: Said
) -> None:
    with sandbox.session(store=Chatty(), token_updater=Chatty()) as session:
        assert session.get(GET).status_code == 200
    assert "RuntimeError" in "".join(said.texts)
    assert said.holds(*confidential(sandbox)) == []


def test_a_url_over_plain_http_to_another_machine_is_refused_without_its_query(said: Said) -> None:
    with PokitDokSession("id", SECRET, base_url="https://api.invalid") as session:
        attempt(said, lambda: session.get(f"http://api.invalid/{MARK}?q={MARK}"))
    attempt(said, lambda: ClientCredentialsSession("id", SECRET, f"http://a.invalid/?q={MARK}"))
    assert len(said.texts) > 2
    assert said.holds(MARK) == []


def test_nothing_of_ours_shows_a_secret_when_it_is_printed(sandbox: Sandbox) -> None:
    with sandbox.session() as session:
        answer = session.get(GET)
        things = [session, session.auth, session.token_source, session.token_source.current]
        things += [session._token_request(), *answer.request.hooks["response"]]
        things += [answer, answer.request, session.adapters, session.origins]
        with pytest.raises(TokenError) as caught:
            session.fetch_token(client_secret=f"{SECRET}-wrong")
        things += [caught.value]
    shown = repr(things) + "".join(map(str, things))
    assert [secret for secret in confidential(sandbox) if secret in shown] == []


# Others


def test_the_records_of_another_host_are_as_they_were(
    sandbox: Sandbox, elsewhere: Loopback, said: Said
) -> None:
    with sandbox.session() as session:
        session.get(f"{elsewhere.url}/public?q=of-theirs")
        session.get(GET, params={"q": MARK})
        requests.get(f"{elsewhere.url}/again?q=of-theirs", timeout=5)
    lines = said.of("urllib3.connectionpool")
    assert [line for line in lines if '"GET /public?q=of-theirs HTTP' in line]
    assert [line for line in lines if '"GET /again?q=of-theirs HTTP' in line]
    assert said.holds(*confidential(sandbox)) == []


def test_where_a_redirect_leads_to_another_host_its_record_is_as_it_was(
    sandbox: Sandbox, elsewhere: Loopback, said: Said
) -> None:
    sandbox.fail(GET, status=302, headers={"Location": f"{elsewhere.url}/public?q=of-theirs"})
    with sandbox.session() as session:
        session.get(GET, params={"q": MARK})
    lines = said.of("urllib3.connectionpool")
    assert [line for line in lines if '"GET /public?q=of-theirs HTTP' in line]
    assert said.holds(*confidential(sandbox)) == []


def test_two_threads_at_once_have_each_their_own_silence(
    sandbox: Sandbox, elsewhere: Loopback, said: Said
) -> None:
    ours_waits, theirs_done = threading.Event(), threading.Event()

    def wait(response: requests.Response, **kwargs: Any) -> None:
        ours_waits.set()
        assert theirs_done.wait(PATIENCE)

    def foreign(seen: Any) -> Answer:
        return redirect("/public?q=second")

    elsewhere.script["/public"] = foreign
    with sandbox.session() as session:
        session.max_redirects = 3
        ours = threading.Thread(
            target=lambda: session.get(GET, params={"q": MARK}, hooks={"response": wait})
        )
        ours.start()
        assert ours_waits.wait(PATIENCE)
        requests.get(f"{elsewhere.url}/theirs?q=first", timeout=5)
        theirs_done.set()
        ours.join(PATIENCE)
        assert not ours.is_alive()
    lines = said.of("urllib3.connectionpool")
    assert [line for line in lines if '"GET /theirs?q=first HTTP' in line]
    assert said.holds(*confidential(sandbox)) == []


def test_a_record_is_changed_and_what_it_was_made_of_is_not(sandbox: Sandbox, said: Said) -> None:
    with sandbox.session() as session:
        answer = session.get(GET, params={"q": MARK})
    assert answer.request.url == f"{sandbox.base_url}/api/v4{GET}?q={MARK}"
    assert sandbox.received(GET)[0].query == f"q={MARK}"
    assert sandbox.received(GET)[0].token == session.access_token


def test_a_foreign_request_in_a_hook_of_ours_is_logged_as_ever(
    sandbox: Sandbox,
    session: PokitDokSession,
    elsewhere: Loopback,
    caplog: pytest.LogCaptureFixture,
) -> None:
    foreign = elsewhere.url.replace("127.0.0.1", "localhost") + "/theirs?x=1"

    def ask(response: requests.Response, **kwargs: Any) -> None:
        requests.get(foreign, timeout=5)

    with caplog.at_level(logging.DEBUG, "urllib3"):
        session.get("/activities/", params={"mine": "1"}, hooks={"response": ask})
    assert "/theirs?x=1" in caplog.text
    assert "mine" not in caplog.text
