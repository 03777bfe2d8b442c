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

from pokitdok_session.transport.adapter import Transport
from pokitdok_session.transport.retries import RetryPolicy
from support.http_server import Loopback


def test_a_folder_of_certificates_is_left_to_requests(tmp_path: Any) -> None:
    with Loopback() as server, requests.Session() as session:
        session.mount("https://", Transport())
        with pytest.raises(requests.ConnectionError):
            session.get(server.url.replace("http:", "https:"), verify=str(tmp_path))


def test_a_socks_proxy_keeps_the_connections_of_its_own_kind() -> None:
    from urllib3.contrib.socks import SOCKSProxyManager

    manager = Transport().proxy_manager_for("socks5://127.0.0.1:1")
    assert manager.pool_classes_by_scheme == SOCKSProxyManager.pool_classes_by_scheme


def test_an_http_proxy_s_connections_say_when_nothing_was_sent() -> None:
    manager = Transport().proxy_manager_for("http://127.0.0.1:1")
    assert manager.pool_classes_by_scheme["https"] is not urllib3.HTTPSConnectionPool


def test_a_fault_names_its_connections_as_urllib3_does() -> None:
    with requests.Session() as session:
        session.mount("https://", Transport())
        with pytest.raises(requests.ConnectionError, match=r"^HTTPSConnectionPool\(host="):
            session.get("https://127.0.0.1:1/")


@pytest.mark.parametrize("retries", [0, 3, Retry(3)])
def test_what_urllib3_asks_a_policy_is_answered_by_ours(retries: Any) -> None:
    # `_is_connection_error` is urllib3's own and private: a urllib3 without it must fail here.
    policy = RetryPolicy.from_value(retries)
    lost = ConnectionResetError()
    assert not policy._is_connection_error(urllib3.exceptions.ProtocolError("", lost))
    lost.nothing_was_sent = True  # type: ignore[attr-defined]
    assert policy._is_connection_error(urllib3.exceptions.ProtocolError("", lost))


def test_a_policy_of_a_kind_of_its_own_is_taken_as_it_is() -> None:
    class Own(Retry):
        pass

    own = Own(2)
    assert Transport(own).max_retries is own


def test_a_tls_fault_after_the_request_left_is_not_tried_again_for_a_post() -> None:
    policy = RetryPolicy.from_value(Retry(3))
    with pytest.raises(urllib3.exceptions.MaxRetryError):
        policy.increment("POST", "/x", error=urllib3.exceptions.SSLError(ssl.SSLEOFError()))


def test_a_pool_that_was_closed_is_left_as_it_is_by_a_fork() -> None:
    with Loopback() as server, requests.Session() as session:
        transport = Transport()
        session.mount("http://", transport)
        session.get(server.url)
        transport.poolmanager.connection_from_url(server.url).close()
        transport._reset_after_fork()
        assert session.get(server.url).ok


def test_a_pipe_and_a_refused_connection_are_a_connection_error_as_in_requests() -> None:
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
def test_a_429_is_tried_again_unless_the_caller_names_the_methods(
    allowed: Any, tried: bool
) -> None:
    policy = RetryPolicy.from_value(Retry(3, allowed_methods=allowed, status_forcelist=[429]))
    assert policy.is_retry("POST", 429) is tried


def test_for_a_proxy_of_its_own_certificate_the_files_are_left_to_urllib3(tmp_path: Any) -> None:
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
