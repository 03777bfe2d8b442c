"""Where the token goes: to its own origin over https, and nowhere else."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from oauthlib.oauth2 import InsecureTransportError
from requests.adapters import BaseAdapter

from pokitdok_session import ClientCredentialsSession, PokitDokSession
from pokitdok_session.oauth2.origins import origin_of, trusted_origin, without_query
from pokitdok_session.sandbox import Sandbox
from pokitdok_session.transport.adapter import Transport
from support.http_server import ScriptedServer, redirect
from support.paths import ACTIVITIES_PATH

KEPT = {"access_token": "of-the-api", "token_type": "bearer", "expires_in": 3600}
BEARER = "Bearer of-the-api"


class Nowhere(BaseAdapter):
    """Answers everything with nothing, and keeps what was sent: for hosts that do not exist."""

    def __init__(self, location: str | None = None) -> None:
        super().__init__()
        self.sent: list[requests.PreparedRequest] = []
        self.location = location

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        self.sent.append(request)
        response = requests.Response()
        response.request, response.url = request, request.url or ""
        response.status_code = 200
        response._content = b"{}"
        if self.location and len(self.sent) == 1:
            response.status_code = 302
            response.headers["Location"] = self.location
        response.raw = requests.packages.urllib3.HTTPResponse()
        return response

    def close(self) -> None:
        """Nothing is open."""

    def authorizations(self) -> list[str | None]:
        return [request.headers.get("Authorization") for request in self.sent]


def session_for(
    base_url: str | None = "https://api.example/v4", **options: Any
) -> ClientCredentialsSession:
    """A session that holds a token for an origin nobody serves."""
    return ClientCredentialsSession(
        "id", "secret", "https://auth.example/token", base_url=base_url, token=KEPT, **options
    )


@pytest.fixture
def nowhere() -> Nowhere:
    return Nowhere()


@pytest.fixture
def example(nowhere: Nowhere) -> Iterator[ClientCredentialsSession]:
    with session_for() as session:
        session.mount("https://", nowhere)
        session.mount("http://", nowhere)
        yield session


@pytest.fixture
def netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A ~/.netrc that knows every host; gives the header that it stands for."""
    hosts = ("127.0.0.1", "localhost", "api.example", "other.example")
    lines = [f"machine {host} login somebody password else" for host in hosts]
    (tmp_path / "netrc").write_text("\n".join(lines) + "\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    return "Basic " + base64.b64encode(b"somebody:else").decode()


# Which URLs are ours

OURS = [
    "https://api.example",
    "https://api.example/",
    "https://api.example/any/path?query",
    "https://api.example:443/v4",
    "HTTPS://API.Example/v4",
    "https://user:words@api.example/v4",
    "https://api.example/@other.example/",
    "https://api.example/\\other.example/",
]
FOREIGN = [
    "https://other.example/v4",
    "https://api.example:8443/v4",
    "https://api.example.other.example/v4",
    "https://other.example/?https://api.example/v4",
    "https://other.example/https://api.example/v4",
    "https://other.example#https://api.example/",
    "https://api.example@other.example/v4",
    "https://api.example:words@other.example/v4",
    "https://other.example\\@api.example/v4",
    "https://other.example/@api.example/v4",
    "https://xn--pi-gka.example/v4",
    "https://\u0430pi.example/v4",
    "https://sub.api.example/v4",
    "https://example/v4",
    "http://other.example/v4",
    "http://127.0.0.1/v4",
]


@pytest.mark.parametrize("url", OURS)
def test_url_of_the_token_origin_gets_the_token(
    example: ClientCredentialsSession, nowhere: Nowhere, url: str
) -> None:
    example.get(url)
    assert nowhere.authorizations() == [BEARER]


@pytest.mark.parametrize("url", FOREIGN)
def test_url_of_another_origin_gets_no_token(
    example: ClientCredentialsSession, nowhere: Nowhere, url: str
) -> None:
    example.get(url)
    assert BEARER not in nowhere.authorizations()
    assert "of-the-api" not in str(nowhere.sent[0].headers)


@pytest.mark.parametrize("url", OURS + FOREIGN)
def test_origin_of_a_url_is_where_the_connection_goes(url: str) -> None:
    prepared = requests.Request("GET", url).prepare()
    connects_to = requests.adapters.HTTPAdapter().build_connection_pool_key_attributes(
        prepared, True
    )[0]
    origin = origin_of(prepared.url or "")
    assert origin is not None
    scheme, host, port = origin
    assert host == connects_to["host"]
    assert scheme == connects_to["scheme"]
    assert port == connects_to["port"] or connects_to["port"] is None


@pytest.mark.parametrize(
    "url", ["", "/v4", "api.example", "https://", "https:///v4", "mailto:a@b", "https://[::1/"]
)
def test_origin_of_an_invalid_url_is_none(url: str) -> None:
    assert origin_of(url) is None
    assert not session_for().is_token_origin(url)


def test_international_host_in_any_spelling_gets_the_token(nowhere: Nowhere) -> None:
    with session_for("https://b\xfccher.example/v4") as session:
        session.mount("https://", nowhere)
        session.get("/a")
        session.get("https://xn--bcher-kva.example/b")
        session.get("https://B\xdcCHER.example/c")
    assert nowhere.authorizations() == [BEARER] * 3


def test_origins_without_base_url_are_the_token_endpoint_only() -> None:
    session = session_for(None)
    assert session.is_token_origin("https://auth.example/api")
    assert not session.is_token_origin("https://api.example/v4")


def test_origins_argument_lists_the_only_token_origins(nowhere: Nowhere) -> None:
    named = ["https://api.example", "https://files.example:8443/any/path"]
    with session_for(origins=named) as session:
        session.mount("https://", nowhere)
        for url in (*named, "https://files.example/", "https://auth.example/"):
            session.get(url)
    assert nowhere.authorizations() == [BEARER, BEARER, None, None]


@pytest.mark.parametrize("url", ["http://api.example", "ftp://api.example"])
def test_origins_over_plain_http_raise_in_the_constructor(url: str) -> None:
    with pytest.raises((InsecureTransportError, requests.RequestException)):
        session_for(url)
    with pytest.raises((InsecureTransportError, requests.RequestException)):
        session_for(origins=[url])


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "127.8.9.1", "[::1]", "api.localhost", "LOCALHOST"]
)
def test_plain_http_to_loopback_gets_the_token(nowhere: Nowhere, host: str) -> None:
    with session_for(f"http://{host}:8080/v4") as session:
        session.mount("http://", nowhere)
        session.get("/a")
    assert nowhere.authorizations() == [BEARER]


@pytest.mark.parametrize(
    "host", ["localhost.example", "127.0.0.1.example", "128.0.0.1", "[::2]", "0.0.0.0", "10.0.0.1"]
)
def test_plain_http_to_other_hosts_raises_insecure_transport(host: str) -> None:
    with pytest.raises(InsecureTransportError):
        trusted_origin(f"http://{host}/", "token_url")


# Other origins are as in requests


def test_other_origin_over_http_is_reached_as_in_requests(
    session: PokitDokSession, other_origin: ScriptedServer, sandbox: Sandbox
) -> None:
    assert session.get(other_origin.url + "/a", params={"b": "c"}).status_code == 200
    (seen,) = other_origin.requests
    assert (seen.path, seen.authorization) == ("/a?b=c", None)
    assert sandbox.token_requests == 0


def test_other_origin_over_https_is_reached_as_in_requests(
    session: PokitDokSession, sandbox: Sandbox
) -> None:
    with Sandbox() as other:
        assert session.get(other.base_url + "/", verify=other.ca_file).status_code == 404
        assert "Authorization" not in other.requests[0].headers
    assert sandbox.token_requests == 0


def test_other_origin_url_credentials_are_used_as_in_requests(
    example: ClientCredentialsSession, nowhere: Nowhere
) -> None:
    example.get("https://user:words@other.example/")
    assert nowhere.authorizations() == ["Basic " + base64.b64encode(b"user:words").decode()]


def test_other_origin_gets_the_header_of_the_caller(
    example: ClientCredentialsSession, nowhere: Nowhere
) -> None:
    example.get("https://other.example/", headers={"Authorization": "Own words"})
    assert nowhere.authorizations() == ["Own words"]


# Plain http to our own host


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example/v4",
        "http://api.example:8080/",
        "HTTP://API.example",
        " http://api.example",
    ],
)
def test_plain_http_to_the_token_host_raises_and_sends_nothing(
    example: ClientCredentialsSession, nowhere: Nowhere, url: str
) -> None:
    with pytest.raises(InsecureTransportError):
        example.post(url, json={"patient": "Zephyrine"})
    with pytest.raises(InsecureTransportError):
        example.get(url, withhold_token=True)
    with pytest.raises(InsecureTransportError):
        example.get(url, auth=("user", "words"))
    assert nowhere.sent == []


def test_plain_http_redirect_to_the_token_host_is_not_followed(
    other_origin: ScriptedServer,
) -> None:
    other_origin.script["/"] = redirect("http://api.example/v4/patients?name=Zephyrine")
    with session_for() as session, pytest.raises(InsecureTransportError):
        session.get(other_origin.url + "/")


# Redirects


def redirected(example: ClientCredentialsSession, source: str, target: str) -> list[str | None]:
    wire = Nowhere(target)
    example.mount("https://", wire)
    example.mount("http://", wire)
    example.get(source)
    return wire.authorizations()


def test_redirect_within_the_token_origin_has_the_token(example: ClientCredentialsSession) -> None:
    own = "https://api.example/v4/new"
    assert redirected(example, "/old", own) == [BEARER, BEARER]
    assert redirected(example, "/old", "new?query") == [BEARER, BEARER]
    assert redirected(example, "/old", "https://API.example:443/new") == [BEARER, BEARER]


@pytest.mark.parametrize(
    "target",
    [
        "https://other.example/",
        "//other.example/",
        "https://api.example:8443/",
        "https://sub.api.example/",
        "http://other.example/",
        "https://api.example@other.example/",
    ],
)
def test_redirect_to_another_origin_has_no_token(
    example: ClientCredentialsSession, target: str
) -> None:
    sent, bare = redirected(example, "/old", target)
    assert sent == BEARER
    assert bare is None


def test_redirect_to_another_token_origin_has_the_token() -> None:
    with session_for(origins=["https://api.example", "https://files.example"]) as session:
        assert redirected(session, "/old", "https://files.example/x") == [BEARER, BEARER]


def test_redirect_from_http_to_https_on_loopback_loses_the_token() -> None:
    with session_for("http://localhost:80") as session:
        assert redirected(session, "/old", "https://localhost:443/x") == [BEARER, None]


def test_redirect_from_another_origin_to_ours_has_no_token(
    example: ClientCredentialsSession,
) -> None:
    source = "https://other.example/"
    assert redirected(example, source, "https://api.example/v4") == [None, None]


def test_redirect_keeps_caller_credentials_as_in_requests(
    example: ClientCredentialsSession,
) -> None:
    example.auth = ("user", "words")
    own = redirected(example, "/old", "https://api.example/new")
    away = redirected(example, "/old", "https://other.example/")
    assert own[0] == own[1] is not None
    assert own[0] == away[0]
    assert away[1] is None


def test_redirect_within_another_origin_keeps_caller_credentials(
    example: ClientCredentialsSession,
) -> None:
    wire = Nowhere("https://other.example/new")
    example.mount("https://", wire)
    example.get("https://other.example/", auth=("user", "words"))
    first, second = wire.authorizations()
    assert first == second is not None


def test_redirect_to_ours_drops_credentials_of_another_origin(
    example: ClientCredentialsSession,
) -> None:
    wire = Nowhere("https://api.example/v4")
    example.mount("https://", wire)
    example.get("https://other.example/", auth=("user", "words"))
    assert wire.authorizations()[1] is None


def test_redirect_away_and_back_sends_the_token_once_only(
    sandbox: Sandbox, other_origin: ScriptedServer
) -> None:
    with ScriptedServer() as api:
        api.script["/leave"] = redirect(other_origin.url + "/return")
        other_origin.script["/return"] = redirect(api.url + "/home")
        with session_for(api.url) as session:
            assert session.get("/leave").url == api.url + "/home"
        assert [seen.authorization for seen in api.requests] == [BEARER, None]
        assert [seen.authorization for seen in other_origin.requests] == [None]


def test_redirect_to_another_origin_keeps_only_caller_hooks(
    example: ClientCredentialsSession,
) -> None:
    def look(response: requests.Response, **kwargs: Any) -> None:
        """Look, and leave the response."""

    wire = Nowhere("https://other.example/")
    example.mount("https://", wire)
    example.get("/old", hooks={"response": [look]})
    assert len(wire.sent[0].hooks["response"]) == 2
    assert wire.sent[1].hooks["response"] == [look]


def test_redirect_treats_a_caller_header_as_requests_does(
    example: ClientCredentialsSession,
) -> None:
    for target, follows in (("https://api.example/new", True), ("https://other.example/", False)):
        wire = Nowhere(target)
        example.mount("https://", wire)
        prepared = example.prepare_request(requests.Request("GET", "/old"))
        prepared.headers["Authorization"] = "Own words"
        example.send(prepared)
        assert wire.authorizations() == ["Own words", "Own words" if follows else None]
        assert wire.sent[1].hooks["response"] == []


def test_next_link_of_another_host_gets_no_token(
    sandbox: Sandbox, session: PokitDokSession, other_origin: ScriptedServer
) -> None:
    sandbox.fail(
        ACTIVITIES_PATH,
        body={"meta": {"next": other_origin.url + "/activities/?offset=20"}, "data": []},
    )
    reply = session.activities()
    session.get(reply.meta["next"])
    assert other_origin.requests[0].authorization is None


def test_plain_http_to_loopback_through_a_remote_proxy_raises(
    nowhere: Nowhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    with session_for("http://localhost:8080/v4") as session:
        session.mount("http://", nowhere)
        prepared = session.prepare_request(requests.Request("GET", "/a"))
        with pytest.raises(InsecureTransportError, match="NO_PROXY"):
            session.get("/a", proxies={"http": "http://proxy.example:3128"})
        monkeypatch.setenv("http_proxy", "proxy.example:3128")
        for send in (lambda: session.get("/a"), lambda: session.send(prepared)):
            with pytest.raises(InsecureTransportError, match="NO_PROXY"):
                send()
        assert nowhere.sent == []
        session.get("http://other.example/")  # that is nobody's secret
        monkeypatch.setenv("no_proxy", "localhost")
        session.get("/a")
        monkeypatch.delenv("no_proxy")
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:3128")
        session.get("/a")
    assert nowhere.authorizations() == [None, BEARER, BEARER]


def test_token_host_by_another_scheme_is_as_in_requests(
    example: ClientCredentialsSession, nowhere: Nowhere
) -> None:
    with pytest.raises(requests.exceptions.InvalidSchema):
        example.get("ftp://api.example/a")
    example.mount("ftp://", nowhere)
    assert example.get("ftp://api.example/a").status_code == 200
    assert nowhere.authorizations() == [None]


def test_origin_without_token_is_logged_without_path_or_query(
    example: ClientCredentialsSession, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG", "pokitdok_session"):
        example.get("https://other.example/path?query")
    assert [record.getMessage() for record in caplog.records] == [
        "not sending the token to https://other.example:443: not an origin of this session"
    ]


# netrc


def test_netrc_does_not_replace_the_token(
    sandbox: Sandbox, session: PokitDokSession, netrc: str
) -> None:
    assert session.get(ACTIVITIES_PATH).status_code == 200
    assert session.get(sandbox.base_url + "/api/v4" + ACTIVITIES_PATH).status_code == 200
    session.get(ACTIVITIES_PATH, withhold_token=True)
    assert netrc not in [seen.headers.get("Authorization") for seen in sandbox.requests]


def test_netrc_does_not_replace_the_token_on_a_redirect(
    example: ClientCredentialsSession, netrc: str
) -> None:
    assert redirected(example, "/old", "https://api.example/new") == [BEARER, BEARER]
    into_ours = redirected(example, "https://elsewhere.example/", "https://api.example/")
    assert into_ours == [None, None]


def test_netrc_is_used_for_other_origins_as_in_requests(
    example: ClientCredentialsSession, nowhere: Nowhere, netrc: str
) -> None:
    example.get("https://other.example/")
    example.get("https://unknown.example/")
    assert nowhere.authorizations() == [netrc, None]
    assert redirected(example, "/old", "https://other.example/") == [BEARER, netrc]


def test_netrc_is_used_for_other_origins_with_any_timeout(
    example: ClientCredentialsSession, nowhere: Nowhere, netrc: str
) -> None:
    for options in ({"timeout": 5}, {"timeout": None}, {"withhold_token": True}):
        example.get("https://other.example/", **options)
    assert nowhere.authorizations() == [netrc] * 3


def test_auth_of_another_session_overrides_netrc(
    example: ClientCredentialsSession, nowhere: Nowhere, netrc: str
) -> None:
    with ClientCredentialsSession(
        "id", "secret", "https://other.example/token", token={"access_token": "theirs"}
    ) as other:
        example.get("https://other.example/", auth=other.auth)
        example.get("https://localhost/", auth=other.auth)
    assert nowhere.authorizations() == ["Bearer theirs", None]


def test_netrc_is_not_read_without_trust_env(
    example: ClientCredentialsSession, nowhere: Nowhere, netrc: str
) -> None:
    example.trust_env = False
    example.get("https://other.example/")
    assert nowhere.authorizations() == [None]


# Explicit auth, withhold_token


def test_auth_of_the_request_replaces_the_token(
    example: ClientCredentialsSession, nowhere: Nowhere
) -> None:
    example.get("/a", auth=("user", "words"))
    assert nowhere.authorizations() == ["Basic " + base64.b64encode(b"user:words").decode()]


def test_auth_of_the_session_replaces_the_token(
    example: ClientCredentialsSession, nowhere: Nowhere
) -> None:
    example.auth = ("user", "words")
    example.get("/a", timeout=3)
    example.get("/a", withhold_token=True)
    example.send(example.prepare_request(requests.Request("GET", "/a")))
    example.auth = None
    example.get("/a")
    basic = "Basic " + base64.b64encode(b"user:words").decode()
    assert nowhere.authorizations() == [basic] * 3 + [None]


@pytest.mark.parametrize("nothing", ["", (), False])
def test_auth_that_is_falsy_still_sends_the_token(
    example: ClientCredentialsSession, nowhere: Nowhere, nothing: Any
) -> None:
    example.get("/a", auth=nothing)
    assert nowhere.authorizations() == [BEARER]


@pytest.mark.parametrize("verb", ["get", "post", "put", "patch", "delete", "head", "options"])
def test_withhold_token_sends_any_verb_without_token(
    example: ClientCredentialsSession, nowhere: Nowhere, verb: str
) -> None:
    getattr(example, verb)("/a", withhold_token=True)
    getattr(example, verb)("/a")
    assert nowhere.authorizations() == [None, BEARER]


def test_withhold_token_makes_no_token_request(sandbox: Sandbox, session: PokitDokSession) -> None:
    assert session.get(ACTIVITIES_PATH, withhold_token=True).status_code == 401
    assert sandbox.token_requests == 0


def test_withhold_token_keeps_the_header_of_the_caller(
    example: ClientCredentialsSession, nowhere: Nowhere
) -> None:
    example.get("/a", withhold_token=True, headers={"Authorization": "Own words"})
    assert nowhere.authorizations() == ["Own words"]


def test_session_auth_adds_the_token_to_a_plain_request(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    url = sandbox.base_url + "/api/v4" + ACTIVITIES_PATH
    assert requests.get(url, auth=session.auth, verify=sandbox.ca_file).status_code == 200


def test_session_auth_adds_no_token_on_another_origin(
    sandbox: Sandbox, session: PokitDokSession, other_origin: ScriptedServer
) -> None:
    requests.get(other_origin.url, auth=session.auth)
    assert other_origin.requests[0].authorization is None
    assert sandbox.token_requests == 0


def test_session_auth_adds_no_token_over_plain_http(
    nowhere: Nowhere, example: ClientCredentialsSession
) -> None:
    with requests.Session() as plain:
        plain.mount("http://", nowhere)
        plain.get("http://other.example/v4", auth=example.auth)
    assert nowhere.authorizations() == [None]


# Text


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


def test_insecure_transport_text_does_not_quote_the_url(
    example: ClientCredentialsSession,
) -> None:
    with pytest.raises(InsecureTransportError) as caught:
        example.get("http://api.example/patients/Zephyrine?name=Quillfeather")
    assert "Zephyrine" not in str(caught.value)
    assert "Quillfeather" not in str(caught.value)


def test_is_token_origin_compares_host_and_port(sandbox: Sandbox) -> None:
    session = sandbox.session()
    assert session.is_token_origin(sandbox.base_url + "/x")
    port = urlsplit(sandbox.base_url).port or 0
    assert not session.is_token_origin(f"https://127.0.0.1:{port + 1}/x")
    assert not session.is_token_origin(f"https://localhost:{port}/x")
    assert isinstance(session.get_adapter(sandbox.base_url + "/"), Transport)


def test_session_auth_over_plain_http_to_the_token_host_raises() -> None:
    with (
        ClientCredentialsSession(
            "id",
            "secret",
            "https://api.example.com/token",
            token={"access_token": "t", "expires_in": 3600},
        ) as session,
        pytest.raises(InsecureTransportError),
    ):
        requests.get("http://api.example.com/members/1", auth=session.auth)


def test_withhold_token_keeps_url_credentials_of_another_origin(
    other_origin: ScriptedServer,
) -> None:
    with ClientCredentialsSession("id", "secret", "https://api.example.com/token") as session:
        url = other_origin.url.replace("//", "//user:word@")
        session.get(url, withhold_token=True)
    assert other_origin.requests[-1].authorization == "Basic dXNlcjp3b3Jk"


def test_redirect_keeps_content_length_of_a_half_read_body(session: PokitDokSession) -> None:
    # requests rewinds it only after `rebuild_auth`: the rest would be announced, the whole sent.
    session.token = {"access_token": "t", "expires_in": 3600}
    file = io.BytesIO(b"x" * 1000)
    url = f"{session.base_url}/claims/convert"
    sent = session.prepare_request(requests.Request("POST", url, data=file))
    file.read(400)
    response = requests.Response()
    response.request = sent
    followed = sent.copy()
    session.rebuild_auth(followed, response)
    assert followed.headers["Content-Length"] == "1000"
    assert followed.headers["Authorization"] == "Bearer t"


def test_insecure_transport_is_a_request_exception() -> None:
    with (
        ClientCredentialsSession("id", "secret", "https://api.example.com/token") as session,
        pytest.raises(requests.RequestException),
    ):
        session.get("http://api.example.com/members/1")
