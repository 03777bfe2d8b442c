"""The auth object: when the token goes on a request, and what a 401 sets in motion."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from pokitdok_session import ClientCredentialsSession, PokitDokSession, TokenError, errors
from pokitdok_session.oauth2.auth import reason_of_401
from pokitdok_session.sandbox import Sandbox
from pokitdok_session.transport.in_doubt import set_processed
from support.http_server import ReceivedRequest, ScriptedResponse, ScriptedServer, redirect
from support.threads import run_in_threads

PATH = "/activities/"
GRANTED = ScriptedResponse(body=b'{"access_token": "t", "expires_in": 3600}')


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer({"/token": GRANTED, "/refused": ScriptedResponse(401)}) as server:
        yield server


def test_refused_response_is_released_before_a_token_is_fetched(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    """API and token endpoint share a host, and so does the only connection of this pool."""
    session.verify = sandbox.ca_file
    session.mount(sandbox.base_url, HTTPAdapter(pool_maxsize=1, pool_block=True))
    assert session.get(PATH).status_code == 200
    sandbox.revoke()
    assert session.get(PATH, timeout=5).status_code == 200
    assert sandbox.token_requests == 2


def test_pool_that_blocks_serves_as_many_threads_as_it_has_connections(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    session.verify = sandbox.ca_file
    session.mount(sandbox.base_url, HTTPAdapter(pool_maxsize=4, pool_block=True))
    session.get(PATH)
    sandbox.revoke()
    assert run_in_threads(4, lambda: session.get(PATH, timeout=10).status_code) == [200] * 4


def test_refused_stream_that_is_not_replayed_can_still_be_read(
    server: ScriptedServer, held: ClientCredentialsSession
) -> None:
    server.script["/refused"] = ScriptedResponse(401, b"why")
    response = held.post("/refused", data=iter([b"once"]), stream=True)
    assert (response.status_code, response.content) == (401, b"why")


def test_authorization_header_of_the_caller_is_replaced_and_logged(
    held: ClientCredentialsSession, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "pokitdok_session"):
        response = held.get("/x", headers={"Authorization": "Basic own"})
    assert response.request.headers["Authorization"] == "Bearer t"
    assert "replacing the caller's Authorization header" in caplog.text
    assert "Basic own" not in caplog.text


def test_withhold_token_keeps_the_authorization_header(held: ClientCredentialsSession) -> None:
    response = held.get("/x", headers={"Authorization": "Basic own"}, withhold_token=True)
    assert response.request.headers["Authorization"] == "Basic own"


def test_auth_none_sends_no_credentials(held: ClientCredentialsSession) -> None:
    held.auth = None
    assert held.auth is None
    assert "Authorization" not in held.get("/x").request.headers


def test_auth_set_back_carries_the_token_again(held: ClientCredentialsSession) -> None:
    own = held.auth
    held.auth = ("user", "password")
    assert held.get("/x").request.headers["Authorization"].startswith("Basic ")
    held.auth = own
    assert held.get("/x").request.headers["Authorization"] == "Bearer t"


def test_reason_of_a_401_names_other_credentials(held: ClientCredentialsSession) -> None:
    held.auth = ("user", "password")
    assert "check session.auth" in reason_of_401(held.get("/refused"))


def grant_new_tokens(server: ScriptedServer) -> None:
    names = iter("abcdef")
    server.script["/token"] = lambda seen: ScriptedResponse(
        body=b'{"access_token": "%s"}' % next(names).encode()
    )


def test_reason_of_a_401_names_the_replaced_token(
    server: ScriptedServer, held: ClientCredentialsSession
) -> None:
    grant_new_tokens(server)
    assert "and the one that replaced it; check base_url" in reason_of_401(held.get("/refused"))


def test_reason_of_a_401_names_the_token_that_was_granted_again(
    server: ScriptedServer, held: ClientCredentialsSession
) -> None:
    server.script["/token"] = ScriptedResponse(body=b'{"access_token": "t"}')
    assert "the same one again" in reason_of_401(held.get("/refused"))


def test_reason_of_a_401_names_the_new_token_that_was_refused_before(
    server: ScriptedServer, held: ClientCredentialsSession
) -> None:
    grant_new_tokens(server)
    held.get("/refused")
    assert "a new token was refused as well" in reason_of_401(held.post("/refused", data=b"twice"))


def test_reason_of_a_401_says_that_it_was_not_replayed(
    server: ScriptedServer, held: ClientCredentialsSession
) -> None:
    response = held.post("/refused", data=iter([b"once"]))
    assert "its body can be read only once; send it again" in reason_of_401(response)


def test_reason_of_a_401_names_the_store(
    server: ScriptedServer, held: ClientCredentialsSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(held._token_source.rejections), "suspects_a_rival", True)
    assert "give all of them the same store" in reason_of_401(held.get("/refused"))


def test_unauthorized_names_the_reason(sandbox: Sandbox, session: PokitDokSession) -> None:
    session.auth = ("user", "password")
    with pytest.raises(errors.Unauthorized, match="other credentials"):
        session.activities()


def test_auth_object_can_be_pickled_with_its_session(held: ClientCredentialsSession) -> None:
    import pickle

    copy = pickle.loads(pickle.dumps(held.auth))
    assert copy.renewer.client_id == "id"


# Overridden methods


def test_fetch_token_of_a_subclass_serves_first_token_and_renewals(server: ScriptedServer) -> None:
    calls: list[str] = []

    class Own(ClientCredentialsSession):
        def fetch_token(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
            calls.append("fetch_token")
            return super().fetch_token(*args, **kwargs)

    told: list[dict[str, Any]] = []
    url = f"{server.url}/token"
    with Own("id", "secret", url, base_url=server.url, token_updater=told.append) as session:
        session.get("/x")
        assert calls == ["fetch_token"]
        session.get("/refused")
        assert len(calls) == 2
    assert len(told) == 2  # once for each token


def test_refresh_token_of_a_subclass_serves_renewals(server: ScriptedServer) -> None:
    class Own(ClientCredentialsSession):
        def refresh_token(self, token_url: str, **kwargs: Any) -> dict[str, Any]:  # type: ignore[override]
            return {"access_token": "from-a-broker", "expires_in": 60}

    with Own("id", "secret", f"{server.url}/token", base_url=server.url) as session:
        assert session.get("/x").request.headers["Authorization"] == "Bearer t"
        replayed = session.get("/refused")
        assert replayed.request.headers["Authorization"] == "Bearer from-a-broker"


def test_fetch_token_of_a_subclass_that_returns_no_token_is_a_token_error(
    server: ScriptedServer,
) -> None:
    class Own(ClientCredentialsSession):
        def fetch_token(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
            return {"expires_in": 60}

    with Own("id", "secret", f"{server.url}/token", base_url=server.url) as session:
        with pytest.raises(TokenError, match="no access_token"):
            session.get("/x")
        assert server.requests == []


# A token for other clients


def test_get_access_token_fetches_and_renews(sandbox: Sandbox, session: PokitDokSession) -> None:
    first = session.get_access_token()
    assert first.access_token == session.access_token
    assert first.expires_at == session.token["expires_at"]
    session._token_source.clock.advance(3600)  # type: ignore[attr-defined]
    second = session.get_access_token(timeout=5)
    assert second.access_token != first.access_token
    assert sandbox.token_requests == 2


def test_get_access_token_shows_no_token(session: PokitDokSession) -> None:
    token = session.get_access_token()
    assert token.access_token not in repr(token)


def test_get_access_token_raises_what_a_request_would(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    sandbox.fail("/oauth2/token", status=401)
    with pytest.raises(TokenError):
        session.get_access_token()


def test_other_adapters_get_no_default_timeout(held: ClientCredentialsSession) -> None:
    timeouts: list[Any] = []

    class Files(HTTPAdapter):
        def send(self, *args: Any, timeout: Any = "none", **kwargs: Any) -> requests.Response:
            timeouts.append(timeout)
            response = requests.Response()
            response.status_code = 200
            response.request, response.url = args[0], args[0].url
            return response

    held.mount("ftp://", Files())
    held.get("ftp://host/file")
    held.get("ftp://host/file", timeout=3)
    held.send(requests.Request("GET", "ftp://host/file").prepare())
    assert timeouts == [None, 3, None]


# What an error says of the request


def test_token_error_before_a_request_says_that_nothing_was_processed(
    server: ScriptedServer, held: ClientCredentialsSession
) -> None:
    server.script["/token"] = ScriptedResponse(401)
    with pytest.raises(TokenError) as caught:
        held.post("/x")
    assert caught.value.processed is False


def test_token_error_after_a_redirect_does_not_know_what_was_processed(
    server: ScriptedServer, held: ClientCredentialsSession
) -> None:
    def forget(request: ReceivedRequest) -> ScriptedResponse:
        held.token = None
        server.script["/token"] = ScriptedResponse(401)
        return redirect("/y", 307)

    server.script["/x"] = forget
    with pytest.raises(TokenError) as caught:
        held.post("/x")
    assert caught.value.processed is None


def test_insecure_transport_after_a_redirect_knows_not_what_was_done() -> None:
    error = errors.InsecureTransport()
    assert error.processed is False
    set_processed(error, requests.Request("POST", "https://h/").prepare())  # as `send` does
    assert error.processed is None
