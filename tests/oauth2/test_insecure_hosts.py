"""``insecure_hosts``: plain http to hosts that are named, as in a network of containers."""

from __future__ import annotations

import copy
import json
import pickle
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from pokitdok_session import APISession, ClientCredentialsSession, PokitDokSession
from pokitdok_session.errors import InsecureHostWarning, InsecureTransport
from support.http_server import ScriptedResponse, ScriptedServer
from support.recording import BEARER, RecordingAdapter, session_for

KEYCLOAK = "http://keycloak:8080"
API = "http://api.internal"
HOSTS = ("keycloak", "API.internal")
GRANTED = ScriptedResponse(body=b'{"access_token": "granted", "expires_in": 3600}')


@pytest.fixture
def network(other_origin: ScriptedServer) -> ScriptedServer:
    """Return a proxy on this machine that answers for both hosts."""
    other_origin.script[f"{KEYCLOAK}/token"] = GRANTED
    return other_origin


@pytest.fixture
def session(network: ScriptedServer) -> Iterator[ClientCredentialsSession]:
    with pytest.warns(InsecureHostWarning):
        session = ClientCredentialsSession(
            "id", "secret", f"{KEYCLOAK}/token", base_url=API, insecure_hosts=HOSTS
        )
    session.proxies = {"http": network.url}
    with session:
        yield session


def sent(network: ScriptedServer) -> list[tuple[str, str | None]]:
    return [(seen.path, seen.authorization) for seen in network.requests]


def test_insecure_hosts_serve_token_endpoint_and_api(
    session: ClientCredentialsSession, network: ScriptedServer
) -> None:
    assert session.get("/x").status_code == 200
    token_request, request = sent(network)
    assert token_request[0] == f"{KEYCLOAK}/token"
    assert request == (f"{API}/x", "Bearer granted")


@pytest.mark.parametrize("url", ["http://other.example/", "http://api.internal:8080/"])
def test_insecure_hosts_do_not_widen_the_origins(
    session: ClientCredentialsSession, network: ScriptedServer, url: str
) -> None:
    session.get(url)
    assert sent(network) == [(url, None)]


def test_insecure_hosts_allow_plain_http_beside_https() -> None:
    with pytest.warns(InsecureHostWarning):
        session = session_for(insecure_hosts=["api.example"])
    recorder = RecordingAdapter()
    session.mount("http://", recorder)
    session.get("http://api.example/v4")
    assert recorder.authorizations() == [None]


def test_plain_http_to_an_insecure_host_leaves_by_no_remote_proxy(
    session: ClientCredentialsSession,
) -> None:
    session.proxies = {"http": "http://proxy.example:3128"}
    with pytest.raises(InsecureTransport, match="NO_PROXY"):
        session.get("/x")


@pytest.mark.parametrize("url", ["http://elsewhere/token", "http://sub.keycloak/token"])
def test_plain_http_to_another_host_is_refused_later_too(
    session: ClientCredentialsSession, network: ScriptedServer, url: str
) -> None:
    with pytest.raises(InsecureTransport, match="token_url must begin with https"):
        session.fetch_token(url)
    with pytest.raises(InsecureTransport, match="must begin with https"):
        session.revoke_token("granted", revocation_url=url)
    with pytest.raises(InsecureTransport, match="origins must begin with https"):
        session.origins = [url]
    with pytest.raises(InsecureTransport, match="base_url must begin with https"):
        session.base_url = url
    assert sent(network) == []


def test_insecure_hosts_are_kept_by_copies_without_another_warning(
    session: ClientCredentialsSession, network: ScriptedServer
) -> None:
    for copied in (copy.deepcopy(session), pickle.loads(pickle.dumps(session))):
        assert copied.get("/x").status_code == 200
        copied.base_url = KEYCLOAK
    assert [path for path, _ in sent(network)] == [f"{KEYCLOAK}/token", f"{API}/x"] * 2


@pytest.mark.parametrize(
    "build",
    [
        lambda: ClientCredentialsSession("i", "s", f"{KEYCLOAK}/t", insecure_hosts=HOSTS),
        lambda: APISession("i", "s", f"{KEYCLOAK}/t", insecure_hosts=HOSTS),
        lambda: PokitDokSession("i", "s", base_url=KEYCLOAK, insecure_hosts=HOSTS),
        lambda: ClientCredentialsSession.discover("i", "s", issuer=KEYCLOAK, insecure_hosts=HOSTS),
    ],
)
def test_insecure_hosts_warn_once_where_the_session_is_built(build: Any) -> None:
    with pytest.warns(InsecureHostWarning) as caught:
        build()
    (warning,) = caught
    assert warning.filename == __file__
    assert "insecure_hosts=['api.internal', 'keycloak']" in str(warning.message)
    assert "can be read on the way" in str(warning.message)


def test_session_without_insecure_hosts_does_not_warn() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        session_for().close()
    assert caught == []


def test_insecure_hosts_serve_discovery(network: ScriptedServer) -> None:
    metadata = {
        "issuer": f"{KEYCLOAK}/realms/x",
        "token_endpoint": f"{KEYCLOAK}/token",
        "revocation_endpoint": f"{KEYCLOAK}/revoke",
    }
    url = f"{KEYCLOAK}/realms/x/.well-known/openid-configuration"
    network.script[url] = ScriptedResponse(body=json.dumps(metadata).encode())
    with pytest.warns(InsecureHostWarning):
        session = ClientCredentialsSession.discover(
            "id", "secret", issuer=f"{KEYCLOAK}/realms/x", insecure_hosts=iter(HOSTS)
        )
    session.proxies = {"http": network.url}
    session.fetch_token()
    session.revoke_token()
    assert [path for path, _ in sent(network)] == [url, f"{KEYCLOAK}/token", f"{KEYCLOAK}/revoke"]


@pytest.mark.parametrize("name", ["token_url", "base_url", "revocation_url"])
def test_plain_http_error_names_the_option_and_the_ignored_variable(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    urls = {"token_url": "https://h/token", name: f"{KEYCLOAK}/x?key=kept"}
    with pytest.raises(InsecureTransport) as caught:
        ClientCredentialsSession("id", "secret", **urls)
    assert str(caught.value) == (
        f"{name} must begin with https://, got {KEYCLOAK}/x. If token and secret may be read on "
        "the way, insecure_hosts=['keycloak'] allows plain http; OAUTHLIB_INSECURE_TRANSPORT is "
        "ignored"
    )


def test_error_of_another_scheme_does_not_name_insecure_hosts() -> None:
    with pytest.raises(requests.RequestException, match="that begins with https") as caught:
        ClientCredentialsSession("id", "secret", "ftp://keycloak/token")
    assert "insecure_hosts" not in str(caught.value)


@pytest.mark.parametrize("host", ["10.1.2.3", "[fd00::1]", "b\u00fccher", "KEYCLOAK"])
def test_insecure_host_may_be_spelt_in_any_way(host: str) -> None:
    with pytest.warns(InsecureHostWarning):
        session = session_for(f"http://{host}:8080/v4", insecure_hosts=[host])
    recorder = RecordingAdapter()
    session.mount("http://", recorder)
    session.get("/a")
    assert recorder.authorizations() == [BEARER]


@pytest.mark.parametrize(
    ("hosts", "kind", "text"),
    [
        ("keycloak", TypeError, "insecure_hosts must be a list of host names, got str"),
        (None, TypeError, "insecure_hosts must be a list of host names, got NoneType"),
        ([b"keycloak"], TypeError, "insecure_hosts must hold host names, got bytes"),
        ([KEYCLOAK], ValueError, "without scheme, port and path, got 'http://keycloak:8080'"),
        (["keycloak:8080"], ValueError, "without scheme, port and path, got 'keycloak:8080'"),
        (["keycloak/"], ValueError, "without scheme, port and path, got 'keycloak/'"),
        (["*.internal"], ValueError, "without scheme, port and path"),
        (["key cloak"], ValueError, "without scheme, port and path"),
        ([""], ValueError, "without scheme, port and path, got ''"),
        (["user:words@keycloak"], ValueError, "got a URL with a password"),
    ],
)
def test_insecure_hosts_that_cannot_work_are_errors(
    hosts: Any, kind: type[Exception], text: str
) -> None:
    with pytest.raises(kind, match=text):
        session_for(insecure_hosts=hosts)
