"""The text of `raise_for_status` leaves out the query for the session's own origins."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from pokitdok_session import ClientCredentialsSession
from pokitdok_session.transport.responses import redact_raise_for_status
from support.http_server import ScriptedResponse, ScriptedServer, redirect

TOKEN = {"access_token": "t", "expires_in": 3600}
QUERY = "first_name=secret&birth_date=1970-01-01"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    script = {"/missing": ScriptedResponse(404), "/broken": ScriptedResponse(500)}
    with ScriptedServer(script) as server:
        yield server


@pytest.fixture
def session(server: ScriptedServer) -> Iterator[ClientCredentialsSession]:
    with ClientCredentialsSession("id", "secret", f"{server.url}/token", token=TOKEN) as session:
        yield session


def text_of(response: requests.Response) -> str:
    with pytest.raises(requests.HTTPError) as caught:
        response.raise_for_status()
    assert caught.value.response is response
    return str(caught.value)


@pytest.mark.parametrize("path", ["/missing", "/broken"])
@pytest.mark.parametrize("adapter", [None, HTTPAdapter])
def test_raise_for_status_leaves_out_the_query(
    session: ClientCredentialsSession, server: ScriptedServer, path: str, adapter: Any
) -> None:
    if adapter is not None:
        session.mount("http://", adapter())
    url = f"{server.url}{path}?{QUERY}#fragment"
    response = session.get(url)
    assert isinstance(response, requests.Response)
    for each in (response, pickle.loads(pickle.dumps(response)), copy.copy(response)):
        assert each.url == url
        text = text_of(each)
        assert text.endswith(f" for url: {server.url}{path}")
        assert text.startswith(str(response.status_code))


def test_raise_for_status_leaves_out_user_and_password() -> None:
    response = requests.Response()
    response.status_code, response.url = 404, "https://user:password@api.example.com/x?q=1"
    redact_raise_for_status(response)
    assert text_of(response).endswith("for url: https://api.example.com/x")


@pytest.mark.parametrize("url", [None, ""])
def test_raise_for_status_without_a_url_raises_as_requests_does(url: Any) -> None:
    response = requests.Response()
    response.status_code, response.url = 404, url
    assert text_of(redact_raise_for_status(response)) == f"404 Client Error: None for url: {url}"


def test_raise_for_status_of_a_success_does_not_raise(session: Any, server: Any) -> None:
    session.get(f"{server.url}/fine?{QUERY}").raise_for_status()


def test_raise_for_status_after_a_redirect_leaves_out_the_query(
    session: ClientCredentialsSession, server: ScriptedServer
) -> None:
    server.script["/moved"] = redirect(f"/missing?{QUERY}")
    assert "secret" not in text_of(session.get(f"{server.url}/moved"))


def test_raise_for_status_of_a_401_in_the_history_leaves_out_the_query(
    session: ClientCredentialsSession, server: ScriptedServer
) -> None:
    server.script["/token"] = ScriptedResponse(200, b'{"access_token": "new"}')
    server.script["/fine"] = lambda seen: ScriptedResponse(
        200 if seen.authorization == "Bearer new" else 401
    )
    response = session.get(f"{server.url}/fine?{QUERY}")
    assert type(response) is requests.Response
    assert "secret" in response.history[0].url
    assert "secret" not in text_of(response.history[0])


def test_raise_for_status_of_another_origin_is_that_of_requests(
    session: ClientCredentialsSession,
) -> None:
    with ScriptedServer({"/missing": ScriptedResponse(404)}) as other:
        response = session.get(f"{other.url}/missing?q=theirs")
    assert type(response) is requests.Response
    assert text_of(response).endswith(f"for url: {other.url}/missing?q=theirs")


def test_raise_for_status_after_a_redirect_of_ours_leaves_out_the_query(
    session: ClientCredentialsSession, server: ScriptedServer
) -> None:
    with ScriptedServer({"/missing": ScriptedResponse(404)}) as other:
        server.script["/moved"] = redirect(f"{other.url}/missing?{QUERY}")
        response = session.get(f"{server.url}/moved")
    assert text_of(response).endswith(f"for url: {other.url}/missing")


def test_response_of_a_subclass_keeps_the_class() -> None:
    class Recorded(requests.Response):
        pass

    response = Recorded()
    response.status_code = 404
    response.url = "https://api.example.com/x"
    assert type(redact_raise_for_status(response)) is Recorded
