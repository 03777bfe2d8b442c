"""The token goes only to its own origins, over https."""

from __future__ import annotations

import base64
from urllib.parse import urlsplit

import pytest
import requests
from oauthlib.oauth2 import InsecureTransportError

from pokitdok_session import ClientCredentialsSession, PokitDokSession
from pokitdok_session.oauth2.origins import Origins, origin_of
from pokitdok_session.sandbox import Sandbox
from pokitdok_session.transport.adapter import Transport
from support.http_server import ScriptedServer
from support.recording import BEARER, RecordingAdapter, session_for

# URLs of the token origins

TOKEN_ORIGIN_URLS = [
    "https://api.example",
    "https://api.example/",
    "https://api.example/any/path?query",
    "https://api.example:443/v4",
    "HTTPS://API.Example/v4",
    "https://user:words@api.example/v4",
    "https://api.example/@other.example/",
    "https://api.example/\\other.example/",
]
OTHER_URLS = [
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


@pytest.mark.parametrize("url", TOKEN_ORIGIN_URLS)
def test_url_of_the_token_origin_gets_the_token(
    example_session: ClientCredentialsSession, recorder: RecordingAdapter, url: str
) -> None:
    example_session.get(url)
    assert recorder.authorizations() == [BEARER]


@pytest.mark.parametrize("url", OTHER_URLS)
def test_url_of_another_origin_gets_no_token(
    example_session: ClientCredentialsSession, recorder: RecordingAdapter, url: str
) -> None:
    example_session.get(url)
    assert BEARER not in recorder.authorizations()
    assert "of-the-api" not in str(recorder.sent[0].headers)


@pytest.mark.parametrize("url", TOKEN_ORIGIN_URLS + OTHER_URLS)
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


def test_international_host_in_any_spelling_gets_the_token(recorder: RecordingAdapter) -> None:
    with session_for("https://b\xfccher.example/v4") as session:
        session.mount("https://", recorder)
        session.get("/a")
        session.get("https://xn--bcher-kva.example/b")
        session.get("https://B\xdcCHER.example/c")
    assert recorder.authorizations() == [BEARER] * 3


def test_origins_without_base_url_are_the_token_endpoint_only() -> None:
    session = session_for(None)
    assert session.is_token_origin("https://auth.example/api")
    assert not session.is_token_origin("https://api.example/v4")


def test_origins_argument_lists_the_only_token_origins(recorder: RecordingAdapter) -> None:
    named = ["https://api.example", "https://files.example:8443/any/path"]
    with session_for(origins=named) as session:
        session.mount("https://", recorder)
        for url in (*named, "https://files.example/", "https://auth.example/"):
            session.get(url)
    assert recorder.authorizations() == [BEARER, BEARER, None, None]


@pytest.mark.parametrize("url", ["http://api.example", "ftp://api.example"])
def test_origins_over_plain_http_raise_in_the_constructor(url: str) -> None:
    with pytest.raises((InsecureTransportError, requests.RequestException)):
        session_for(url)
    with pytest.raises((InsecureTransportError, requests.RequestException)):
        session_for(origins=[url])


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "127.8.9.1", "[::1]", "api.localhost", "LOCALHOST"]
)
def test_plain_http_to_loopback_gets_the_token(recorder: RecordingAdapter, host: str) -> None:
    with session_for(f"http://{host}:8080/v4") as session:
        session.mount("http://", recorder)
        session.get("/a")
    assert recorder.authorizations() == [BEARER]


@pytest.mark.parametrize(
    "host", ["localhost.example", "127.0.0.1.example", "128.0.0.1", "[::2]", "0.0.0.0", "10.0.0.1"]
)
def test_plain_http_to_other_hosts_raises_insecure_transport(host: str) -> None:
    with pytest.raises(InsecureTransportError):
        Origins(()).trust(f"http://{host}/", "token_url")


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
    example_session: ClientCredentialsSession, recorder: RecordingAdapter
) -> None:
    example_session.get("https://user:words@other.example/")
    assert recorder.authorizations() == ["Basic " + base64.b64encode(b"user:words").decode()]


def test_other_origin_gets_the_header_of_the_caller(
    example_session: ClientCredentialsSession, recorder: RecordingAdapter
) -> None:
    example_session.get("https://other.example/", headers={"Authorization": "Own words"})
    assert recorder.authorizations() == ["Own words"]


# Plain http to the host of a token origin


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
    example_session: ClientCredentialsSession, recorder: RecordingAdapter, url: str
) -> None:
    with pytest.raises(InsecureTransportError):
        example_session.post(url, json={"patient": "Zephyrine"})
    with pytest.raises(InsecureTransportError):
        example_session.get(url, withhold_token=True)
    with pytest.raises(InsecureTransportError):
        example_session.get(url, auth=("user", "words"))
    assert recorder.sent == []


def test_plain_http_to_loopback_through_a_remote_proxy_raises(
    recorder: RecordingAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    with session_for("http://localhost:8080/v4") as session:
        session.mount("http://", recorder)
        prepared = session.prepare_request(requests.Request("GET", "/a"))
        with pytest.raises(InsecureTransportError, match="NO_PROXY"):
            session.get("/a", proxies={"http": "http://proxy.example:3128"})
        monkeypatch.setenv("http_proxy", "proxy.example:3128")
        for send in (lambda: session.get("/a"), lambda: session.send(prepared)):
            with pytest.raises(InsecureTransportError, match="NO_PROXY"):
                send()
        assert recorder.sent == []
        session.get("http://other.example/")  # no token, so a proxy may see it
        monkeypatch.setenv("no_proxy", "localhost")
        session.get("/a")
        monkeypatch.delenv("no_proxy")
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:3128")
        session.get("/a")
    assert recorder.authorizations() == [None, BEARER, BEARER]


def test_token_host_by_another_scheme_is_as_in_requests(
    example_session: ClientCredentialsSession, recorder: RecordingAdapter
) -> None:
    with pytest.raises(requests.exceptions.InvalidSchema):
        example_session.get("ftp://api.example/a")
    example_session.mount("ftp://", recorder)
    assert example_session.get("ftp://api.example/a").status_code == 200
    assert recorder.authorizations() == [None]


def test_origin_without_token_is_logged_without_path_or_query(
    example_session: ClientCredentialsSession, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG", "pokitdok_session"):
        example_session.get("https://other.example/path?query")
    assert [record.getMessage() for record in caplog.records] == [
        "not sending the token to https://other.example:443: not an origin of this session"
    ]


# Texts


def test_insecure_transport_text_does_not_quote_the_url(
    example_session: ClientCredentialsSession,
) -> None:
    with pytest.raises(InsecureTransportError) as caught:
        example_session.get("http://api.example/patients/Zephyrine?name=Quillfeather")
    assert "Zephyrine" not in str(caught.value)
    assert "Quillfeather" not in str(caught.value)


def test_is_token_origin_compares_host_and_port(sandbox: Sandbox) -> None:
    session = sandbox.session()
    assert session.is_token_origin(sandbox.base_url + "/x")
    port = urlsplit(sandbox.base_url).port or 0
    assert not session.is_token_origin(f"https://127.0.0.1:{port + 1}/x")
    assert not session.is_token_origin(f"https://localhost:{port}/x")
    assert isinstance(session.get_adapter(sandbox.base_url + "/"), Transport)


def test_insecure_transport_is_a_request_exception() -> None:
    with (
        ClientCredentialsSession("id", "secret", "https://api.example.com/token") as session,
        pytest.raises(requests.RequestException),
    ):
        session.get("http://api.example.com/members/1")
