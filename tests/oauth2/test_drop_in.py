"""Code that was written for `requests.Session` works as it stands, and the token is there."""

from __future__ import annotations

import copy
import inspect
import json
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from pokitdok_session import ClientCredentialsSession, PokitDokSession
from pokitdok_session.sandbox import Sandbox
from pokitdok_session.transport.adapter import Transport
from support.http_server import ScriptedResponse, ScriptedServer, redirect
from support.paths import ACTIVITIES_PATH

VERBS = ["get", "options", "head", "post", "put", "patch", "delete"]


@pytest.fixture
def server(other_origin: ScriptedServer) -> ScriptedServer:
    """The scripted server, where it is the API."""
    return other_origin


@pytest.fixture
def held(server: ScriptedServer) -> Iterator[ClientCredentialsSession]:
    """A session on the scripted server that holds a token for it."""
    token = {"access_token": "of-the-api", "expires_in": 3600}
    with ClientCredentialsSession(
        "id", "secret", server.url + "/token", base_url=server.url + "/root", token=token
    ) as session:
        yield session


# Signatures


def test_request_signature_is_that_of_requests() -> None:
    ours = list(inspect.signature(ClientCredentialsSession.request).parameters.values())
    theirs = list(inspect.signature(requests.Session.request).parameters.values())
    assert [each.name for each in ours] == [*(each.name for each in theirs), "withhold_token"]
    assert [each.kind for each in ours[:-1]] == [each.kind for each in theirs]
    assert ours[-1].kind is inspect.Parameter.KEYWORD_ONLY
    differing = {a.name for a, b in zip(ours, theirs, strict=False) if a.default != b.default}
    assert differing == {"timeout"}


@pytest.mark.parametrize("verb", VERBS)
def test_verb_methods_are_those_of_requests(verb: str) -> None:
    assert getattr(ClientCredentialsSession, verb) is getattr(requests.Session, verb)


def test_positional_arguments_are_sent_as_in_requests(
    held: ClientCredentialsSession, server: ScriptedServer
) -> None:
    held.request("POST", "/a", {"in": "query"}, {"in": "body"}, {"X-In": "header"}, {"in": "jar"})
    held.post("/a", {"in": "body"}, None, params={"in": "query"})
    held.post("/a", None, {"in": "json"})
    held.put("/a", b"in body")
    held.patch("/a", b"in body")
    first, second, third, fourth, fifth = server.requests
    assert (first.path, first.body) == ("/root/a?in=query", b"in=body")
    assert (first.headers["X-In"], first.headers["Cookie"]) == ("header", "in=jar")
    assert (second.path, second.body) == ("/root/a?in=query", b"in=body")
    assert json.loads(third.body) == {"in": "json"}
    assert fourth.body == fifth.body == b"in body"
    assert {seen.authorization for seen in server.requests} == {"Bearer of-the-api"}


def test_verb_methods_send_the_token(
    held: ClientCredentialsSession, server: ScriptedServer
) -> None:
    for verb in VERBS:
        assert type(getattr(held, verb)("/a")) is requests.Response
    assert [seen.method.lower() for seen in server.requests] == VERBS
    assert {seen.authorization for seen in server.requests} == {"Bearer of-the-api"}


def test_error_status_is_returned_and_not_raised(
    held: ClientCredentialsSession, server: ScriptedServer
) -> None:
    for status in (400, 402, 403, 404, 422, 429, 500, 503):
        server.script["/root/a"] = ScriptedResponse(status)
        assert held.get("/a").status_code == status
    assert len(server.requests) == 8


# URLs


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("/a", "/root/a"),
        ("/", "/root/"),
        ("/a/../b", "/root/b"),
        ("/a?b=c#d", "/root/a?b=c"),
        (b"/a", "/root/a"),
        (" /a", "/root/a"),
        ("/a%2Fb/\u00e9", "/root/a%2Fb/%C3%A9"),
    ],
    ids=repr,
)
def test_url_path_is_appended_to_base_url(
    held: ClientCredentialsSession, server: ScriptedServer, url: Any, path: str
) -> None:
    held.get(url)
    assert server.requests[0].path == path


def test_url_absolute_is_used_unchanged(
    held: ClientCredentialsSession, server: ScriptedServer
) -> None:
    held.get(server.url + "/other")
    held.get((server.url + "/other").encode())
    assert [seen.path for seen in server.requests] == ["/other", "/other"]


@pytest.mark.parametrize("slash", ["", "/"])
def test_base_url_with_trailing_slash_gives_the_same_url(
    server: ScriptedServer, slash: str
) -> None:
    token = {"access_token": "x"}
    base_url = server.url + "/root" + slash
    with ClientCredentialsSession(
        "id", "secret", server.url, base_url=base_url, token=token
    ) as session:
        session.get("/a")
    assert server.requests[0].path == "/root/a"


@pytest.mark.parametrize("url", ["", "a", "//host/a", "host/a", "http://", "http:///a", "x://"])
def test_invalid_url_raises_same_error_as_requests(
    held: ClientCredentialsSession, url: str
) -> None:
    with pytest.raises(Exception) as theirs:  # noqa: PT011
        requests.Session().get(url)
    with pytest.raises(theirs.type) as ours:
        held.get(url)
    assert isinstance(ours.value, requests.RequestException)
    assert ours.type is theirs.type


def test_url_path_without_base_url_raises_missing_schema() -> None:
    session = ClientCredentialsSession("id", "secret", "https://auth.example/token")
    with session, pytest.raises(requests.exceptions.MissingSchema) as error:
        session.get("/a", params={"ssn": "123"})
    assert str(error.value) == (
        "invalid URL: give an absolute URL (https://host/path), or set base_url and give a path "
        'that begins with one "/"'
    )


def test_url_path_without_slash_raises_without_quoting_it(
    held: ClientCredentialsSession,
) -> None:
    with pytest.raises(requests.exceptions.MissingSchema, match='one "/"') as error:
        held.get("patients/7?ssn=123")
    shown = "".join(traceback.format_exception(error.type, error.value, None))
    assert "patients" not in shown
    assert "123" not in shown


@pytest.mark.parametrize("method", ["GET", "get", b"GET"])
def test_method_in_any_spelling_is_sent_as_in_requests(
    held: ClientCredentialsSession, server: ScriptedServer, method: Any
) -> None:
    held.request(method, "/a")
    assert server.requests[0].method == "GET"


# Timeouts


class Watching(Transport):
    """A transport that keeps what it was told of each request."""

    def __init__(self, verify: str | None = None) -> None:
        super().__init__(verify=verify)
        self.told: list[dict[str, Any]] = []

    def send(self, request: Any, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        self.told.append({"path": request.path_url, **kwargs})
        return super().send(request, **{**kwargs, "cert": None})


@pytest.fixture
def watching(held: ClientCredentialsSession) -> Watching:
    wire = Watching()
    held.mount("http://", wire)
    return wire


@pytest.mark.parametrize(
    ("given", "used"),
    [({}, (5, 60)), ({"timeout": None}, None), ({"timeout": 3}, 3), ({"timeout": (1, 2)}, (1, 2))],
    ids=str,
)
def test_timeout_of_a_request_has_a_default_and_can_be_none(
    held: ClientCredentialsSession, watching: Watching, given: dict[str, Any], used: Any
) -> None:
    held.get("/a", **given)
    held.send(held.prepare_request(requests.Request("GET", "/a")), **given)
    assert [told["timeout"] for told in watching.told] == [used, used]


def test_timeout_of_the_session_can_be_changed(server: ScriptedServer) -> None:
    token = {"access_token": "x"}
    with ClientCredentialsSession("id", "secret", server.url, token=token, timeout=7) as session:
        wire = Watching()
        session.mount("http://", wire)
        session.get(server.url)
        session.timeout = None
        session.get(server.url)
    assert [told["timeout"] for told in wire.told] == [7, None]


def test_timeout_applies_to_redirects_replays_and_other_origins(
    sandbox: Sandbox, session: PokitDokSession, server: ScriptedServer
) -> None:
    wire = Watching(verify=sandbox.ca_file)
    session.mount(sandbox.base_url + "/api", wire)
    session.mount("http://", wire)
    sandbox.fail(ACTIVITIES_PATH, status=401)
    sandbox.fail(ACTIVITIES_PATH, status=302, headers={"Location": server.url + "/"})
    assert session.get(ACTIVITIES_PATH).ok
    assert [told["timeout"] for told in wire.told] == [(5, 60)] * 3


# prepare_request and send


def test_prepare_request_adds_the_token(sandbox: Sandbox, session: PokitDokSession) -> None:
    prepared = session.prepare_request(
        requests.Request("GET", ACTIVITIES_PATH, params={"limit": 1})
    )
    assert prepared.url == sandbox.base_url + "/api/v4/activities/?limit=1"
    assert prepared.headers["Authorization"] == f"Bearer {session.access_token}"
    assert session.send(prepared).status_code == 200


def test_prepare_request_leaves_the_request_unchanged(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    def hook(url: str, headers: Any, data: Any) -> Any:
        return url, {**headers, "X-Hook": "1"}, data

    for trust_env in (True, False):
        session.trust_env = trust_env
        for url in (ACTIVITIES_PATH, sandbox.base_url + ACTIVITIES_PATH, "https://other.example/"):
            request = requests.Request("GET", url)
            before = copy.deepcopy(vars(request))
            session.prepare_request(request)
            session.register_compliance_hook("protected_request", hook)
            session.prepare_request(request)
            session.compliance_hook["protected_request"].clear()
            assert vars(request) == before


def test_prepare_request_leaves_session_headers_unchanged(session: PokitDokSession) -> None:
    before = dict(session.headers)
    session.prepare_request(requests.Request("GET", ACTIVITIES_PATH, headers={"X-Own": "1"}))
    assert dict(session.headers) == before


def test_session_header_of_none_is_not_sent(
    held: ClientCredentialsSession, server: ScriptedServer
) -> None:
    held.headers["Accept"] = None  # type: ignore[assignment]
    held.headers["X-Kept"] = "1"
    held.get("/a")
    held.get("/a", headers={"X-Kept": None})
    assert server.requests[0].headers["X-Kept"] == "1"
    assert server.requests[0].headers["Accept"] is None
    assert server.requests[1].headers["X-Kept"] is None


@pytest.mark.parametrize("name", ["proxies", "headers"])
def test_session_with_mapping_set_to_none_sends_requests(
    held: ClientCredentialsSession, server: ScriptedServer, name: str
) -> None:
    setattr(held, name, None)
    held.get("/a")
    assert server.requests[0].authorization == "Bearer of-the-api"


@pytest.mark.parametrize("params", [[("a", "1")], {"a": "1"}, {"a": None}, {}, None, "a=1"])
def test_session_params_are_merged_as_in_requests(
    held: ClientCredentialsSession, server: ScriptedServer, params: Any
) -> None:
    held.params = params
    with requests.Session() as plain:
        plain.params = params
        for session in (plain, held):
            session.get(server.url + "/a")
            session.get(server.url + "/a", params={"b": "2"})
    assert [seen.path for seen in server.requests[:2]] == [
        seen.path for seen in server.requests[2:]
    ]


def test_send_of_a_foreign_prepared_request_adds_no_token(
    held: ClientCredentialsSession, server: ScriptedServer
) -> None:
    held.send(requests.Request("GET", server.url + "/root/a").prepare())
    assert server.requests[0].authorization is None


def test_send_of_an_unprepared_request_raises_value_error(
    held: ClientCredentialsSession,
) -> None:
    with pytest.raises(ValueError, match="PreparedRequests"):
        held.send(requests.Request("GET", "http://127.0.0.1/"))  # type: ignore[arg-type]


# Whatever else a session has


def test_session_params_headers_and_cookies_are_sent(
    held: ClientCredentialsSession, server: ScriptedServer
) -> None:
    held.params = {"a": "1"}  # type: ignore[assignment]
    held.headers["X-Own"] = "2"
    held.cookies.set("c", "3")
    held.get("/a", params={"b": "4"})
    (seen,) = server.requests
    assert seen.path == "/root/a?a=1&b=4"
    assert (seen.headers["X-Own"], seen.headers["Cookie"]) == ("2", "c=3")


def test_cookies_of_a_response_are_stored_and_sent(
    held: ClientCredentialsSession, server: ScriptedServer
) -> None:
    server.script["/root/a"] = ScriptedResponse(headers={"Set-Cookie": "seen=1; Path=/"})
    assert held.get("/a").cookies["seen"] == "1"
    held.get("/b")
    assert server.requests[1].headers["Cookie"] == "seen=1"


def test_hooks_of_session_and_request_are_called(
    held: ClientCredentialsSession,
) -> None:
    called: list[str] = []

    def hook(name: str) -> Callable[..., None]:
        return lambda response, **kwargs: called.append(name)

    held.hooks["response"].append(hook("session"))
    held.get("/a", hooks={"response": hook("request")})
    held.get("/a")
    assert called == ["request", "session"]  # those of a request replace the session's


def test_proxies_of_session_and_request_are_used(
    held: ClientCredentialsSession, watching: Watching
) -> None:
    with ScriptedServer() as proxy:
        held.get("http://api.invalid/a", proxies={"http": proxy.url})
        held.proxies = {"http": proxy.url}
        held.get("http://api.invalid/b")
        assert [seen.path for seen in proxy.requests] == [
            "http://api.invalid/a",
            "http://api.invalid/b",
        ]


def test_proxies_of_the_environment_are_used_while_set(
    held: ClientCredentialsSession, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedServer() as proxy:
        held.get("/a")
        monkeypatch.setenv("http_proxy", proxy.url)
        held.get("/b")
        held.trust_env = False
        held.get("/c")
        held.trust_env = True
        monkeypatch.delenv("http_proxy")
        held.get("/d")
        assert [seen.path for seen in proxy.requests] == [server.url + "/root/b"]
    assert [seen.path for seen in server.requests] == ["/root/a", "/root/c", "/root/d"]


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
        session.close()  # else the connection that was made is used
        session.verify = True
        with pytest.raises(requests.exceptions.SSLError):
            session.get(ACTIVITIES_PATH)
        assert session.get(ACTIVITIES_PATH, verify=sandbox.ca_file).status_code == 200


def test_stream_and_cert_reach_the_adapter(
    held: ClientCredentialsSession, watching: Watching
) -> None:
    held.get("/a", stream=True, cert="c.pem").close()
    held.stream = True
    held.cert = "d.pem"
    held.get("/a").close()
    held.get("/a", stream=False)
    assert [(told["stream"], told["cert"]) for told in watching.told] == [
        (True, "c.pem"),
        (True, "d.pem"),
        (False, "d.pem"),
    ]


def test_redirects_are_followed_as_in_requests(
    held: ClientCredentialsSession, server: ScriptedServer
) -> None:
    server.script["/root/a"] = redirect("/root/b")
    server.script["/root/loop"] = redirect("/root/loop")
    response = held.get("/a")
    assert (response.url, len(response.history)) == (server.url + "/root/b", 1)
    assert held.get("/a", allow_redirects=False).status_code == 302
    assert held.head("/a").status_code == 302
    assert held.post("/a", data=b"x").request.method == "GET"
    held.max_redirects = 3
    with pytest.raises(requests.TooManyRedirects):
        held.get("/loop")


def test_next_of_an_unfollowed_redirect_has_the_token(
    held: ClientCredentialsSession, server: ScriptedServer
) -> None:
    server.script["/root/a"] = redirect("/root/b")
    following = held.get("/a", allow_redirects=False).next
    assert following is not None
    assert held.send(following).ok
    assert server.requests[-1].authorization == "Bearer of-the-api"


def test_adapters_are_found_and_closed_as_in_requests(held: ClientCredentialsSession) -> None:
    assert type(held.get_adapter("https://any.example")) is Transport
    assert list(held.adapters) == ["https://", "http://"]
    held.close()
    assert held.get("/a").ok


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
            raise AssertionError("nobody asked for this one")

    monkeypatch.setattr(requests, "Session", Replaced)
    monkeypatch.setattr(requests.sessions, "Session", Replaced)
    assert session.get(ACTIVITIES_PATH).status_code == 200
    sandbox.revoke()
    assert session.get(ACTIVITIES_PATH).status_code == 200
