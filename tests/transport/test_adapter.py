"""What the adapter takes from the caller, and what of urllib3's it stands on."""

from __future__ import annotations

import os
import ssl
from typing import Any

import pytest
import requests
import trustme
import urllib3
from urllib3.util.retry import Retry

from pokitdok_session.sandbox import Sandbox
from pokitdok_session.transport.adapter import Transport
from pokitdok_session.transport.retries import RetryPolicy
from support.http_server import ScriptedServer


def test_transport_with_a_folder_of_certificates_is_left_to_requests(tmp_path: Any) -> None:
    with ScriptedServer() as server, requests.Session() as session:
        session.mount("https://", Transport())
        with pytest.raises(requests.ConnectionError):
            session.get(server.url.replace("http:", "https:"), verify=str(tmp_path))


def test_transport_for_a_socks_proxy_keeps_the_pool_classes() -> None:
    from urllib3.contrib.socks import SOCKSProxyManager

    manager = Transport().proxy_manager_for("socks5://127.0.0.1:1")
    assert manager.pool_classes_by_scheme == SOCKSProxyManager.pool_classes_by_scheme


def test_transport_for_an_http_proxy_uses_marking_pools() -> None:
    manager = Transport().proxy_manager_for("http://127.0.0.1:1")
    assert manager.pool_classes_by_scheme["https"] is not urllib3.HTTPSConnectionPool


def test_pool_in_an_exception_text_has_the_name_of_urllib3() -> None:
    with requests.Session() as session:
        session.mount("https://", Transport())
        with pytest.raises(requests.ConnectionError, match=r"^HTTPSConnectionPool\(host="):
            session.get("https://127.0.0.1:1/")


@pytest.mark.parametrize("retries", [0, 3, Retry(3)])
def test_retry_policy_with_a_marked_error_sees_a_connection_error(retries: Any) -> None:
    # `_is_connection_error` is urllib3's own and private: a urllib3 without it must fail here.
    policy = RetryPolicy.from_value(retries)
    lost = ConnectionResetError()
    assert not policy._is_connection_error(urllib3.exceptions.ProtocolError("", lost))
    lost.nothing_was_sent = True  # type: ignore[attr-defined]
    assert policy._is_connection_error(urllib3.exceptions.ProtocolError("", lost))


def test_retry_policy_from_a_subclass_of_retry_is_unchanged() -> None:
    class Own(Retry):
        pass

    own = Own(2)
    assert Transport(own).max_retries is own


def test_retry_policy_after_a_tls_error_does_not_retry_a_post() -> None:
    policy = RetryPolicy.from_value(Retry(3))
    with pytest.raises(urllib3.exceptions.MaxRetryError):
        policy.increment("POST", "/x", error=urllib3.exceptions.SSLError(ssl.SSLEOFError()))


def test_transport_with_a_closed_pool_is_reset_after_a_fork() -> None:
    with ScriptedServer() as server, requests.Session() as session:
        transport = Transport()
        session.mount("http://", transport)
        session.get(server.url)
        transport.poolmanager.connection_from_url(server.url).close()
        transport._reset_after_fork()
        assert session.get(server.url).ok


def test_transport_with_a_pipe_and_a_refused_connection_raises_as_requests() -> None:
    ours, theirs = os.pipe()
    os.write(theirs, b"x")
    os.close(theirs)
    with requests.Session() as session, os.fdopen(ours, "rb") as pipe:
        session.mount("http://", Transport())
        with pytest.raises(requests.ConnectionError):
            session.post("http://127.0.0.1:1/", data=pipe)


@pytest.mark.parametrize(
    ("allowed", "tried"), [(Retry.DEFAULT_ALLOWED_METHODS, True), (["GET"], False)]
)
def test_retry_policy_retries_a_429_unless_methods_are_named(allowed: Any, tried: bool) -> None:
    policy = RetryPolicy.from_value(Retry(3, allowed_methods=allowed, status_forcelist=[429]))
    assert policy.is_retry("POST", 429) is tried


def test_transport_for_an_https_proxy_leaves_the_files_to_urllib3(tmp_path: Any) -> None:
    bundle = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(bundle)
    asked: list[Any] = []

    class Watched(Transport):
        def build_connection_pool_key_attributes(self, *args: Any, **kwargs: Any) -> Any:
            asked.append(super().build_connection_pool_key_attributes(*args, **kwargs)[1])
            return super().build_connection_pool_key_attributes(*args, **kwargs)

    for proxy in ("http", "https"):
        session = requests.Session()
        session.mount("https://", Watched())
        way = {"https": f"{proxy}://127.0.0.1:1"}
        with pytest.raises(requests.exceptions.ProxyError):
            session.get("https://x.example/", verify=str(bundle), proxies=way)
    assert ["ca_certs" in tls for tls in asked] == [False, True]


@pytest.mark.parametrize(
    ("retries", "error", "text"),
    [
        (-1, ValueError, "retries must be 0 or more, got -1"),
        (True, TypeError, "retries must be an int or a urllib3 Retry, got bool"),
        (False, TypeError, "retries must be an int or a urllib3 Retry, got bool"),
        (1.5, TypeError, "retries must be an int or a urllib3 Retry, got float"),
        ("3", TypeError, "retries must be an int or a urllib3 Retry, got str"),
    ],
)
def test_transport_with_invalid_retries_raises(
    retries: Any, error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=f"^{text}$"):
        Transport(retries)


class OwnRetry(Retry):
    pass


@pytest.mark.parametrize("kind", [Retry, OwnRetry])
def test_retry_policy_takes_401_out_of_the_statuses(kind: type[Retry]) -> None:
    given = kind(3, status_forcelist=[401, 503], allowed_methods=["GET"], backoff_factor=0.5)
    policy = RetryPolicy.from_value(given)
    assert set(policy.status_forcelist) == {503}
    assert (policy.total, policy.allowed_methods) == (3, ["GET"])
    assert policy.backoff_factor == 0.5
    assert isinstance(policy, RetryPolicy if kind is Retry else OwnRetry)
    assert 401 in given.status_forcelist


def test_session_with_401_in_its_retries_replaces_the_token(sandbox: Sandbox) -> None:
    retries = Retry(3, status_forcelist=[401, 503])
    with sandbox.session() as session:
        session.mount(sandbox.base_url, Transport(retries, verify=sandbox.ca_file))
        session.get("/activities/")
        sandbox.revoke()
        assert session.get("/activities/").status_code == 200
    assert sandbox.token_requests == 2


def test_retry_policy_does_not_retry_a_connect_timeout() -> None:
    error = urllib3.exceptions.ConnectTimeoutError("no connection within 5 s")
    with pytest.raises(urllib3.exceptions.MaxRetryError):
        RetryPolicy.from_count(2).increment("GET", "/x", error=error)
