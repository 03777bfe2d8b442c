"""A request that met a connection which the server had closed while it was idle."""

from __future__ import annotations

import io
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import trustme
from urllib3.util.retry import Retry

from pokitdok_session.transport.adapter import Transport
from support.raw_server import Action, RawServer

LOST: list[Action] = ["close", "reset"]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def bundle(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "bundle.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


def session_with(retries: int | Retry = 0, verify: Any = None) -> requests.Session:
    session = requests.Session()
    session.mount("http://", Transport(retries, verify=verify))
    session.mount("https://", Transport(retries, verify=verify))
    return session


def methods(server: RawServer) -> list[str]:
    return [line.split()[0] for line, _ in server.seen]


@pytest.mark.parametrize("action", LOST)
@pytest.mark.parametrize("retries", [0, 2, Retry(0), Retry(3, read=False)])
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
def test_reused_connection_that_was_closed_is_replaced_once(
    action: Action, retries: int | Retry, method: str
) -> None:
    with RawServer([["respond", action], ["respond"]]) as server, session_with(retries) as session:
        session.get(server.url)
        assert session.request(method, server.url).status_code == 200
    assert methods(server) == ["GET", method, method]


@pytest.mark.parametrize("action", LOST)
@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize("retries", [0, 2])
def test_reused_connection_that_was_closed_does_not_repeat_a_post(
    action: Action, method: str, retries: int
) -> None:
    with RawServer([["respond", action], ["respond"]]) as server, session_with(retries) as session:
        session.get(server.url)
        with pytest.raises(requests.ConnectionError):
            session.request(method, server.url, data=b"x")
    assert methods(server) == ["GET", method]


@pytest.mark.parametrize("action", LOST)
def test_new_connection_that_is_closed_is_not_replaced(action: Action) -> None:
    with (
        RawServer([[action], ["respond"]]) as server,
        session_with() as session,
        pytest.raises(requests.ConnectionError),
    ):
        session.get(server.url)
    assert methods(server) == ["GET"]


@pytest.mark.parametrize("action", LOST)
def test_replacement_connection_that_is_closed_too_raises(action: Action) -> None:
    connections: list[list[Action]] = [["respond", action], [action], ["respond"]]
    with RawServer(connections) as server, session_with() as session:
        session.get(server.url)
        with pytest.raises(requests.ConnectionError):
            session.get(server.url)
    assert methods(server) == ["GET", "GET", "GET"]


@pytest.mark.parametrize("action", ["begin and reset", "garbage"])
def test_reused_connection_with_a_byte_of_the_response_is_not_replaced(action: Action) -> None:
    with RawServer([["respond", action], ["respond"]]) as server, session_with() as session:
        session.get(server.url)
        with pytest.raises(requests.ConnectionError):
            session.get(server.url)
    assert methods(server) == ["GET", "GET"]


def test_connection_closed_before_the_request_is_replaced_by_urllib3() -> None:
    with RawServer([["respond and close"], ["respond"]]) as server, session_with() as session:
        session.get(server.url)
        assert session.get(server.url).status_code == 200
    assert methods(server) == ["GET", "GET"]


def test_file_on_a_replaced_connection_is_sent_from_its_position() -> None:
    file = io.BytesIO(b"not this: a whole body")
    file.seek(10)
    with RawServer([["respond", "close"], ["respond"]]) as server, session_with() as session:
        session.get(server.url)
        assert session.put(server.url, data=file).status_code == 200
    assert [body for _, body in server.seen[1:]] == [b"a whole body"] * 2


def test_generator_on_a_closed_connection_is_not_sent_again() -> None:
    def body() -> Iterator[bytes]:
        yield b"once"

    with RawServer([["respond", "close"], ["respond"]]) as server, session_with() as session:
        session.get(server.url)
        with pytest.raises(requests.ConnectionError):
            session.put(server.url, data=body())
    assert methods(server) == ["GET", "PUT"]


@pytest.mark.parametrize("action", LOST)
@pytest.mark.parametrize("is_proxy", [False, True])
def test_reused_tls_connection_that_was_closed_is_replaced(
    context: ssl.SSLContext, bundle: str, action: Action, is_proxy: bool
) -> None:
    connections: list[list[Action]] = [["respond", action], ["respond"]]
    with (
        RawServer(connections, context, is_proxy) as server,
        session_with(verify=bundle) as session,
    ):
        url = server.url
        if is_proxy:
            session.proxies = {"https": server.url}
            url = "https://127.0.0.1:9"  # which the proxy is asked to connect to
        session.get(url)
        assert session.get(url).status_code == 200
    assert methods(server) == ["GET", "GET", "GET"]
