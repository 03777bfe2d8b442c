"""How the token request is sent, and how often."""

from __future__ import annotations

import re
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
import requests
import trustme
from oauthlib.oauth2 import InsecureTransportError
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from pokitdok_session import (
    ClientCredentialsSession,
    PokitDokSession,
    TokenError,
)
from pokitdok_session.errors import TLSFileError
from pokitdok_session.oauth2.client_auth.methods import ClientSecretPost
from pokitdok_session.oauth2.token_endpoint import ATTEMPTS, MAX_TOTAL_TIME, TokenEndpoint
from pokitdok_session.oauth2.token_request import TokenRequest, TransportOptions
from pokitdok_session.sandbox import Sandbox
from pokitdok_session.transport.adapter import Transport
from support.http_server import ScriptedResponse, ScriptedServer, redirect
from support.token_requests import PATH, TOKEN


def test_token_request_uses_verify_of_the_session(sandbox: Sandbox) -> None:
    with PokitDokSession(
        sandbox.client_id, sandbox.client_secret, base_url=sandbox.base_url
    ) as session:
        with pytest.raises(TokenError, match="SSLError"):
            session.get(PATH)
        assert sandbox.token_requests == 0
        session.verify = sandbox.ca_file
        assert session.get(PATH).status_code == 200


def test_token_request_uses_proxies_of_the_session(other_origin: ScriptedServer) -> None:
    other_origin.script["http://localhost:9/token"] = ScriptedResponse(
        body=b'{"access_token": "by-proxy", "token_type": "bearer"}'
    )
    with ClientCredentialsSession("id", "secret", "http://localhost:9/token") as session:
        session.proxies = {"http": other_origin.url}
        assert session.fetch_token()["access_token"] == "by-proxy"
    assert [seen.path for seen in other_origin.requests] == ["http://localhost:9/token"]


def test_token_request_uses_adapters_of_the_session(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    went: list[tuple[str, Any]] = []

    class Watching(Transport):
        def send(self, request: Any, *args: Any, **kwargs: Any) -> requests.Response:
            went.append((request.path_url, args or kwargs))
            return super().send(request, *args, **kwargs)

    session.mount(sandbox.base_url + TOKEN, Watching(verify=sandbox.ca_file))
    session.get(PATH)
    ((path, how),) = went
    assert path == TOKEN
    assert how["timeout"] == (5, 30)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_of_the_token_endpoint_is_not_followed(
    sandbox: Sandbox, session: PokitDokSession, other_origin: ScriptedServer, status: int
) -> None:
    sandbox.fail(
        TOKEN, status=status, headers={"Location": f"{other_origin.url}/token"}, times=None
    )
    shown = f"a redirect to {other_origin.url}/token, which is not followed"
    for _ in range(2):
        with pytest.raises(TokenError, match=shown) as caught:
            session.get(PATH)
    assert caught.value.status_code == status
    assert other_origin.requests == []
    assert sandbox.token_requests == 1


def test_redirect_of_the_token_endpoint_to_an_invalid_url_is_a_token_error(
    other_origin: ScriptedServer,
) -> None:
    other_origin.script["/token"] = redirect("http://[bad")
    with (
        ClientCredentialsSession("id", "secret", f"{other_origin.url}/token") as session,
        pytest.raises(TokenError, match="a redirect to an invalid URL, which is not followed"),
    ):
        session.get(other_origin.url)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_transient_status_is_retried_with_backoff(
    sandbox: Sandbox, session: PokitDokSession, retry_sleeps: list[float], status: int
) -> None:
    sandbox.fail(TOKEN, status=status, times=ATTEMPTS - 1)
    assert session.get(PATH).status_code == 200
    assert sandbox.token_requests == ATTEMPTS
    assert len(retry_sleeps) == ATTEMPTS - 1
    assert 0.4 <= retry_sleeps[0] <= 0.6 < 0.8 <= retry_sleeps[1] <= 1.2


def test_lasting_503_is_an_error_after_three_attempts(
    sandbox: Sandbox, session: PokitDokSession, retry_sleeps: list[float]
) -> None:
    sandbox.fail(TOKEN, status=503, times=None)
    with pytest.raises(TokenError, match="/oauth2/token returned 503: ") as caught:
        session.get(PATH)
    assert caught.value.status_code == 503
    assert sandbox.token_requests == ATTEMPTS
    assert len(retry_sleeps) == ATTEMPTS - 1


def test_reset_connection_is_retried(
    sandbox: Sandbox, session: PokitDokSession, retry_sleeps: list[float]
) -> None:
    sandbox.fail(TOKEN, reset=True)
    assert session.get(PATH).status_code == 200
    assert sandbox.token_requests == 2


def test_truncated_response_is_retried(
    sandbox: Sandbox, session: PokitDokSession, retry_sleeps: list[float]
) -> None:
    sandbox.fail(TOKEN, reset="after_headers")
    assert session.get(PATH).status_code == 200
    assert sandbox.token_requests == 2


def test_refused_connection_is_named_in_the_error(retry_sleeps: list[float]) -> None:
    with socket.socket() as taken:  # bound, and not listening
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/token"
        with (
            ClientCredentialsSession("id", "secret", url) as session,
            pytest.raises(
                TokenError,
                match=r"no response from .* \(ConnectionError from ConnectionRefusedError\)",
            ) as caught,
        ):
            session.fetch_token()
    assert caught.value.status_code is None
    assert isinstance(caught.value.__cause__, requests.ConnectionError)
    assert len(retry_sleeps) == ATTEMPTS - 1


def test_unknown_host_is_said_in_the_error(
    retry_sleeps: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    text = r"\(ConnectionError from gaierror; the host name was not found\)"
    with (
        ClientCredentialsSession("id", "secret", "https://login.invalid/token") as session,
        pytest.raises(TokenError, match=text),
    ):
        session.fetch_token()


@pytest.mark.parametrize(
    ("error", "option"),
    [
        (requests.exceptions.ProxyError(), "session.proxies or HTTPS_PROXY names the proxy"),
        (requests.ConnectTimeout(), "token_timeout sets how long to wait"),
        (requests.ReadTimeout(), "token_timeout sets how long to wait"),
    ],
)
def test_error_of_the_token_request_names_the_option(
    error: requests.RequestException, option: str, retry_sleeps: list[float]
) -> None:
    class Offline(ClientCredentialsSession):
        def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
            raise error

    with (
        Offline("id", "secret", "https://id.example/token") as session,
        pytest.raises(TokenError, match=option),
    ):
        session.fetch_token()


def test_silent_endpoint_ends_with_token_timeout(
    sandbox: Sandbox, retry_sleeps: list[float]
) -> None:
    sandbox.fail(TOKEN, delay=2)
    hasty = sandbox.session(token_timeout=0.1)
    with hasty as session, pytest.raises(TokenError, match="ReadTimeout"):
        session.get(PATH, timeout=20)
    assert sandbox.token_requests == 1
    assert retry_sleeps == []


@pytest.mark.parametrize(
    ("said", "waited"), [("2", 2.0), ("0", None), ("nonsense", None), ("-5", None)]
)
def test_retry_after_of_the_endpoint_is_the_wait(
    sandbox: Sandbox,
    session: PokitDokSession,
    retry_sleeps: list[float],
    said: str,
    waited: float | None,
) -> None:
    sandbox.fail(TOKEN, status=503, headers={"Retry-After": said})
    assert session.get(PATH).status_code == 200
    if waited is None:
        assert 0.4 <= retry_sleeps[0] <= 0.6
    else:
        assert retry_sleeps == [waited]


@pytest.mark.parametrize("said", ["3600", "Fri, 31 Dec 2100 23:59:59 GMT"])
def test_retry_after_of_an_hour_is_remembered_and_not_waited_for(
    sandbox: Sandbox, session: PokitDokSession, retry_sleeps: list[float], said: str
) -> None:
    sandbox.fail(TOKEN, status=503, headers={"Retry-After": said}, times=None)
    with pytest.raises(TokenError) as caught:
        session.get(PATH)
    assert sum(retry_sleeps) <= MAX_TOTAL_TIME
    assert caught.value.retry_after == 3600


def test_attempts_end_before_the_total_time_is_exceeded(
    sandbox: Sandbox, session: PokitDokSession, retry_sleeps: list[float]
) -> None:
    sandbox.fail(TOKEN, status=503, headers={"Retry-After": "40"}, times=None)
    with pytest.raises(TokenError):
        session.get(PATH)
    assert retry_sleeps == [40]
    assert sandbox.token_requests == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410])
def test_refusal_is_not_retried(
    sandbox: Sandbox, session: PokitDokSession, retry_sleeps: list[float], status: int
) -> None:
    sandbox.fail(TOKEN, status=status, times=None)
    with pytest.raises(TokenError) as caught:
        session.get(PATH)
    assert caught.value.status_code == status
    assert retry_sleeps == []
    assert sandbox.token_requests == 1


@pytest.mark.parametrize("adapter", ["none", "own", "foreign"])
def test_untrusted_certificate_says_what_to_set(
    sandbox: Sandbox, tmp_path: Path, adapter: str
) -> None:
    bundle = str(tmp_path / "ca.pem")
    trustme.CA().cert_pem.write_to_path(bundle)
    mounted = {"own": Transport(verify=bundle), "foreign": HTTPAdapter()}
    named = {"none": DEFAULT_CA_BUNDLE_PATH, "own": bundle, "foreign": "unknown"}[adapter]
    with ClientCredentialsSession("id", "secret", sandbox.base_url + TOKEN) as session:
        if adapter in mounted:
            session.mount("https://", mounted[adapter])
        with pytest.raises(TokenError) as caught:
            session.fetch_token()
    assert (
        f" certificate (CA bundle: {named}; verify or REQUESTS_CA_BUNDLE must name one with the"
        " authority of the certificate)): the API request" in str(caught.value)
    )


def test_handshake_that_fails_is_not_blamed_on_the_bundle(other_origin: ScriptedServer) -> None:
    url = other_origin.url.replace("http:", "https:")
    with (
        ClientCredentialsSession("id", "secret", f"{url}/token") as session,
        pytest.raises(TokenError, match=r"OpenSSL says \w+\): the API request was not") as caught,
    ):
        session.fetch_token()
    assert "bundle" not in str(caught.value)
    no_reason = error_without_response(requests.exceptions.SSLError(ssl.SSLError(1, "[SSL]")))
    assert "; no TLS connection was made):" in str(no_reason)


def test_certificate_error_without_details_is_explained() -> None:
    error = ssl.SSLCertVerificationError("self-signed")
    explained = error_without_response(requests.exceptions.SSLError(error))
    assert "; the certificate is not trusted (CA bundle: " in str(explained)


@pytest.mark.parametrize(
    ("option", "named"),
    [
        ("verify", "session.verify or REQUESTS_CA_BUNDLE"),
        ("cert", "session.cert"),
        ("token_cert", "token_cert"),
    ],
)
def test_tls_file_that_is_missing_is_named_with_its_option(
    sandbox: Sandbox, option: str, named: str
) -> None:
    url, cert = sandbox.base_url + TOKEN, "/no/file" if option == "token_cert" else None
    with ClientCredentialsSession("id", "secret", url, token_cert=cert) as session:
        session.verify = sandbox.ca_file
        if cert is None:
            setattr(session, option, "/no/file")
        with pytest.raises(TokenError) as caught:
            session.fetch_token()
    assert re.fullmatch(
        rf"nothing was sent to {url} \(Could not find .*, invalid path: /no/file; the setting is "
        rf"{named}\): the API request was not processed",
        str(caught.value),
    )
    assert isinstance(caught.value.__cause__, TLSFileError)
    assert sandbox.token_requests == 0


def test_loopback_http_through_a_remote_proxy_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    with (
        ClientCredentialsSession("id", "secret", "http://localhost:9/token") as session,
        pytest.raises(InsecureTransportError, match="NO_PROXY"),
    ):
        session.fetch_token()


def error_without_response(error: requests.RequestException) -> TokenError:
    """Return what a token request raises whose `send` raises ``error``."""

    def send(request: requests.Request, options: TransportOptions) -> requests.Response:
        raise error

    request = TokenRequest(
        url="https://id.example/token", form={}, client_auth=ClientSecretPost("id", "secret")
    )
    with pytest.raises(TokenError) as caught:
        TokenEndpoint().fetch(request, send)
    return caught.value
