"""Token requests leave through the session's own `send` and adapters, and carry nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import requests_mock
from requests_cache import CacheMixin, CacheSettings, init_backend

from pokitdok_session import ClientCredentialsSession, PokitDokSession, TokenError
from pokitdok_session.sandbox import Sandbox
from support.http_server import ScriptedResponse, ScriptedServer, redirect

API = "https://api.example"
TOKEN_URL = f"{API}/oauth2/token"
GRANTED = {"access_token": "granted", "token_type": "bearer", "expires_in": 3600}


@pytest.fixture
def session() -> Iterator[ClientCredentialsSession]:
    with ClientCredentialsSession("id", "secret", TOKEN_URL, base_url=API) as session:
        yield session


def test_token_request_meets_a_mocker_of_the_session(session: ClientCredentialsSession) -> None:
    with requests_mock.Mocker(session=session) as mocked:
        mocked.post(TOKEN_URL, json=GRANTED)
        mocked.get(f"{API}/x", json={"ok": True})
        assert session.get("/x").json() == {"ok": True}
    assert [call.url for call in mocked.request_history] == [TOKEN_URL, f"{API}/x"]


def test_token_request_meets_a_send_that_was_replaced(
    session: ClientCredentialsSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str | None] = []

    def send(request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        sent.append(request.url)
        response = requests.Response()
        response.status_code = 200
        response._content = b'{"access_token": "granted"}'
        response.request = request
        return response

    monkeypatch.setattr(session, "send", send)
    assert session.get("/x").status_code == 200
    assert sent == [TOKEN_URL, f"{API}/x"]


def test_token_request_meets_overrides_of_a_subclass(sandbox: Sandbox) -> None:
    sent: list[str] = []
    adapted: list[str] = []

    class Recording(PokitDokSession):
        def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
            sent.append(request.url or "")
            return super().send(request, **kwargs)

        def get_adapter(self, url: str) -> Any:
            adapted.append(url)
            return super().get_adapter(url)

    options = {"base_url": sandbox.base_url}
    with Recording(sandbox.client_id, sandbox.client_secret, **options) as session:
        session.verify = sandbox.ca_file
        assert session.get("/activities/").status_code == 200
    assert sent == [
        f"{sandbox.base_url}{path}" for path in ("/oauth2/token", "/api/v4/activities/")
    ]
    assert adapted == sent


def test_response_cache_keeps_no_token() -> None:
    class Cached(CacheMixin, ClientCredentialsSession):  # type: ignore[misc]
        """As README of requests-cache mixes it in, with the constructor that this one needs."""

        def __init__(self, token_url: str, base_url: str) -> None:
            ClientCredentialsSession.__init__(self, "id", "secret", token_url, base_url=base_url)
            self.cache = init_backend("memory", backend="memory")
            self.settings = CacheSettings(allowable_methods=("GET", "POST"))
            self._disabled = False

    granted = [ScriptedResponse(body=b'{"access_token": "%d"}' % number) for number in range(2)]
    with (
        ScriptedServer({"/token": lambda seen: granted.pop(0)}) as server,
        Cached(f"{server.url}/token", server.url) as session,
    ):
        assert session.fetch_token()["access_token"] == "0"
        assert session.fetch_token()["access_token"] == "1"
        assert not list(session.cache.responses)


def test_token_request_carries_nothing_of_the_caller() -> None:
    seen_by_hook: list[str] = []
    with ScriptedServer({"/token": ScriptedResponse(body=b'{"access_token": "t"}')}) as server:
        url = f"{server.url}/token"
        with ClientCredentialsSession("id", "secret", url, base_url=server.url) as session:
            session.params = {"q": "1"}
            session.headers["X-Own"] = "1"
            session.cookies.set("own", "1")
            session.hooks["response"].append(lambda response, **_: seen_by_hook.append("called"))
            session.fetch_token()
        (request,) = server.requests
    assert request.path == "/token"
    assert request.headers["X-Own"] is None
    assert request.headers["Cookie"] is None
    assert request.headers["Cache-Control"] == "no-store"
    assert seen_by_hook == []


def test_cookie_of_the_token_endpoint_stays_out_of_the_session() -> None:
    answer = ScriptedResponse(body=b'{"access_token": "t"}', headers={"Set-Cookie": "lb=1"})
    with ScriptedServer({"/token": answer}) as server:
        url = f"{server.url}/token"
        with ClientCredentialsSession("id", "secret", url, base_url=server.url) as session:
            session.get("/x")
            assert len(session.cookies) == 0
        assert server.requests[-1].headers["Cookie"] is None


def test_token_request_follows_no_redirect() -> None:
    with (
        ScriptedServer() as other_origin,
        ScriptedServer({"/token": redirect(other_origin.url, 307)}) as server,
    ):
        url = f"{server.url}/token"
        with ClientCredentialsSession("id", "secret", url) as session, pytest.raises(TokenError):
            session.fetch_token()
        assert other_origin.requests == []


def test_token_request_after_a_401_passes_a_global_mocker(
    session: ClientCredentialsSession,
) -> None:
    """The lock of the mocker belongs to the thread that sends, so that thread has to renew."""
    with requests_mock.Mocker() as mocked:
        tokens = [{"json": {"access_token": name}} for name in ("old", "new")]
        mocked.post(TOKEN_URL, tokens)
        mocked.get(f"{API}/x", status_code=401, request_headers={"Authorization": "Bearer old"})
        mocked.get(f"{API}/x", json={}, request_headers={"Authorization": "Bearer new"})
        response = session.get("/x", timeout=5)
    assert response.json() == {}
    assert [call.url for call in mocked.request_history] == [TOKEN_URL, f"{API}/x"] * 2


def test_token_response_shows_its_raw_response_to_send() -> None:
    versions: list[int] = []

    class Logging(ClientCredentialsSession):
        def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
            response = super().send(request, **kwargs)
            versions.append(response.raw.version)
            return response

    with (
        ScriptedServer({"/token": ScriptedResponse(body=b'{"access_token": "t"}')}) as server,
        Logging("id", "secret", f"{server.url}/token") as session,
    ):
        session.fetch_token()
    assert versions == [10]
