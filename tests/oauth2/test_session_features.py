"""Params, cookies, hooks, proxies, TLS options and redirects of a session, as in requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from pokitdok_session import ClientCredentialsSession, PokitDokSession
from pokitdok_session.sandbox import Sandbox
from pokitdok_session.transport.adapter import Transport
from support.http_server import ScriptedResponse, ScriptedServer, redirect
from support.paths import ACTIVITIES_PATH
from support.recording import OptionsRecorder


def test_session_params_headers_and_cookies_are_sent(
    api_session: ClientCredentialsSession, api_server: ScriptedServer
) -> None:
    api_session.params = {"a": "1"}  # type: ignore[assignment]
    api_session.headers["X-Own"] = "2"
    api_session.cookies.set("c", "3")
    api_session.get("/a", params={"b": "4"})
    (seen,) = api_server.requests
    assert seen.path == "/root/a?a=1&b=4"
    assert (seen.headers["X-Own"], seen.headers["Cookie"]) == ("2", "c=3")


def test_cookies_of_a_response_are_stored_and_sent(
    api_session: ClientCredentialsSession, api_server: ScriptedServer
) -> None:
    api_server.script["/root/a"] = ScriptedResponse(headers={"Set-Cookie": "seen=1; Path=/"})
    assert api_session.get("/a").cookies["seen"] == "1"
    api_session.get("/b")
    assert api_server.requests[1].headers["Cookie"] == "seen=1"


def test_hooks_of_session_and_request_are_called(
    api_session: ClientCredentialsSession,
) -> None:
    called: list[str] = []

    def hook(name: str) -> Callable[..., None]:
        return lambda response, **kwargs: called.append(name)

    api_session.hooks["response"].append(hook("session"))
    api_session.get("/a", hooks={"response": hook("request")})
    api_session.get("/a")
    assert called == ["request", "session"]  # a request's hooks replace the session's


def test_proxies_of_session_and_request_are_used(
    api_session: ClientCredentialsSession, options_recorder: OptionsRecorder
) -> None:
    with ScriptedServer() as proxy:
        api_session.get("http://api.invalid/a", proxies={"http": proxy.url})
        api_session.proxies = {"http": proxy.url}
        api_session.get("http://api.invalid/b")
        assert [seen.path for seen in proxy.requests] == [
            "http://api.invalid/a",
            "http://api.invalid/b",
        ]


def test_proxies_of_the_environment_are_used_while_set(
    api_session: ClientCredentialsSession,
    api_server: ScriptedServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with ScriptedServer() as proxy:
        api_session.get("/a")
        monkeypatch.setenv("http_proxy", proxy.url)
        api_session.get("/b")
        api_session.trust_env = False
        api_session.get("/c")
        api_session.trust_env = True
        monkeypatch.delenv("http_proxy")
        api_session.get("/d")
        assert [seen.path for seen in proxy.requests] == [api_server.url + "/root/b"]
    assert [seen.path for seen in api_server.requests] == ["/root/a", "/root/c", "/root/d"]


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_ca_bundle_of_the_environment_is_used(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, sandbox.ca_file)
    with PokitDokSession(
        sandbox.client_id, sandbox.client_secret, base_url=sandbox.base_url
    ) as session:
        assert session.get(ACTIVITIES_PATH).status_code == 200


def test_verify_of_session_and_request_are_used(sandbox: Sandbox) -> None:
    with PokitDokSession(
        sandbox.client_id, sandbox.client_secret, base_url=sandbox.base_url
    ) as session:
        session.verify = sandbox.ca_file
        assert session.get(ACTIVITIES_PATH).status_code == 200
        session.close()  # so that a new connection is made
        session.verify = True
        with pytest.raises(requests.exceptions.SSLError):
            session.get(ACTIVITIES_PATH)
        assert session.get(ACTIVITIES_PATH, verify=sandbox.ca_file).status_code == 200


def test_stream_and_cert_reach_the_adapter(
    api_session: ClientCredentialsSession, options_recorder: OptionsRecorder
) -> None:
    api_session.get("/a", stream=True, cert="c.pem").close()
    api_session.stream = True
    api_session.cert = "d.pem"
    api_session.get("/a").close()
    api_session.get("/a", stream=False)
    assert [(options["stream"], options["cert"]) for options in options_recorder.options] == [
        (True, "c.pem"),
        (True, "d.pem"),
        (False, "d.pem"),
    ]


def test_redirects_are_followed_as_in_requests(
    api_session: ClientCredentialsSession, api_server: ScriptedServer
) -> None:
    api_server.script["/root/a"] = redirect("/root/b")
    api_server.script["/root/loop"] = redirect("/root/loop")
    response = api_session.get("/a")
    assert (response.url, len(response.history)) == (api_server.url + "/root/b", 1)
    assert api_session.get("/a", allow_redirects=False).status_code == 302
    assert api_session.head("/a").status_code == 302
    assert api_session.post("/a", data=b"x").request.method == "GET"
    api_session.max_redirects = 3
    with pytest.raises(requests.TooManyRedirects):
        api_session.get("/loop")


def test_next_of_an_unfollowed_redirect_has_the_token(
    api_session: ClientCredentialsSession, api_server: ScriptedServer
) -> None:
    api_server.script["/root/a"] = redirect("/root/b")
    following = api_session.get("/a", allow_redirects=False).next
    assert following is not None
    assert api_session.send(following).ok
    assert api_server.requests[-1].authorization == "Bearer of-the-api"


def test_adapters_are_found_and_closed_as_in_requests(
    api_session: ClientCredentialsSession,
) -> None:
    assert type(api_session.get_adapter("https://any.example")) is Transport
    assert list(api_session.adapters) == ["https://", "http://"]
    api_session.close()
    assert api_session.get("/a").ok


def test_exceptions_are_those_that_requests_code_catches(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    sandbox.fail("/oauth2/token", status=401)
    with pytest.raises(requests.RequestException):
        session.get(ACTIVITIES_PATH)
    session.fetch_token()
    sandbox.fail(ACTIVITIES_PATH, status=500)
    with pytest.raises(requests.HTTPError):
        session.get(ACTIVITIES_PATH).raise_for_status()
    sandbox.fail(ACTIVITIES_PATH, delay=2)
    with pytest.raises(requests.Timeout):
        session.get(ACTIVITIES_PATH, timeout=0.05)


def test_session_is_a_requests_session_and_an_oauth2_session(
    session: PokitDokSession,
) -> None:
    from requests_oauthlib import OAuth2Session

    assert isinstance(session, requests.Session)
    assert isinstance(session, OAuth2Session)
    with session as entered:
        assert entered is session


def test_session_works_when_requests_session_was_replaced(
    sandbox: Sandbox, session: PokitDokSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Replaced(requests.Session):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            raise AssertionError("the replaced Session was used")

    monkeypatch.setattr(requests, "Session", Replaced)
    monkeypatch.setattr(requests.sessions, "Session", Replaced)
    assert session.get(ACTIVITIES_PATH).status_code == 200
    sandbox.revoke()
    assert session.get(ACTIVITIES_PATH).status_code == 200
