"""Nothing confidential is shown by proxies, renewals, callbacks and objects that fail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pokitdok_session import ClientCredentialsSession, PokitDokSession, TokenError
from pokitdok_session.oauth2.client_auth.methods import ClientSecretPost
from pokitdok_session.sandbox import Sandbox
from pokitdok_session.transport.adapter import Transport
from support.clock import Clock
from support.fault_table import (
    GET,
    TOKEN,
    finish_renewals,
)
from support.http_server import ScriptedServer, redirect
from support.log_capture import MARK, SECRET, Said, attempt, confidential, spread


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(client_secret=SECRET) as running:
        yield running


@pytest.fixture
def closed() -> str:
    with ScriptedServer() as server:
        return server.url


def test_proxied_request_with_a_whole_url_is_redacted(
    other_origin: ScriptedServer, said: Said
) -> None:
    token = {"access_token": f"{MARK}-token", "expires_in": 3600}
    with PokitDokSession("id", SECRET, base_url="http://localhost:1", token=token) as session:
        session.proxies["http"] = other_origin.url
        spread(session, said)
    assert MARK in other_origin.requests[0].path
    assert said.of("urllib3.connectionpool")
    assert said.holds(MARK) == []


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("retries", [0, 2])
def test_proxy_that_refuses_connections_shows_nothing_confidential(
    closed: str, said: Said, pauses: list[float], scheme: str, retries: int
) -> None:
    token = {"access_token": f"{MARK}-token", "expires_in": 3600}
    url = f"{scheme}://localhost:1"
    with PokitDokSession("id", SECRET, base_url=url, token=token, retries=retries) as session:
        session.proxies[scheme] = closed
        spread(session, said)
    assert "ProxyError" in "".join(said.texts)
    assert said.holds(MARK) == []


def test_proxy_that_refuses_a_tunnel_shows_nothing_confidential(
    other_origin: ScriptedServer, said: Said, pauses: list[float]
) -> None:
    with PokitDokSession("id", SECRET, base_url="https://localhost:1") as session:
        session.proxies["https"] = other_origin.url
        spread(session, said)
    assert "Tunnel connection failed" in "".join(said.texts)
    assert said.holds(MARK) == []


@pytest.mark.parametrize(
    "location",
    [
        f"ftp://files.example?member={MARK}",
        f"ftp://files.example/{MARK}#{MARK}",
        f"mailto:{MARK}?member={MARK}",
        f"data:?member={MARK}",
        f"http://[broken/{MARK}",
        f"http://{MARK}@127.0.0.1:1/?member={MARK}",
    ],
)
def test_redirect_of_ours_that_cannot_be_followed_is_redacted(said: Said, location: str) -> None:
    token = {"access_token": f"{MARK}-token", "expires_in": 3600}
    with (
        ScriptedServer({"/claims": redirect(location)}) as server,
        ClientCredentialsSession("id", SECRET, f"{server.url}/token", token=token) as session,
    ):
        attempt(said, lambda: session.get(f"{server.url}/claims"))
    assert len(said.texts) > 2
    assert said.holds(MARK) == []


def test_failed_renewal_is_logged_without_the_url(
    sandbox: Sandbox, clock: Clock, said: Said, retry_sleeps: list[float]
) -> None:
    with ClientCredentialsSession(
        sandbox.client_id,
        SECRET,
        f"{sandbox.base_url}{TOKEN}?tenant={MARK}",
        token_params={"audience": MARK},
        token_endpoint_auth_method="client_secret_post",
    ) as session:
        session.mount(sandbox.base_url, Transport(verify=sandbox.ca_file))
        session._token_source.clock = clock
        session.fetch_token()
        clock.advance(3500)
        sandbox.fail(TOKEN, status=503, body=MARK, times=2)
        sandbox.fail(TOKEN, reset=True, times=1)
        session.get(f"{sandbox.base_url}/api/v4{GET}")
        finish_renewals()
    assert any(
        "could not be renewed" in line for line in said.of("pokitdok_session.oauth2.renewal")
    )
    assert said.holds(*confidential(sandbox)) == []


class Chatty:
    """A store and a token_updater that fail, and quote what they were given."""

    def __call__(self, *args: Any) -> Any:
        raise RuntimeError(f"{MARK}: {args}")

    load = save = lock = __call__


def test_exception_of_a_callback_is_named_and_not_quoted(sandbox: Sandbox, said: Said) -> None:
    with sandbox.session(store=Chatty(), token_updater=Chatty()) as session:
        assert session.get(GET).status_code == 200
    assert "RuntimeError" in "".join(said.texts)
    assert said.holds(*confidential(sandbox)) == []


def test_insecure_url_is_refused_without_showing_the_query(said: Said) -> None:
    with PokitDokSession("id", SECRET, base_url="https://api.invalid") as session:
        attempt(said, lambda: session.get(f"http://api.invalid/{MARK}?q={MARK}"))
    attempt(said, lambda: ClientCredentialsSession("id", SECRET, f"http://a.invalid/?q={MARK}"))
    assert len(said.texts) > 2
    assert said.holds(MARK) == []


def test_repr_of_all_objects_shows_no_secret(sandbox: Sandbox) -> None:
    with sandbox.session() as session:
        answer = session.get(GET)
        things = [session, session.auth, session._token_source, session._token_source.current]
        things += [ClientSecretPost("id", SECRET), *answer.request.hooks["response"]]
        things += [answer, answer.request, session.adapters, session.origins]
        with pytest.raises(TokenError) as caught:
            session.fetch_token(client_secret=f"{SECRET}-wrong")
        things += [caught.value]
    shown = repr(things) + "".join(map(str, things))
    assert [secret for secret in confidential(sandbox) if secret in shown] == []
